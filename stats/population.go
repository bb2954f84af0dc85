package stats

import "math"

// exact is the figure without an error: of a population, not of a sample.
func (i Interval) exact() Interval {
	if !i.OK {
		return Interval{}
	}
	return Interval{Value: i.Value, OK: true, HasErr: true, Lo: i.Value, Hi: i.Value, HasCI: true}
}

// makeExact takes the errors off a λ that was fitted to all draws there are.
func (l *Lambda) makeExact() {
	for m, means := range l.Mean {
		l.Mean[m] = exactly(means)
	}
	l.Overall = exactly(l.Overall)
}

func exactly(figures []Interval) []Interval {
	out := make([]Interval, len(figures))
	for i, f := range figures {
		out[i] = f.exact()
	}
	return out
}

// newPopulationRow is NewRow where the draws are all that there are, each equally
// likely, as when every sign pattern is taken once. With N draws, E = Σ e and
// Q = Σ‖e‖²
//
//	bias_sq = ‖E‖²/N²,   var_trace = Q/N − ‖E‖²/N²,   mse = Q/N
//
// are exact: their errors are 0, there is nothing to test, and the bound on
// ‖bias‖/‖g‖ is the bias itself. Absent without draws.
func newPopulationRow(e, plain *Errors) Row {
	r := Row{ExactSq: e.ExactSq, Groups: e.filled()}
	n, q, square := e.totals(-1)
	if r.Draws = int64(n); n == 0 {
		return r
	}
	r.BiasSq = Interval{Value: e.aboveCancellation(square, n*max(q, e.level/relRounding)) / (n * n), OK: true}.exact()
	r.Var = e.population().exact()
	r.MSE = Interval{Value: q / n, OK: true}.exact()
	r.RelVar, r.RelBias = r.Var.over(e.ExactSq), r.BiasSq.over(e.ExactSq)
	if e.ExactSq > 0 {
		r.BiasBound = Interval{Value: math.Sqrt(r.RelBias.Value), OK: true}
	}
	if plain != nil {
		if p := plain.population(); p.Value > 0 {
			r.Ratio = Interval{Value: r.Var.Value / p.Value, OK: true}.exact()
		}
	}
	return r
}

// aboveCancellation is ‖E‖², but zero where the sums cancel down to rounding: an
// unbiased estimator must not get a bias of 1e-20, or a negative one. The group
// sums cancel in E, the draws in them, and the parts of e in each draw; most is
// what ‖E‖² would be if nothing did.
func (e *Errors) aboveCancellation(square, most float64) float64 {
	const rounding = 1e-13 // of Σ|E_g·E_h|; and of E's length, squared below
	size := 0.0
	for _, v := range e.Gram {
		size += math.Abs(v)
	}
	if square <= max(rounding*size, rounding*rounding*most) {
		return 0
	}
	return square
}

// population is the variance over N, zero where only rounding is left.
func (e *Errors) population() Interval {
	n, q, square := e.totals(-1)
	if left := q - square/n; left > e.level {
		return Interval{Value: left / n, OK: true}
	}
	return Interval{OK: n > 0}
}
