package result

import (
	"uorobench/bench/chain"
	"uorobench/bench/parallel"
	"uorobench/bench/problem"
	"uorobench/stats"
)

// Draws are a chain's measured draws in sum, from which its rows are formed.
type Draws struct {
	Problem    *problem.Problem
	Chain      *chain.Plan
	Known      *chain.Known
	Lambdas    [][]*stats.Lambda // of each variant, per fold; group g belongs to fold g mod folds
	Sampling   stats.Sampling
	Kurtosis   float64            // E ε⁴ of the noise
	Directions [][]float64        // that a bias is looked for along; of problem.Directions
	Moments    [][]*stats.Moments // groups × measured steps
	NonFinite  [][]int64          // groups × measured steps: draws left out
	Workers    int
}

// Errors forms variant i's errors at every measured step.
func (d *Draws) Errors(i int, directions [][]float64) []*stats.Errors {
	out := make([]*stats.Errors, len(d.Problem.Measured))
	parallel.For(len(out), d.Workers, func(m int) {
		out[m] = stats.NewErrors(d.step(m), d.combination(m, d.Lambdas[i]), directions)
	})
	return out
}

// step gathers the groups' moments at measured step m.
func (d *Draws) step(m int) []*stats.Moments {
	groups := make([]*stats.Moments, len(d.Moments))
	for g := range groups {
		groups[g] = d.Moments[g][m]
	}
	return groups
}

func (d *Draws) combination(m int, lambda []*stats.Lambda) *stats.Combination {
	return &stats.Combination{
		Step: m, Lambda: lambda, Offset: d.Known.Offset[m], Means: d.Known.Means[m], Exact: d.Problem.Exact[m],
	}
}

// Rows forms the rows of the chain's variants, nil for a hidden one, but for what
// observers add and Warn says. With coordinates every variant has its moments by
// coordinate too; they must have been kept.
func (d *Draws) Rows(coordinates bool) ([]*Estimator, error) {
	closed, err := newClosedForms(d)
	if err != nil {
		return nil, err
	}
	plain := d.Errors(d.Chain.Plain, d.Directions)
	rows := make([]*Estimator, len(d.Chain.Variants))
	for i := range rows {
		if d.Chain.Variants[i].Hidden {
			continue
		}
		errors := plain
		if i != d.Chain.Plain {
			errors = d.Errors(i, d.Directions)
		}
		rows[i] = d.estimator(i, errors, plain, closed)
		for m := 0; coordinates && m < len(errors); m++ {
			rows[i].Coordinates = append(rows[i].Coordinates, d.coordinates(i, m))
		}
	}
	return rows, nil
}

func (d *Draws) estimator(i int, errors, plain []*stats.Errors, closed *closedForms) *Estimator {
	v := &d.Chain.Variants[i]
	out := &Estimator{Selection: v.Selection, Convention: d.Chain.Convention.String(), Cost: v.Cost, Steps: make([]Step, len(errors))}
	var all, allPlain stats.Errors
	steps := make([]int, len(errors))
	for m, e := range errors {
		all.Pool(e)
		allPlain.Pool(plain[m])
		steps[m] = m
	}
	parallel.For(len(steps), d.Workers, func(m int) {
		row := &out.Steps[m]
		*row = d.row(i, errors[m], plain[m], steps[m:m+1])
		row.Step = d.Problem.Measured[m]
		row.SetLambdas(stepLambdas(d.Lambdas[i], m))
		row.SetExact(closed.figures(v, d.Lambdas[i], steps[m:m+1]))
	})
	out.Pooled = d.row(i, &all, &allPlain, steps)
	out.Pooled.SetLambdas(PooledLambdas(d.Lambdas[i]))
	out.Pooled.SetExact(closed.figures(v, d.Lambdas[i], steps))
	return out
}

// NewRow forms the figures of variant i's errors. plain are those of the variant
// without covariates.
func (d *Draws) NewRow(i int, e, plain *stats.Errors) Step {
	if len(d.Chain.Variants[i].Signals) == 0 {
		plain = nil
	}
	return Step{Row: d.Sampling.Row(e, plain), Sampling: samplingNames[d.Sampling]}
}

// row is one line of the report over the given measured steps.
func (d *Draws) row(i int, e, plain *stats.Errors, steps []int) Step {
	row := d.NewRow(i, e, plain)
	d.setDirections(&row, e, steps)
	if signals := d.Chain.Variants[i].Signals; len(signals) > 0 {
		row.Correlation = d.Sampling.Figure(stats.TraceCorrelation(d.Moments, steps, signals[0]))
	}
	for g := range d.NonFinite {
		// A draw that broke stays out, so the last step counts them all.
		row.NonFinite += d.NonFinite[g][steps[len(steps)-1]]
	}
	return row
}

// setDirections sets what the row says of single directions.
func (d *Draws) setDirections(row *Step, e *stats.Errors, steps []int) {
	row.AlongExact = d.Sampling.Figure(e.AlongExact())
	if d.Problem.Shared == nil {
		return
	}
	exact := d.Problem.ExactShared(steps)
	row.SharedExact = exactly(exact)
	row.Shared = d.Sampling.Figure(e.MeanErrorAlong(problem.RandomDirections).Scaled(d.Problem.SharedLength(), exact))
}

// coordinates are the mean and variance of every coordinate of variant i.
func (d *Draws) coordinates(i, m int) Coordinates {
	mean, variance := d.Sampling.ByCoordinate(d.step(m), d.combination(m, d.Lambdas[i]))
	return Coordinates{Step: d.Problem.Measured[m], Mean: mean, Variance: variance}
}

// SetLambdas sets the λ of every covariate.
func (row *Step) SetLambdas(lambdas []stats.Interval) {
	if row.Lambdas = lambdas; len(lambdas) > 0 {
		row.Lambda = lambdas[0]
	}
}

// stepLambdas are the λ of a step, averaged over folds.
func stepLambdas(folds []*stats.Lambda, m int) []stats.Interval {
	return lambdasOf(folds, func(l *stats.Lambda) []stats.Interval { return l.Mean[m] })
}

// PooledLambdas are the means of λ over the measured steps, averaged over folds.
func PooledLambdas(folds []*stats.Lambda) []stats.Interval {
	return lambdasOf(folds, func(l *stats.Lambda) []stats.Interval { return l.Overall })
}

func lambdasOf(folds []*stats.Lambda, figures func(*stats.Lambda) []stats.Interval) []stats.Interval {
	out := make([]stats.Interval, len(figures(folds[0])))
	for i := range out {
		out[i] = meanOf(folds, func(l *stats.Lambda) stats.Interval { return figures(l)[i] })
	}
	return out
}

// meanOf averages over folds. Folds share all but 2/F of their draws, so their
// errors go together: the MCSE is their mean, not their mean over √F.
func meanOf(folds []*stats.Lambda, figure func(*stats.Lambda) stats.Interval) stats.Interval {
	out := figure(folds[0])
	n := float64(len(folds))
	out.Value, out.MCSE = out.Value/n, out.MCSE/n
	for _, l := range folds[1:] {
		v := figure(l)
		out.OK, out.HasErr = out.OK && v.OK, out.HasErr && v.HasErr
		out.Value += v.Value / n
		out.MCSE += v.MCSE / n
	}
	// The ends stay: of several folds, all have the figures of their mean (stats.Combine).
	return out
}
