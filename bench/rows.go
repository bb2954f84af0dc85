package bench

import (
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/stats"
)

// randomDirections is the number of fixed random unit vectors along which a
// bias is looked for, beside the exact gradient.
const randomDirections = 8

// directions are ±1/√P sign vectors from the data stream: the same for every
// estimator and step of a cell.
func directions(seed uint64, p int) [][]float64 {
	out := make([][]float64, randomDirections)
	scale := 1 / math.Sqrt(float64(p))
	for d := range out {
		u := noise.New(seed, noise.Data).Uniforms(tagDirections + uint64(d))
		out[d] = make([]float64, p)
		for j := range out[d] {
			out[d][j] = scale
			if u.Word()&1 == 0 {
				out[d][j] = -scale
			}
		}
	}
	return out
}

// rows turns a measured pass into the reported rows of its variants.
func (r *runner) rows(p *pass, lambdas [][]*stats.Lambda) ([]*EstimatorResult, error) {
	dirs := p.problem.withShared(directions(r.experiment.Seed, p.shape.Params))
	plain := p.errorsOf(p.chain.variants[p.chain.plain], lambdas[p.chain.plain], dirs)
	var out []*EstimatorResult
	reported := map[int]*EstimatorResult{}
	for i, v := range p.chain.variants {
		if v.hidden {
			continue
		}
		errors := plain
		if i != p.chain.plain {
			errors = p.errorsOf(v, lambdas[i], dirs)
		}
		row := p.result(i, errors, plain, lambdas[i], r.experiment.HasDetail(DetailCoordinates))
		if v.fitted() && r.experiment.LambdaFit == FitPilot && !r.exhaustive() {
			row.PilotDraws = r.fitDraws(p.chain)
		}
		out = append(out, row)
		reported[i] = row
	}
	return out, p.addTotals(reported, dirs)
}

// errorsOf forms the variant's errors at every measured step.
func (p *pass) errorsOf(v variant, lambda []*stats.Lambda, dirs [][]float64) []*stats.Errors {
	out := make([]*stats.Errors, len(p.problem.measured))
	spread(len(out), p.workers, func(m int) {
		out[m] = stats.NewErrors(p.step(m), p.combination(m, lambda), dirs)
	})
	return out
}

// step gathers the groups' moments at measured step m.
func (p *pass) step(m int) []*stats.Moments {
	groups := make([]*stats.Moments, len(p.moments))
	for g := range groups {
		groups[g] = p.moments[g][m]
	}
	return groups
}

func (p *pass) combination(m int, lambda []*stats.Lambda) *stats.Combination {
	return &stats.Combination{
		Step: m, Lambda: lambda, Offset: p.known.offset[m], Means: p.known.means[m], Exact: p.problem.exact[m],
	}
}

func (p *pass) result(i int, errors, plain []*stats.Errors, lambda []*stats.Lambda, coordinates bool) *EstimatorResult {
	v := p.chain.variants[i]
	out := &EstimatorResult{Selection: v.Selection, Convention: p.chain.Convention.String(), Cost: v.cost}
	var all, allPlain stats.Errors
	steps := make([]int, len(errors))
	for m, e := range errors {
		all.Pool(e)
		allPlain.Pool(plain[m])
		steps[m] = m
		if coordinates {
			out.Coordinates = append(out.Coordinates, p.coordinates(m, lambda))
		}
	}
	out.Steps = make([]StepResult, len(errors))
	spread(len(errors), p.workers, func(m int) {
		row := p.row(i, errors[m], plain[m], []int{m})
		row.Step = p.problem.measured[m]
		row.addLambdas(stepLambdas(lambda, m))
		out.Steps[m] = row
	})
	out.Pooled = p.row(i, &all, &allPlain, steps)
	out.Pooled.addLambdas(pooledLambdas(lambda))
	return out
}

// row is one line of the report over the given measured steps.
func (p *pass) row(i int, e, plain *stats.Errors, steps []int) StepResult {
	v := p.chain.variants[i]
	if len(v.signals) == 0 {
		plain = nil
	}
	row := StepResult{Row: p.figures(e, plain), Sampling: p.sampling()}
	row.addDirections(p, e, steps)
	if len(v.signals) > 0 {
		row.Correlation = p.exactIfAll(stats.TraceCorrelation(p.moments, steps, v.signals[0]))
	}
	for g := range p.nonFinite {
		// A draw that broke stays out, so the last step counts them all.
		row.NonFinite += p.nonFinite[g][steps[len(steps)-1]]
	}
	row.addCosines(p.views[i], steps)
	row.Cosine = p.exactIfAll(row.Cosine)
	row.addTails(p.views[i].tailsOf(steps))
	row.addVariance()
	row.addWarnings(v, p.views[i].lambda, steps)
	row.addPrecision(p.precision, p.precisionOf, p.wide)
	row.Exact = p.closed.figures(v, p.views[i].lambda, steps)
	row.Exact.compare(row.Var)
	return row
}

func (row *StepResult) addCosines(v *view, steps []int) {
	groups := make([]stats.Cosine, len(v.cosines))
	var all stats.Cosine
	for g := range groups {
		for _, m := range steps {
			groups[g].Merge(&v.cosines[g][m])
		}
		all.Merge(&groups[g])
	}
	row.Cosine = stats.MeanCosine(groups)
	row.CosineLow, row.CosineMedian, row.CosineHigh = all.Quantile(0.05), all.Quantile(0.5), all.Quantile(0.95)
}

func (row *StepResult) addLambdas(lambdas []stats.Interval) {
	if row.Lambdas = lambdas; len(lambdas) > 0 {
		row.Lambda = lambdas[0]
	}
}

// stepLambdas are the λ of a step, averaged over folds.
func stepLambdas(folds []*stats.Lambda, m int) []stats.Interval {
	return lambdasOf(folds, func(l *stats.Lambda) []stats.Interval { return l.Mean[m] })
}

// pooledLambdas are the means over steps, averaged over folds.
func pooledLambdas(folds []*stats.Lambda) []stats.Interval {
	return lambdasOf(folds, func(l *stats.Lambda) []stats.Interval { return l.Overall })
}

func lambdasOf(folds []*stats.Lambda, of func(*stats.Lambda) []stats.Interval) []stats.Interval {
	out := make([]stats.Interval, len(of(folds[0])))
	for i := range out {
		out[i] = meanOf(folds, func(l *stats.Lambda) stats.Interval { return of(l)[i] })
	}
	return out
}

// meanOf averages over folds. Folds share all but 2/F of their draws, so their
// errors go together: the MCSE is their mean, not their mean over √F.
func meanOf(folds []*stats.Lambda, of func(*stats.Lambda) stats.Interval) stats.Interval {
	out := of(folds[0])
	n := float64(len(folds))
	out.Value, out.MCSE = out.Value/n, out.MCSE/n
	for _, l := range folds[1:] {
		v := of(l)
		out.OK, out.HasErr = out.OK && v.OK, out.HasErr && v.HasErr
		out.Value += v.Value / n
		out.MCSE += v.MCSE / n
	}
	// The ends stay: of several folds, all have the figures of their mean (stats.Combine).
	return out
}

// deterministicRows are those of an estimator that draws nothing. It has no
// convention of its own and takes the experiment's.
func deterministicRows(pr *problem, c *chainPlan, k *known, convention string) []*EstimatorResult {
	out := &EstimatorResult{Selection: c.variants[0].Selection, Convention: convention, Cost: c.Cost}
	pooled := StepResult{}
	for m, t := range pr.measured {
		bias := 0.0
		for j, g := range pr.exact[m] {
			d := k.offset[m][j] - g
			bias += d * d
		}
		row := StepResult{Step: t, Sampling: SamplingNone, Row: stats.ExactRow(pr.exactSq[m], bias)}
		row.Cosine = cosineOf(k.offset[m], pr.exact[m])
		row.setDirections(pr, k.offset[m:m+1], m)
		out.Steps = append(out.Steps, row)
		pooled.ExactSq += pr.exactSq[m]
		pooled.BiasSq.Value += bias
	}
	out.Pooled = StepResult{Sampling: SamplingNone, Row: stats.ExactRow(pooled.ExactSq, pooled.BiasSq.Value)}
	out.Pooled.Cosine = meanCosine(out.Steps)
	out.Pooled.setDirections(pr, k.offset, 0)
	return []*EstimatorResult{out}
}

// meanCosine is over the steps that have one, as that of draws is.
func meanCosine(steps []StepResult) (mean stats.Interval) {
	n := 0.0
	for i := range steps {
		if c := steps[i].Cosine; c.OK {
			mean.Value, mean.OK = mean.Value+c.Value, true
			n++
		}
	}
	mean.Value /= max(n, 1)
	return mean
}

func cosineOf(x, y []float64) stats.Interval {
	c, ok := cosine(inner(x, y), normSq(x), normSq(y))
	return stats.Interval{Value: c, OK: ok}
}

// memoryLimit bounds the accumulators: they do not grow with the draws, but
// they do with P, the measured steps and the groups.
const memoryLimit = 8 << 30

// checkMemory refuses an experiment whose accumulators would not fit.
func checkMemory(e *Experiment, pr *problem, chains []*chainPlan) error {
	for _, c := range chains {
		s := shapeOf(e, pr, c)
		bytes := 8 * s.Numbers() * e.Groups * len(pr.measured)
		if bytes > memoryLimit {
			return fmt.Errorf("cell %s, estimator %s: the sums over draws need %.1f GiB (%d parameters × %d measured steps × %d groups), allowed %d GiB: take a larger stride or fewer groups",
				pr.cell.Name(), c.Name, float64(bytes)/(1<<30), s.Params, len(pr.measured), e.Groups, memoryLimit>>30)
		}
	}
	return nil
}

// coordinates are the mean and variance of every coordinate of a variant.
func (p *pass) coordinates(m int, lambda []*stats.Lambda) Coordinates {
	mean, variance := stats.ByCoordinate(p.step(m), p.combination(m, lambda))
	if p.all() {
		p.ofPopulation(variance)
	}
	return Coordinates{Step: p.problem.measured[m], Mean: mean, Variance: variance}
}
