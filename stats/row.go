package stats

import "math"

// Row is what is reported of one estimator at one step, or pooled over steps.
type Row struct {
	Draws   int64
	Groups  int // groups that hold draws
	ExactSq float64
	// The bias, see Bias: bias_sq, the p of its test, the upper 95 % bound and
	// the smallest detectable ‖bias‖/‖g‖.
	BiasSq, BiasP, BiasBound, BiasDetectable Interval
	Var                                      Interval // var_trace, interval on the log scale
	// RelVar, RelBias are var_trace and bias_sq over ‖g‖²; absent where g = 0.
	RelVar, RelBias Interval
	MSE             Interval
	Ratio           Interval // var_ratio against the plain estimator
	Correlation     Interval // in the trace sense, of y_0 and the first covariate
	MaxZ            Interval // largest |z|
	MaxZP           Interval // its family-wise p
}

// NewRow derives the figures; plain is the estimator without covariates on the
// same draws (nil: no ratio).
func NewRow(e, plain *Errors) Row {
	r := Row{ExactSq: e.ExactSq}
	for _, n := range e.N {
		r.Draws += n
		if n > 0 {
			r.Groups++
		}
	}
	r.Var = VarOf(e)
	bias := BiasOf(e)
	r.BiasSq, r.BiasP, r.BiasBound, r.BiasDetectable = bias.Sq, bias.P, bias.Bound, bias.Detectable
	r.RelVar, r.RelBias = r.Var.over(e.ExactSq), r.BiasSq.over(e.ExactSq)
	r.MSE = e.jackknife(e.mse)
	if plain != nil {
		r.Ratio = RatioOf(e, plain)
	}
	r.MaxZ, r.MaxZP = e.maxZ()
	return r
}

// VarOf is var_trace with its interval on the log scale, as in [NewRow].
//
// Its standard error is at least √2/N of it, which is the most that a degenerate
// U-statistic of N draws has (2 tr Σ²/(N(N−1)), Hoeffding 1948, with tr Σ² ≤ tr²Σ).
// That decides where all draws are equally far from their mean, as when there are
// two of them, ± one vector: then var_trace errs by its second-order term alone,
// which is as 1 − χ²₁, and of which the jackknife sees nothing where the mean of the
// draws is near its expectation: its intervals covered 82–89 %. A tail that is long
// enough to be seen makes the error larger than that by far.
func VarOf(e *Errors) Interval {
	v := e.logJackknife(e.Variance)
	if !v.HasCI {
		return v
	}
	n, _, _ := e.totals(-1)
	least := math.Sqrt2 / n
	reach := math.Exp(tQuantile(e.filled()-1) * least)
	v.MCSE = max(v.MCSE, v.Value*least)
	v.Lo, v.Hi = min(v.Lo, v.Value/reach), max(v.Hi, v.Value*reach)
	return v.finite()
}

// RatioOf is var_trace of e over that of plain, which holds the same draws, with its
// interval on the log scale, as in [NewRow].
func RatioOf(e, plain *Errors) Interval {
	return e.logJackknife(func(g int) (float64, bool) { return ratio(e, plain, g) })
}

// ExactRow is the row of an estimator without noise: a known bias and no
// variance, both without error.
func ExactRow(exactSq, biasSq float64) Row {
	exact := func(v float64) Interval {
		return Interval{Value: v, OK: true, HasErr: true, Lo: v, Hi: v, HasCI: true}
	}
	r := Row{ExactSq: exactSq, BiasSq: exact(biasSq), Var: exact(0), MSE: exact(biasSq)}
	r.RelVar, r.RelBias = r.Var.over(exactSq), r.BiasSq.over(exactSq)
	return r
}

// WithholdBias takes out every figure that says something of the bias: of draws whose
// tail was not drawn their mean says nothing, see [Tails.Unsampled]. The mean squared
// error and the variance stay, for what they are worth.
func (r *Row) WithholdBias() {
	r.BiasSq, r.BiasP, r.BiasBound, r.BiasDetectable = Interval{}, Interval{}, Interval{}, Interval{}
	r.RelBias, r.MaxZ, r.MaxZP = Interval{}, Interval{}, Interval{}
}

func (e *Errors) mse(without int) (float64, bool) {
	v, ok := e.Variance(without)
	b, _ := e.BiasSq(without)
	return v + b, ok
}

// ratio is var_trace over plain's; absent where plain does not vary.
func ratio(e, plain *Errors, without int) (float64, bool) {
	v, ok := e.Variance(without)
	p, _ := plain.Variance(without)
	if !ok || p == 0 {
		return 0, false
	}
	return v / p, true
}

// over divides by a constant; absent where that is zero, and in what is not finite
// then.
func (i Interval) over(d float64) Interval {
	if d == 0 {
		return Interval{}
	}
	i.Value, i.MCSE, i.Lo, i.Hi = i.Value/d, i.MCSE/d, i.Lo/d, i.Hi/d
	return i.finite()
}

// finite is i without the parts that are not finite.
func (i Interval) finite() Interval {
	switch {
	case !finite(i.Value):
		return Interval{}
	case !finite(i.MCSE):
		return Interval{Value: i.Value, OK: i.OK}
	case !finite(i.Lo) || !finite(i.Hi):
		i.Lo, i.Hi, i.HasCI = 0, 0, false
	}
	return i
}

// jackknife is the delete-a-group jackknife of a statistic of e.
func (e *Errors) jackknife(statistic func(without int) (float64, bool)) Interval {
	value, ok := statistic(-1)
	if !ok {
		return Interval{}
	}
	j := Jackknife{Value: value}
	for g, n := range e.N {
		if n == 0 {
			continue
		}
		left, ok := statistic(g)
		if !ok {
			return Interval{Value: value, OK: true}
		}
		j.Add(left, n)
	}
	return j.Interval()
}

// logJackknife is jackknife on the logarithm, for positive statistics: the
// interval is multiplicative and cannot cross zero; the MCSE is the delta
// method's. A statistic that is zero (no variance at all) has no interval.
func (e *Errors) logJackknife(statistic func(without int) (float64, bool)) Interval {
	value, ok := statistic(-1)
	if !ok {
		return Interval{}
	}
	out := Interval{Value: value, OK: true}
	log := e.jackknife(func(g int) (float64, bool) {
		v, ok := statistic(g)
		return math.Log(v / value), ok && v > 0
	})
	if !log.HasCI {
		return out
	}
	out.MCSE, out.HasErr = value*log.MCSE, true
	out.Lo, out.Hi, out.HasCI = value*math.Exp(log.Lo), value*math.Exp(log.Hi), true
	return out.finite()
}

func (e *Errors) filled() int {
	filled := 0
	for _, n := range e.N {
		if n > 0 {
			filled++
		}
	}
	return filled
}
