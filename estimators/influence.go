package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// Influence is the influence matrix M_t = ∂s_t/∂θ of exact real-time recurrent
// learning (Williams & Zipser 1989): M_t = F_t M_{t-1} + I_t, M_0 = 0. It costs
// S²P multiply-adds a step and 2SP numbers.
//
// M is kept in panels of kernel.Lanes coordinates, S×Lanes each, because the
// product F s̃ of a batch of draws is the same loop: coordinates take the place of
// draws. Row-major M was tried and left: a panel's rows would lie P numbers
// apart, and gathering them costs a quarter of the product.
type Influence struct {
	layout *cell.Layout
	m, tmp []float64 // panels × Padded(S)×Lanes
	f      []float64 // F, packed
	v      []float64 // a vector as a packed matrix of one row
	ones   []float64
	pulled []float64 // Block×Lanes: scratch of PullTo
}

// NewInfluence makes M_0 = 0.
func NewInfluence(l *cell.Layout) *Influence {
	s := l.S()
	panels := (l.P() + kernel.Lanes - 1) / kernel.Lanes
	m := &Influence{
		layout: l,
		m:      aligned(panels * kernel.Padded(s) * kernel.Lanes),
		tmp:    aligned(panels * kernel.Padded(s) * kernel.Lanes),
		f:      aligned(kernel.Padded(s) * s), v: aligned(kernel.Block * s),
		ones: aligned(kernel.Padded(s)), pulled: aligned(kernel.Block * kernel.Lanes),
	}
	fill(m.ones, 1)
	return m
}

// Reset sets M = 0.
func (m *Influence) Reset() { clear(m.m) }

// panel is the number of entries of a panel.
func (m *Influence) panel() int { return kernel.Padded(m.layout.S()) * kernel.Lanes }

// At is M[i, j]: the derivative of state entry i with respect to coordinate j.
func (m *Influence) At(i, j int) float64 { return m.m[m.index(i, j)] }

func (m *Influence) index(i, j int) int {
	return j/kernel.Lanes*m.panel() + i*kernel.Lanes + j%kernel.Lanes
}

// Step replaces M_{t-1} by M_t.
func (m *Influence) Step(j *cell.Jacobian) {
	s := m.layout.S()
	kernel.PackTo(m.f, j.F, s, s)
	for at := 0; at < len(m.m); at += m.panel() {
		kernel.MulLanes(m.tmp[at:], m.f, m.ones, m.m[at:], s, s, kernel.Lanes)
	}
	m.m, m.tmp = m.tmp, m.m
	for g := range m.layout.Groups {
		for i := range s {
			m.addImmediate(j, g, i)
		}
	}
}

// addImmediate adds the part of I_t that reaches state entry i through group g.
func (m *Influence) addImmediate(j *cell.Jacobian, g, i int) {
	l := m.layout
	gain := j.Gain[g*l.S()+i]
	lo, _ := l.Row(g, i%l.H)
	for c, z := range j.Z[l.Groups[g].Lo:l.Groups[g].Hi] {
		m.m[m.index(i, lo+c)] += gain * z
	}
}

// PullTo writes dst = v M: v has length S, dst length P.
func (m *Influence) PullTo(dst, v []float64) {
	s := m.layout.S()
	kernel.PackTo(m.v, v, 1, s)
	for at := 0; len(dst) > 0; at += m.panel() {
		kernel.MulLanes(m.pulled, m.v, m.ones, m.m[at:], 1, s, kernel.Lanes)
		dst = dst[copy(dst, m.pulled[:kernel.Lanes]):]
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
