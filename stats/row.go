package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

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
	r.Var = e.logJackknife(func(g int) (float64, bool) { return e.Variance(g) })
	bias := BiasOf(e)
	r.BiasSq, r.BiasP, r.BiasBound, r.BiasDetectable = bias.Sq, bias.P, bias.Bound, bias.Detectable
	r.RelVar, r.RelBias = r.Var.over(e.ExactSq), r.BiasSq.over(e.ExactSq)
	r.MSE = e.jackknife(e.mse)
	if plain != nil {
		r.Ratio = e.logJackknife(func(g int) (float64, bool) { return ratio(e, plain, g) })
	}
	r.MaxZ, r.MaxZP = e.maxZ()
	return r
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

// maxZ is the largest |z| of the tests for bias along the fixed directions and
// along g, from the group sums (Student's t with G−1 degrees of freedom, told as
// the z of the same p), and its family-wise p: Bonferroni on the smallest p,
// which is the first step of Holm's procedure.
func (e *Errors) maxZ() (z, p Interval) {
	smallest, tests := 1.0, 0
	if v, _ := e.Variance(-1); v == 0 {
		return Interval{}, Interval{}
	}
	for axis := range e.Along {
		if one, ok := e.pValue(axis); ok {
			smallest = min(smallest, one)
			tests++
		}
	}
	if tests == 0 {
		return Interval{}, Interval{}
	}
	z = Interval{Value: -distuv.UnitNormal.Quantile(max(smallest/2, math.SmallestNonzeroFloat64)), OK: true}
	p = Interval{Value: min(1, float64(tests)*smallest), OK: true}
	return z, p
}

// pValue tests that the mean along an axis is zero; absent where nothing varies
// along it. Group means m_g have variance σ²/N_g, so with m = Σ N_g m_g/N
//
//	t = m / √(s²/N),   s² = Σ_g N_g (m_g − m)²/(G−1)
//
// has Student's distribution with G−1 degrees of freedom, for groups of unlike
// size too.
func (e *Errors) pValue(axis int) (p float64, ok bool) {
	total, n, groups := 0.0, 0.0, float64(e.filled())
	for g, v := range e.Along[axis] {
		total += v
		n += float64(e.N[g])
	}
	spread := 0.0
	for g, v := range e.Along[axis] {
		if size := float64(e.N[g]); size > 0 {
			d := v/size - total/n
			spread += size * d * d
		}
	}
	// Sums of e hold no squares: their rounding is relRounding², not relRounding.
	if groups < 2 || spread <= relRounding*e.level*e.axisSq[axis] {
		return 0, false
	}
	t := total / math.Sqrt(n*spread/(groups-1))
	dist := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: groups - 1}
	return 2 * dist.Survival(math.Abs(t)), finite(t)
}
