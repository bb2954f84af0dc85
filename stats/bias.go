package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// spread is what the distribution of bias_sq depends on: traces of the
// covariance Σ of one draw's error, in units of a power of two near tr Σ.
type spread struct {
	unit  float64
	n     float64 // draws
	tau   float64 // tr Σ²
	cube  float64 // tr Σ³
	along float64 // variance of one draw along the mean error
	// groups − 1 of those that the traces come from.
	left float64
}

// spreadOf estimates the traces from the inner products h_gh = m_g·m_h of the
// group means, g ≠ h. With Y1, Y2, Y3 the means of h_gh², h_gh h_hk and
// h_gh h_kl over different groups,
//
//	tr Σ² = (Y1 − 2 Y2 + Y3) / mean(1/(N_g N_h))
//
// is unbiased whatever the law and the bias (Li & Chen 2012, eq. 2.2), and
// tr Σ³ is the mean of h_gh h_hk h_kg likewise, without a bias: it serves the
// test of no bias. Both are cut to what Cauchy–Schwarz allows at the trace,
// which all N draws tell. No term has an m_g·m_g: tried with the sample
// covariance of the group means, one outlying draw made tr Σ² several times
// too large. The smallest groups are left out, for their noise.
//
// It needs four groups, and a variance above rounding.
func (e *Errors) spreadOf() (s spread, ok bool) {
	trace, _ := e.Variance(-1)
	groups := e.large()
	if len(groups) < 4 || trace == 0 {
		return s, false
	}
	s.unit = unitOf(trace)
	e, trace = e.inUnits(s.unit), trace/s.unit
	s.n, _, _ = e.totals(-1)
	s.left = float64(len(groups) - 1)
	h := e.kernels(groups)
	s.tau = min(max(h.tau(), trace*trace/e.dims), trace*trace)
	s.cube = min(max(h.cube(), s.tau*s.tau/trace), s.tau*math.Sqrt(s.tau))
	s.along = min(e.along(trace), trace)
	return s, finite(s.tau) && finite(s.cube) && finite(s.along)
}

// large lists the groups with at least half as many draws as the largest. Of
// groups of whole chunks only the one with the last, partial chunk can fail.
func (e *Errors) large() []int {
	most := int64(0)
	for _, n := range e.N {
		most = max(most, n)
	}
	var out []int
	for g, n := range e.N {
		if n > 0 && 2*n >= most {
			out = append(out, g)
		}
	}
	return out
}

// kernels are the h_gh of some groups, zero for g = h, and their sizes.
type kernels struct {
	h     [][]float64
	sizes []float64
}

func (e *Errors) kernels(groups []int) *kernels {
	k := &kernels{h: grid(len(groups), len(groups))}
	for i, g := range groups {
		k.sizes = append(k.sizes, float64(e.N[g]))
		for j, h := range groups[:i] {
			v := e.Gram[g*len(e.N)+h] / (k.sizes[i] * k.sizes[j])
			k.h[i][j], k.h[j][i] = v, v
		}
	}
	return k
}

// power is Σ_g N_g^−p.
func (k *kernels) power(p float64) (sum float64) {
	for _, n := range k.sizes {
		sum += math.Pow(n, -p)
	}
	return sum
}

func (k *kernels) tau() float64 {
	var all, squares, rows float64
	for _, line := range k.h {
		row := 0.0
		for _, v := range line {
			row += v
			squares += v * v
		}
		all += row
		rows += row * row
	}
	n := float64(len(k.h))
	pairs := n * (n - 1)
	y1, y2 := squares/pairs, (rows-squares)/(pairs*(n-2))
	y3 := (all*all - 4*rows + 2*squares) / (pairs * (n - 2) * (n - 3))
	return (y1 - 2*y2 + y3) * pairs / (sq(k.power(1)) - k.power(2))
}

// cube sums over triples once and counts each six times.
func (k *kernels) cube() float64 {
	sum := 0.0
	for g, line := range k.h {
		for h, v := range line[:g] {
			sum += 6 * v * dot(k.h[h][:h], line[:h])
		}
	}
	a := k.power(1)
	return sum / (a*a*a - 3*a*k.power(2) + 2*k.power(3))
}

func sq(v float64) float64 { return v * v }

// along is m'Sm/‖m‖² of the mean error m, where S is the covariance of the group
// means, weighted by size and scaled to the trace of all draws.
func (e *Errors) along(trace float64) float64 {
	n, _, square := e.totals(-1)
	var quadratic, own float64
	for g, v := range e.N {
		if v == 0 {
			continue
		}
		row, size, groups := 0.0, float64(v), len(e.N)
		for h := range groups {
			row += e.Gram[g*groups+h]
		}
		d := row/(size*n) - square/(n*n)
		quadratic += size * d * d
		own += size * (e.Gram[g*groups+g]/(size*size) - 2*row/(size*n) + square/(n*n))
	}
	return divide(quadratic*trace, own*square/(n*n))
}

// null is Var(U) where there is no bias, 2 tr Σ²/(N(N−1)); a bias of squared
// norm x adds 4 x σ²/N, σ² being the variance of one draw along it. The sum is
// exact for a U-statistic of degree two (Hoeffding 1948).
func (s *spread) null() float64 { return 2 * s.tau / (s.n * (s.n - 1)) }

// limits are the ends of the set of squared biases x that
// (U − x)² ≤ k² null + t² 4 x σ²/N does not refute.
func (s *spread) limits(u, k, t float64) (lo, hi float64) {
	center := u + 2*t*t*s.along/s.n
	half := math.Sqrt(max(0, center*center-u*u+k*k*s.null()))
	return min(center-half, u), max(center+half, u)
}

// dof is that of the χ² with the skewness of U under no bias, tr³(Σ²)/tr²(Σ³):
// 1 for one dominant direction, large where U is near normal.
func (s *spread) dof() float64 { return s.tau * s.tau * s.tau / (s.cube * s.cube) }

// tail is the chance of U/√null above x without a bias. U is as (χ²_d − d)/√(2d)
// by its first three moments (Zhang et al. 2020); as the traces are estimated from
// groups, χ²_d is d times an F of d and d(G−1) degrees of freedom. For one direction
// that is the square of Student's t over the groups. (Tried: χ² itself, which
// rejects 6–7 % on heavy tails with 32 groups and 8–9 % with 8.)
func (s *spread) tail(x float64) float64 {
	d := s.dof()
	f := max(0, 1+x*math.Sqrt(2/d))
	return distuv.F{D1: d, D2: d * s.left}.Survival(f)
}

// within is the k that |U| exceeds k √null with the chance α without a bias.
func (s *spread) within(alpha float64) float64 {
	return decreasingRoot(func(k float64) float64 { return s.tail(k) + 1 - s.tail(-k) - alpha })
}

// decreasingRoot is the root above 0 of a function that falls from a positive value.
func decreasingRoot(f func(x float64) float64) float64 {
	lo, hi := 0.0, 1.0
	for f(hi) > 0 && hi < 1e9 {
		lo, hi = hi, 2*hi
	}
	for hi-lo > 1e-7*hi {
		if mid := (lo + hi) / 2; f(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// pValue is the chance of a U so large without a bias.
func (s *spread) pValue(u float64) float64 { return s.tail(u / math.Sqrt(s.null())) }

// critical is the U that the test at the given level, below a half, rejects from.
func (s *spread) critical(level float64) float64 {
	return decreasingRoot(func(x float64) float64 { return s.tail(x) - level }) * math.Sqrt(s.null())
}

// detectable is the squared bias that the test at 5 % finds with 80 % power,
// in the worst direction: no variance along a direction exceeds √tr Σ².
func (s *spread) detectable() float64 {
	c, z := s.critical(0.05), distuv.UnitNormal.Quantile(0.8)
	center := c + 2*z*z*math.Sqrt(s.tau)/s.n
	return center + math.Sqrt(max(0, center*center-c*c+z*z*s.null()))
}

// Bias holds what can be said of a bias from bias_sq. A part without Value.OK
// could not be had.
type Bias struct {
	// Sq is bias_sq with its MCSE, the root of null + 4 max(0, U) σ²/N, and a
	// 95 % interval by inverting the score test: at each squared bias x the
	// variance is taken as it would be at x, k of it without a bias from the F of
	// the test, both sides together, and t from Student's. (Tried and left, see
	// TestBiasIntervals: U ± 1.96 MCSE covers a small bias in 84 % and none in
	// 100 %; a delete-a-group jackknife doubles the variance without a bias,
	// where the U-statistic is degenerate.) Without a bias max(0, U) makes the
	// MCSE too large by up to a factor of 1.4; the interval and the test do not
	// use it. Where a bias lies off the few directions that carry the variance,
	// interval and MCSE are too wide.
	Sq Interval
	// P tests no bias with bias_sq (Chen & Qin 2010), one-sided, against an F
	// with the first three moments of a χ² under the null (Zhang et al. 2020): the
	// normal limit rejects too often where few directions carry the variance.
	P Interval
	// Bound is the upper 95 % bound on ‖bias‖/‖g‖: the equivalence form.
	Bound Interval
	// Detectable is the smallest ‖bias‖/‖g‖ that P < 5 % finds with 80 % power.
	// An unbiasedness that was not refuted says no more than this.
	Detectable Interval
}

// BiasOf takes e's bias apart.
func BiasOf(e *Errors) Bias {
	u, ok := e.BiasSq(-1)
	b := Bias{Sq: Interval{Value: u, OK: ok}}
	s, known := e.spreadOf()
	if !ok || !known {
		return b
	}
	x := u / s.unit
	lo, hi := s.limits(x, s.within(0.05), student(s.left).Quantile(0.975))
	b.Sq.MCSE, b.Sq.HasErr = s.unit*math.Sqrt(s.null()+4*max(0, x)*s.along/s.n), true
	b.Sq.Lo, b.Sq.Hi, b.Sq.HasCI = s.unit*lo, s.unit*hi, true
	b.P = Interval{Value: s.pValue(x), OK: true}
	if e.ExactSq > 0 {
		t := student(s.left).Quantile(0.95)
		_, hi := s.limits(x, t, t)
		b.Bound = present(math.Sqrt(s.unit * max(0, hi) / e.ExactSq))
		b.Detectable = present(math.Sqrt(s.unit * s.detectable() / e.ExactSq))
	}
	return b
}
