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
	bases  table     // ⟨B_b, B_c⟩ of every lane
	means  table     // ⟨B_b, μ_k⟩ of every lane
	known  []float64 // (K-1)×(K-1): ⟨μ_k, μ_l⟩
	lane   []float64 // scratch of addLane: cov and vari of one lane
	factor []float64 // scratch of solve
}

// newLambda makes λ = 1 for k covariates.
func newLambda(k int, fixed bool, draws int) *lambda {
	l := &lambda{
		value: make([]float64, k), fixed: fixed, first: draws,
		cov: make([]float64, k), vari: make([]float64, k*k),
		bases: newTable(k+1, k+1), means: newTable(k+1, k), known: make([]float64, k*k), lane: make([]float64, k+k*k), factor: make([]float64, k*k),
	}
	for i := range l.value {
		l.value[i] = 1
	}
	return l
}

// fits says whether λ is fitted; l may be nil.
func (l *lambda) fits() bool { return l != nil && !l.fixed }

// fit takes in a step's pilot draws.
func (l *lambda) fit(s *estimators.Signals, means [][]float64) {
	if l.fixed {
		return
	}
	scale(l.cov, 1-1.0/lambdaMemory)
	scale(l.vari, 1-1.0/lambdaMemory)
	l.products(s, means)
	for w := l.first; w < estimators.Lanes; w++ {
		l.addLane(s, w)
	}
	l.solve()
}

// addLane adds a pilot lane's moments, from the lane's inner products:
//
//	⟨y_0, c_k − μ_k⟩ = a_0 a_k ⟨B_0, B_k⟩ − a_0 ⟨B_0, μ_k⟩
//
// and so on, for y_k = a_k B_k. A lane that has left the finite numbers adds
// nothing: the moments would never come back from it.
func (l *lambda) addLane(s *estimators.Signals, w int) {
	k := len(l.value)
	clear(l.lane)
	cov, vari := l.lane[:k], l.lane[k:]
	for i := range k {
		a, b := s.Scale[i+1][w], s.Of[i+1]
		cov[i] = s.Scale[0][w] * (a*l.bases.of(s.Of[0], b)[w] - l.means.of(s.Of[0], i)[w])
		for j := range i + 1 {
			c, d := s.Scale[j+1][w], s.Of[j+1]
			vari[i*k+j] = a*c*l.bases.of(b, d)[w] - a*l.means.of(b, j)[w] - c*l.means.of(d, i)[w] + l.known[i*k+j]
		}
	}
	if sum := normSq(l.lane); !math.IsNaN(sum) && !math.IsInf(sum, 0) {
		axpy(1, cov, l.cov)
		axpy(1, vari, l.vari)
	}
}

// products writes the inner products that addLane needs, for all lanes at once.
func (l *lambda) products(s *estimators.Signals, means [][]float64) {
	clear(l.bases.sums)
	clear(l.means.sums)
	for b, basis := range s.Basis {
		for c := range b + 1 {
			mulLanes(l.bases.of(b, c), basis, s.Basis[c])
		}
		for i, mean := range means {
			mulMean(l.means.of(b, i), basis, mean)
		}
	}
	for b := range s.Basis {
		for c := range b {
			*l.bases.of(c, b) = *l.bases.of(b, c)
		}
	}
	for i := range means {
		for j := range i + 1 {
			l.known[i*len(means)+j] = dot(means[i], means[j])
		}
	}
}

// lanes is one number per draw of a batch.
type lanes = [estimators.Lanes]float64

// table is a matrix of lanes.
type table struct {
	cols int
	sums []lanes
}

func newTable(rows, cols int) table { return table{cols, make([]lanes, rows*cols)} }

func (t *table) of(row, col int) *lanes { return &t.sums[row*t.cols+col] }

// mulLanes adds ⟨x, y⟩ of every lane to sum.
func mulLanes(sum *lanes, x, y []float64) {
	s := *sum
	for at := 0; at < len(x); at += estimators.Lanes {
		a, b := (*lanes)(x[at:]), (*lanes)(y[at:])
		for w := range s {
			s[w] += a[w] * b[w]
		}
	}
	*sum = s
}

// mulMean adds ⟨x, mean⟩ of every lane to sum.
func mulMean(sum *lanes, x, mean []float64) {
	s := *sum
	for j, m := range mean {
		a := (*lanes)(x[j*estimators.Lanes:])
		for w := range s {
			s[w] += a[w] * m
		}
	}
	*sum = s
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
