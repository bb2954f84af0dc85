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
func VarOf(e *Errors) Interval { return e.logJackknife(e.Variance) }

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

// over divides by a constant; absent where that is zero.
func (i Interval) over(d float64) Interval {
	if d == 0 {
		return Interval{}
	}
	i.Value, i.MCSE, i.Lo, i.Hi = i.Value/d, i.MCSE/d, i.Lo/d, i.Hi/d
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
		return math.Log(v), ok && v > 0
	})
	if !log.HasCI {
		return out
	}
	out.MCSE, out.HasErr = value*log.MCSE, true
	out.Lo, out.Hi, out.HasCI = math.Exp(log.Lo), math.Exp(log.Hi), true
	return out
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
