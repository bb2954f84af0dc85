package estimators

import "uorobench/estimators/cell"

// Influence is the influence matrix M_t = ∂s_t/∂θ of exact real-time recurrent
// learning (Williams & Zipser 1989): M_t = F_t M_{t-1} + I_t, M_0 = 0. It costs
// S²P multiply-adds a step and 2SP numbers.
type Influence struct {
	layout *cell.Layout
	m, tmp []float64 // S×P row-major
}

// NewInfluence makes M_0 = 0.
func NewInfluence(l *cell.Layout) *Influence {
	n := l.S() * l.P()
	return &Influence{layout: l, m: make([]float64, n), tmp: make([]float64, n)}
}

// Reset sets M = 0.
func (m *Influence) Reset() { clear(m.m) }

// Matrix is M, S×P row-major. It belongs to m and changes with the next Step.
func (m *Influence) Matrix() []float64 { return m.m }

// Step replaces M_{t-1} by M_t.
func (m *Influence) Step(j *cell.Jacobian) {
	s, p := m.layout.S(), m.layout.P()
	mulRows(m.tmp, j.F, m.m, s, p)
	m.m, m.tmp = m.tmp, m.m
	m.layout.AddImmediateRows(m.m, j)
}

// PullTo writes dst = v M: v has length S, dst length P.
func (m *Influence) PullTo(dst, v []float64) {
	p := m.layout.P()
	clear(dst)
	for i, d := range v {
		if d != 0 {
			axpy(d, m.m[i*p:(i+1)*p], dst)
		}
	}
}

// mulRows writes dst = a·b for a (s×s) and b (s×p), four rows of b at a time so
// that dst passes through the cache a quarter as often.
func mulRows(dst, a, b []float64, s, p int) {
	clear(dst)
	for i := 0; i < s; i++ {
		out, row := dst[i*p:(i+1)*p], a[i*s:(i+1)*s]
		k := 0
		for ; k+4 <= s; k += 4 {
			axpy4(row[k:k+4], b[k*p:], p, out)
		}
		for ; k < s; k++ {
			axpy(row[k], b[k*p:(k+1)*p], out)
		}
	}
}

// axpy4 adds a[0]·row0 + … + a[3]·row3 to y, the rows of b being p apart.
func axpy4(a, b []float64, p int, y []float64) {
	a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
	if a0 == 0 && a1 == 0 && a2 == 0 && a3 == 0 {
		return
	}
	r0, r1, r2, r3 := b[:p], b[p:2*p], b[2*p:3*p], b[3*p:4*p]
	r1, r2, r3, y = r1[:len(r0)], r2[:len(r0)], r3[:len(r0)], y[:len(r0)]
	for i, v := range r0 {
		y[i] += (a0*v + a1*r1[i]) + (a2*r2[i] + a3*r3[i])
	}
}

func axpy(a float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

// Exact returns the exact gradients g_t = δ_t M_t of every step of tr by RTRL:
// T slices of length P.
func Exact(tr *cell.Trajectory) [][]float64 {
	m := NewInfluence(tr.Layout)
	grads := make([][]float64, len(tr.Steps))
	for t, j := range tr.Steps {
		m.Step(j)
		grads[t] = make([]float64, tr.Layout.P())
		m.PullTo(grads[t], j.Delta)
	}
	return grads
}
