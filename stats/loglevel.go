package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// LogLevel is a positive figure on the log scale, where the error of a variance
// is nearest to normal: its logarithm, the standard error of that, and the
// degrees of freedom behind the error (+Inf for a figure without error).
type LogLevel struct{ Log, SE, DOF float64 }

// NewLogLevel takes a figure with its Monte Carlo standard error from so many
// groups of draws. The error of the logarithm is mcse/value (delta method; for
// var_trace it is the jackknife's own, see NewRow), with groups − 1 degrees of
// freedom. ok is false where the figure is not positive, or has an error from
// fewer than two groups.
func NewLogLevel(value, mcse float64, groups int) (l LogLevel, ok bool) {
	return levelOf(value, mcse/value, groups)
}

// NewLogLevelCI takes a figure with its 95 % interval on the log scale, such as
// var_ratio: the error is the interval's half width over the 97.5 % point of
// Student's t at groups − 1 degrees of freedom. So where tails have made the
// interval wider than Student's, the error is that much larger than the MCSE.
func NewLogLevelCI(value, lo, hi float64, groups int) (l LogLevel, ok bool) {
	if groups < 2 || lo <= 0 {
		return LogLevel{}, false
	}
	return levelOf(value, math.Log(hi/lo)/2/tQuantile(groups-1), groups)
}

func levelOf(value, se float64, groups int) (LogLevel, bool) {
	l := LogLevel{Log: math.Log(value), SE: se, DOF: float64(groups - 1)}
	if se == 0 {
		l.DOF = math.Inf(1)
	}
	return l, value > 0 && finite(l.Log) && finite(se) && se >= 0 && l.DOF >= 1
}

// ExactLogLevel is a figure without error.
func ExactLogLevel(value float64) LogLevel {
	return LogLevel{Log: math.Log(value), DOF: math.Inf(1)}
}

// Ratio is the figure of l over that of base, from draws that are independent of
// base's: the errors add in squares, and Welch's approximation (1947) gives the
// degrees of freedom. See ratioOf for the rest.
func (l LogLevel) Ratio(base LogLevel) (ratio Interval, p float64) {
	a, b := l.SE*l.SE, base.SE*base.SE
	dof := math.Inf(1)
	if w := a*a/l.DOF + b*b/base.DOF; w > 0 {
		dof = (a + b) * (a + b) / w
	}
	return ratioOf(l.Log-base.Log, math.Sqrt(a+b), dof)
}

// RatioBound is Ratio from draws that may depend on base's in any way, such as
// the same draws: the standard error of a difference is at most the sum of the
// standard errors, and that sum is taken. So p is an upper bound and the
// interval at least as wide as it must be; both are sharp where one of the two
// has no error of its own.
func (l LogLevel) RatioBound(base LogLevel) (ratio Interval, p float64) {
	return ratioOf(l.Log-base.Log, l.SE+base.SE, math.Min(l.DOF, base.DOF))
}

// ratioOf is exp(d ± t·se) with the two-sided p of d = 0. Without any error p is
// 1 for d = 0, up to rounding, and 0 else.
func ratioOf(d, se, dof float64) (ratio Interval, p float64) {
	ratio = Interval{Value: math.Exp(d), OK: true, HasErr: true, HasCI: true}
	ratio.MCSE = ratio.Value * se
	if se == 0 {
		ratio.Lo, ratio.Hi = ratio.Value, ratio.Value
		if math.Abs(d) > relRounding {
			return ratio, 0
		}
		return ratio, 1
	}
	half := quantileOf(dof) * se
	ratio.Lo, ratio.Hi = math.Exp(d-half), math.Exp(d+half)
	return ratio, 2 * survival(math.Abs(d)/se, dof)
}

// quantileOf and survival are Student's, and the normal distribution's for
// infinite degrees of freedom, for which distuv has NaN.
func quantileOf(dof float64) float64 {
	if math.IsInf(dof, 1) {
		return distuv.UnitNormal.Quantile(0.975)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Quantile(0.975)
}

func survival(t, dof float64) float64 {
	if math.IsInf(dof, 1) {
		return distuv.UnitNormal.Survival(t)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Survival(t)
}
