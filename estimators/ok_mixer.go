package estimators

import "math"

// mixer is the heart of OK (Benzing et al. 2019, section 3): it replaces a sum
// of n Kronecker terms Σ_i u_i ⊗ A_i by n−1 terms with the same mean and the
// least variance. With U = Q_u R_u and A = Q_A R_A the sum is Q_u C Q_Aᵀ with
// C = R_u R_Aᵀ, and only the n×n matrix C has to be treated: C = L D Vᵀ, the
// large singular values are kept, and the k+1 smallest are mixed into k,
//
//	(s1/k) diag(s) Z Zᵀ diag(s),  s random signs, s1 = Σ d over the mixed,
//
// where Z is an orthonormal basis of the complement of z0, z0_i = √(1 − d_i k/s1).
// Its diagonal is d and its other entries have mean zero. k is the largest with
// k·d ≤ s1 for all mixed d. The variance of the step is s1²/k − Σ d².
//
// The factors are triangular by Cholesky from the Gram matrices. Any invertible
// R_u and R_A would keep the mean, because u and A are combined with
// X = R_u⁻¹ L · and Y = R_A⁻¹ V ·, and E[X Yᵀ] = R_u⁻¹ C R_A⁻ᵀ = 1; so the pivots can
// be lifted where the terms depend on each other, at the price of a variance that
// is not quite the least.
//
// Tried on paper and left: QR of the factors themselves. It is n²·(S² + Z) a
// draw twice over and keeps another copy of the factors, for digits that the
// argument above makes needless.
type mixer struct {
	n            int
	ru, ra       []float64 // n×n upper triangular
	left, v      []float64 // n×n; left becomes L·D, column by column
	sigma        []float64 // n, falling
	order        []int
	basis        []float64 // (k+1)×k: Z
	z0           []float64
	coefL, coefV []float64 // n×(n−1): what the columns of L and V are combined with
}

func newMixer(n int) *mixer {
	square := func() []float64 { return make([]float64, n*n) }
	return &mixer{
		n: n, ru: square(), ra: square(), left: square(), v: square(), sigma: make([]float64, n),
		order: make([]int, n), basis: square(), z0: make([]float64, n), coefL: square(), coefV: square(),
	}
}

// mix writes into lane w of mixU and mixA, n×(n−1)×Lanes, the combinations of
// the u_i and the A_i whose Gram matrices are in lane w of gramU and gramA,
// n²×Lanes. signs are n random signs.
func (m *mixer) mix(mixU, mixA, gramU, gramA, signs []float64, w int) {
	cholesky(m.ru, gramU, m.n, w)
	cholesky(m.ra, gramA, m.n, w)
	m.decompose()
	m.coefficients(signs)
	m.combine(mixU, m.ru, m.left, m.coefL, w)
	m.combine(mixA, m.ra, m.v, m.coefV, w)
}

// The pivots are lifted by a part of their own size and by a smaller part of
// the whole, so that R is invertible: Cholesky of a Gram matrix cannot tell a
// direction from rounding below 1e-14 of its square.
const (
	liftOwn   = 1e-14
	liftWhole = 1e-28
	liftLeast = 1e-280
)

// cholesky writes the upper triangular R with RᵀR = gram + lift.
func cholesky(r, gram []float64, n, w int) {
	whole := 0.0
	for i := range n {
		whole += gram[(i*n+i)*Lanes+w]
	}
	for i := range n {
		for k := i; k < n; k++ {
			sum := gram[(i*n+k)*Lanes+w]
			own := sum
			for l := range i {
				sum -= r[l*n+i] * r[l*n+k]
			}
			if k > i {
				r[i*n+k] = sum / r[i*n+i]
				continue
			}
			r[i*n+i] = math.Sqrt(max(sum, 0) + liftOwn*own + liftWhole*whole + liftLeast)
		}
	}
}

// decompose writes C = R_u R_Aᵀ as left·Vᵀ, where left has orthogonal columns of
// falling lengths sigma, by one-sided Jacobi rotations (Golub & Van Loan, 8.6.3).
func (m *mixer) decompose() {
	n := m.n
	clear(m.v)
	for i := range n {
		m.v[i*n+i] = 1
		for k := range n {
			m.left[i*n+k] = 0
			for l := max(i, k); l < n; l++ {
				m.left[i*n+k] += m.ru[i*n+l] * m.ra[k*n+l]
			}
		}
	}
	for sweep, turned := 0, true; turned && sweep < 30; sweep++ {
		turned = false
		for p := range n {
			for q := p + 1; q < n; q++ {
				turned = m.rotate(p, q) || turned
			}
		}
	}
	m.sort()
}

// rotate makes columns p and q of left orthogonal, and says whether it had to.
func (m *mixer) rotate(p, q int) bool {
	n := m.n
	var pp, qq, pq float64
	for i := range n {
		a, b := m.left[i*n+p], m.left[i*n+q]
		pp, qq, pq = pp+a*a, qq+b*b, pq+a*b
	}
	if pq == 0 || math.Abs(pq) <= 1e-15*math.Sqrt(pp)*math.Sqrt(qq) {
		return false
	}
	zeta := (qq - pp) / (2 * pq)
	t := math.Copysign(1/(math.Abs(zeta)+math.Hypot(1, zeta)), zeta)
	c := 1 / math.Hypot(1, t)
	for _, x := range [2][]float64{m.left, m.v} {
		for i := range n {
			a, b := x[i*n+p], x[i*n+q]
			x[i*n+p], x[i*n+q] = c*a-c*t*b, c*t*a+c*b
		}
	}
	return true
}

// sort finds the singular values and the order of the columns, largest first.
func (m *mixer) sort() {
	n := m.n
	for k := range n {
		sum := 0.0
		for i := range n {
			sum += m.left[i*n+k] * m.left[i*n+k]
		}
		m.sigma[k], m.order[k] = math.Sqrt(sum), k
	}
	for i := range n { // by insertion: n is a handful
		for k := i; k > 0 && m.sigma[m.order[k]] > m.sigma[m.order[k-1]]; k-- {
			m.order[k], m.order[k-1] = m.order[k-1], m.order[k]
		}
	}
}

// coefficients sets how the columns of left (which carry D) and of V are
// combined into n−1: kept ones are split evenly, √d and √d, and the others mixed.
func (m *mixer) coefficients(signs []float64) {
	clear(m.coefL)
	clear(m.coefV)
	first, s1 := m.split()
	for i := range first {
		m.setCoefficient(i, i, math.Sqrt(m.sigma[m.order[i]]))
	}
	if s1 == 0 {
		return
	}
	k := m.n - 1 - first
	m.complement(first, float64(k)/s1)
	for i := first; i < m.n; i++ {
		for c := range k {
			m.setCoefficient(i, first+c, math.Sqrt(s1/float64(k))*signs[i]*m.basis[(i-first)*k+c])
		}
	}
}

// setCoefficient sets the coefficient of the i-th largest singular pair in
// combination c. left is d·L, so L has it divided by d; a pair with d = 0 is not
// there on the left.
func (m *mixer) setCoefficient(i, c int, a float64) {
	at := m.order[i]*(m.n-1) + c
	m.coefV[at] = a
	if d := m.sigma[m.order[i]]; d > 0 {
		m.coefL[at] = a / d
	}
}

// split returns how many singular values are kept, and the sum of the others.
func (m *mixer) split() (first int, s1 float64) {
	for first = range m.n - 1 {
		s1 = 0
		for _, c := range m.order[first:] {
			s1 += m.sigma[c]
		}
		if float64(m.n-1-first)*m.sigma[m.order[first]] <= s1 {
			break
		}
	}
	return first, s1
}

// complement writes the basis Z of the complement of z0 as the last columns of
// the Householder reflection that takes −e_0 to z0.
func (m *mixer) complement(first int, scale float64) {
	n := m.n - first
	k := n - 1
	normSq := 0.0
	for i := range n {
		m.z0[i] = math.Sqrt(max(0, 1-m.sigma[m.order[first+i]]*scale))
		if i == 0 {
			m.z0[i]++
		}
		normSq += m.z0[i] * m.z0[i]
	}
	for i := range n {
		for c := range k {
			m.basis[i*k+c] = -2 * m.z0[i] * m.z0[c+1] / normSq
		}
		if i > 0 {
			m.basis[i*k+i-1]++
		}
	}
}

// combine writes lane w of mix = R⁻¹ · columns · coef by back substitution.
func (m *mixer) combine(mix, r, columns, coef []float64, w int) {
	n, k := m.n, m.n-1
	for c := range k {
		for i := n - 1; i >= 0; i-- {
			sum := 0.0
			for l := range n {
				sum += columns[i*n+l] * coef[l*k+c]
			}
			for l := i + 1; l < n; l++ {
				sum -= r[i*n+l] * mix[(l*k+c)*Lanes+w]
			}
			mix[(i*k+c)*Lanes+w] = sum / r[i*n+i]
		}
	}
}
