package result

import (
	"math"
	"slices"

	"uorobench/bench/chain"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

// ExactFigures are what the closed form says of a row: no Monte Carlo. The
// scales ρ0 and ρ1 must not depend on the draws, so there are none under the
// guards that adapt. A figure that does not exist is absent.
type ExactFigures struct {
	// Var is var_trace at the λ that the row used, Spatial and Temporal its parts
	// in which the two factors take their noise from one time, and from two.
	Var, Spatial, Temporal stats.Interval
	// Signs and Gaussian are Var under noise of kurtosis 1 and 3.
	Signs, Gaussian stats.Interval
	// Z is (log var_trace − log Var)/MCSE of log var_trace.
	Z stats.Interval
	// Lambdas are the coefficients of least variance within the row's scope (for
	// scope one within a step), one per covariate and Lambda the first, Ratio the
	// exact var_ratio at the λ used, Best that at Lambdas.
	Lambda, Ratio, Best stats.Interval
	Lambdas             []stats.Interval
	// PerTime and PerUnit are the yardsticks of plain UORO, oracle.Yardsticks.
	PerTime, PerUnit stats.Interval
}

// closedForms are the exact moments of a chain's signals at the measured steps.
type closedForms struct {
	closed []*oracle.Closed
	place  []int // of the chain's signals among those of closed; −1 for one that has none
	kappa  float64
	unitOf []int32
	units  int
}

// newClosedForms returns nil where there is no closed form: for an estimator that has
// none, and for scales that depend on the draws.
func newClosedForms(d *Draws) (*closedForms, error) {
	form, place, ok := closedForm(d.Chain)
	if !ok {
		return nil, nil
	}
	out := &closedForms{place: place, kappa: d.Kurtosis, unitOf: d.Problem.UnitOf, units: d.Problem.Trajectory.Layout.H}
	for _, t := range d.Problem.Measured {
		closed, err := oracle.ClosedForm(d.Problem.Trajectory, form, t)
		if err != nil {
			return nil, err
		}
		out.closed = append(out.closed, closed)
	}
	return out, nil
}

// closedForm is the closed form's description of the chain, with those of its
// covariates that share θ̃.
func closedForm(c *chain.Plan) (f oracle.Form, place []int, ok bool) {
	fixed := c.Options.Guard == estimators.GuardFixed
	if c.Closed == nil || !fixed && c.Options.Guard != estimators.GuardNone {
		return f, nil, false
	}
	f = oracle.Form{Convention: c.Convention, Trained: c.Options.Trained, Residual: c.Closed.Residual, Blocks: c.Closed.Blocks}
	place = []int{0}
	for _, name := range c.Covariates {
		spec, err := estimators.FindCovariate(name)
		if err != nil || (spec.Adjoint == nil && (spec.TrainedAdjoint == nil || f.Trained[name] == nil)) {
			place = append(place, -1)
			continue
		}
		f.Covariates = append(f.Covariates, name)
		place = append(place, len(f.Covariates))
	}
	if fixed {
		f.Schedule = c.Options.Schedule
	}
	return f, place, true
}

// varianceOf is Σ_j Var(y_0 − Σ λ_k y_k) at measured step m, averaged over the
// folds of λ: each fold's draws have their own.
func (f *closedForms) varianceOf(cov [][][]float64, v *chain.Variant, folds []*stats.Lambda, m int) float64 {
	total := 0.0
	weight := make([]float64, len(cov))
	for _, l := range folds {
		for j := range cov[0][0] {
			clear(weight)
			weight[0] = 1
			for i, k := range v.Signals {
				weight[f.place[k]] = -l.At(m, i, j)
			}
			total += quadratic(cov, weight, j)
		}
	}
	return total / float64(len(folds))
}

// quadratic is Σ_kl w_k w_l cov[k][l][j].
func quadratic(cov [][][]float64, weight []float64, j int) float64 {
	sum := 0.0
	for k, a := range weight {
		for l, b := range weight {
			if a != 0 && b != 0 {
				sum += a * b * cov[k][l][j]
			}
		}
	}
	return sum
}

// figures are those of a variant over the given measured steps as one long
// vector: variances add up over the steps, whatever noise they share. There are
// none for a covariate that does not share θ̃.
func (f *closedForms) figures(v *chain.Variant, folds []*stats.Lambda, steps []int) *ExactFigures {
	if f == nil || slices.ContainsFunc(v.Signals, func(k int) bool { return f.place[k] < 0 }) {
		return nil
	}
	out := &ExactFigures{Lambdas: make([]stats.Interval, len(v.Signals))}
	plain, best := 0.0, 0.0
	one := []*stats.Lambda{stats.One(nil, len(f.closed))}
	optimal := f.optimal(v, len(f.closed))
	for _, m := range steps {
		c := f.closed[m]
		moments := c.Moments(f.kappa)
		add(&out.Var, f.varianceOf(moments.Cov, v, folds, m))
		add(&out.Spatial, f.varianceOf(c.Spatial(f.kappa).Cov, v, folds, m))
		add(&out.Temporal, f.varianceOf(c.Temporal().Cov, v, folds, m))
		add(&out.Signs, f.varianceOf(c.Moments(1).Cov, v, folds, m))
		add(&out.Gaussian, f.varianceOf(c.Moments(3).Cov, v, folds, m))
		add(&out.PerTime, c.Yardsticks.PerTime)
		add(&out.PerUnit, c.Yardsticks.PerUnit)
		if len(v.Signals) > 0 {
			plain += f.varianceOf(moments.Cov, &chain.Variant{}, one, m)
			best += f.varianceOf(moments.Cov, v, []*stats.Lambda{optimal}, m)
			for i := range out.Lambdas {
				add(&out.Lambdas[i], optimal.Mean[m][i].Value/float64(len(steps)))
			}
		}
	}
	if len(out.Lambdas) > 0 {
		out.Lambda = out.Lambdas[0]
	}
	if plain > 0 {
		out.Ratio, out.Best = exactly(out.Var.Value/plain), exactly(best/plain)
	}
	return out
}

// SetExact sets the closed form's figures, which may be nil, and compares the
// row's Monte Carlo figure with them.
func (row *Step) SetExact(e *ExactFigures) {
	row.Exact = e
	if v := row.Var; e != nil && v.HasErr && v.MCSE != 0 && e.Var.Value > 0 {
		e.Z = exactly(math.Log(v.Value/e.Var.Value) * v.Value / v.MCSE)
	}
}

func add(i *stats.Interval, v float64) { i.Value, i.OK = i.Value+v, true }

func exactly(v float64) stats.Interval { return stats.Interval{Value: v, OK: true} }

// optimal is λ* of the variant's scope. It is found as stats.Fit finds a λ, from
// moments that are exact: the covariances stand in for sums over two draws.
func (f *closedForms) optimal(v *chain.Variant, steps int) *stats.Lambda {
	if len(v.Signals) == 0 {
		return nil
	}
	scope := stats.Scope(v.Scope)
	if scope == stats.ScopeOne {
		scope = stats.ScopeTrace
	}
	group := make([]*stats.Moments, steps)
	for m, c := range f.closed {
		group[m] = f.twoDraws(c.Moments(f.kappa), scope)
	}
	signals := make([]int, len(v.Signals))
	for i, k := range v.Signals {
		signals[i] = f.place[k]
	}
	return stats.Fit([][]*stats.Moments{group}, signals, scope, nil)
}

// twoDraws are sums over two draws whose sample covariances are those of m:
// N − 1 = 1, means zero, second moments the covariances.
func (f *closedForms) twoDraws(m *oracle.Moments, scope stats.Scope) *stats.Moments {
	shape := stats.Shape{
		Signals: len(m.Cov), Params: len(f.unitOf), Units: f.units, UnitOf: f.unitOf,
		PerUnit: scope == stats.ScopeUnit, PerCoordinate: scope == stats.ScopeCoordinate,
	}
	out := stats.NewMoments(shape)
	out.N = 2
	for k := range m.Cov {
		for l := 0; l <= k; l++ {
			at := stats.Pair(k, l)
			for j, c := range m.Cov[k][l] {
				out.Gram[at] += c
				if out.Unit != nil {
					out.Unit[at][f.unitOf[j]] += c
				}
				if out.Coord != nil {
					out.Coord[at][j] = c
				}
			}
		}
	}
	return out
}
