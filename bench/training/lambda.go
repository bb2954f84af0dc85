package training

import (
	"math"

	"uorobench/estimators"
)

// The λ scopes that training knows. The others of a measurement have no online
// form: they need many draws at one and the same step.
const (
	scopeOne   = "one"   // λ = 1
	scopeTrace = "trace" // fitted, see lambda
)

// lambdaMemory is the number of steps over which the moments behind λ are
// remembered: long against the noise of a handful of pilot draws, short against
// the time in which the weights change.
const lambdaMemory = 100

// lambda chooses the coefficients of the control variates online.
//
// Under scope "one" they are 1. Under "trace" they are fitted on the lanes that
// the estimate does not use: those draws are independent of the ones that are
// corrected, so at frozen weights g − λ(c − μ) stays unbiased exactly; a λ
// fitted on the same lane's past would not be, because s̃ and θ̃ carry that past
// along. (While the weights move, every online estimate is of a gradient along
// a path that its own noise has bent; no choice of λ changes that.) The moments
//
//	Cov_k = E⟨y_0, c_k − μ_k⟩,  Var_kl = E⟨c_k − μ_k, c_l − μ_l⟩
//
// are exponential means over the pilot lanes and about lambdaMemory steps, and
// λ = Var⁻¹ Cov. The step's own pilot draws are in.
type lambda struct {
	value  []float64 // K-1
	fixed  bool
	first  int       // first pilot lane
	cov    []float64 // K-1
	vari   []float64 // (K-1)×(K-1)
	center []float64 // K-1: c − μ of one coordinate and lane
	lane   []float64 // scratch of addLane: cov and vari of one lane
	factor []float64 // scratch of solve
}

// newLambda makes λ = 1 for k covariates.
func newLambda(k int, fixed bool, draws int) *lambda {
	l := &lambda{
		value: make([]float64, k), fixed: fixed, first: draws,
		cov: make([]float64, k), vari: make([]float64, k*k),
		center: make([]float64, k), lane: make([]float64, k+k*k), factor: make([]float64, k*k),
	}
	for i := range l.value {
		l.value[i] = 1
	}
	return l
}

// fit takes in a step's pilot draws.
func (l *lambda) fit(s *estimators.Signals, means [][]float64) {
	if l.fixed {
		return
	}
	scale(l.cov, 1-1.0/lambdaMemory)
	scale(l.vari, 1-1.0/lambdaMemory)
	for w := l.first; w < estimators.Lanes; w++ {
		l.addLane(s, means, w)
	}
	l.solve()
}

// addLane adds a lane's inner products. A lane that has left the finite numbers
// adds nothing: the moments would never come back from it.
func (l *lambda) addLane(s *estimators.Signals, means [][]float64, w int) {
	k := len(l.value)
	base := s.Basis[s.Of[0]]
	clear(l.lane)
	cov, vari := l.lane[:k], l.lane[k:]
	for j := range means[0] {
		at := j*estimators.Lanes + w
		y := s.Scale[0][w] * base[at]
		for a := range l.center {
			l.center[a] = s.Scale[a+1][w]*s.Basis[s.Of[a+1]][at] - means[a][j]
		}
		for a, c := range l.center {
			cov[a] += y * c
			axpy(c, l.center[:a+1], vari[a*k:a*k+a+1])
		}
	}
	if sum := normSq(l.lane); !math.IsNaN(sum) && !math.IsInf(sum, 0) {
		axpy(1, cov, l.cov)
		axpy(1, vari, l.vari)
	}
}

// solve writes λ = Var⁻¹ Cov by Cholesky's factorisation (Golub & Van Loan,
// algorithm 4.2.1), with 1e-9 of the diagonal added. Where the variance is zero
// or not finite λ stays as it was.
func (l *lambda) solve() {
	k := len(l.value)
	copy(l.factor, l.vari)
	for a := 0; a < k; a++ {
		row := l.factor[a*k : a*k+k]
		for b := 0; b < a; b++ {
			row[b] = (row[b] - dot(row[:b], l.factor[b*k:b*k+b])) / l.factor[b*k+b]
		}
		pivot := row[a]*(1+1e-9) - normSq(row[:a])
		if !(pivot > 0) || math.IsInf(pivot, 1) {
			return
		}
		row[a] = math.Sqrt(pivot)
	}
	l.substitute()
}

// substitute solves L Lᵀ λ = Cov.
func (l *lambda) substitute() {
	k := len(l.value)
	for a := 0; a < k; a++ {
		row := l.factor[a*k : a*k+a+1]
		l.value[a] = (l.cov[a] - dot(row[:a], l.value[:a])) / row[a]
	}
	for a := k - 1; a >= 0; a-- {
		sum := l.value[a]
		for b := a + 1; b < k; b++ {
			sum -= l.factor[b*k+a] * l.value[b]
		}
		l.value[a] = sum / l.factor[a*k+a]
	}
}
