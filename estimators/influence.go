package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// Influence is the influence matrix M_t = ∂s_t/∂θ of exact real-time recurrent
// learning (Williams & Zipser 1989): M_t = F_t M_{t-1} + I_t, M_0 = 0. It costs
// S²P multiply-adds a step and SP numbers.
//
// M is kept in panels of kernel.Lanes coordinates, S×Lanes each, because the
// product F s̃ of a batch of draws is the same loop: coordinates take the place of
// draws. Row-major M was tried and left: a panel's rows would lie P numbers
// apart, and gathering them costs a quarter of the product.
//
// The panels lie in a ring with one place to spare, and a step moves each back by
// one place: what a panel is written over has just been read, and is in the nearest
// cache. A second M to write to was tried (a sixth slower for a GRU with 64 units,
// where it goes through memory), and a copy of each panel (a tenth slower for 32).
type Influence struct {
	layout *cell.Layout
	panels int
	m      []float64 // (panels+1) × Padded(S)×Lanes
	first  int       // place of panel 0
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
		layout: l, panels: panels,
		m: aligned((panels + 1) * kernel.Padded(s) * kernel.Lanes),
		f: aligned(kernel.Padded(s) * s), v: aligned(kernel.Block * s),
		ones: aligned(kernel.Padded(s)), pulled: aligned(kernel.Block * kernel.Lanes),
	}
	fill(m.ones, 1)
	return m
}

// Reset sets M = 0.
func (m *Influence) Reset() { clear(m.m) }

// panel is panel k, 0 to panels; the last is the place to spare.
func (m *Influence) panel(k int) []float64 {
	if k += m.first; k > m.panels {
		k -= m.panels + 1
	}
	n := kernel.Padded(m.layout.S()) * kernel.Lanes
	return m.m[k*n : (k+1)*n]
}

// At is M[i, j]: the derivative of state entry i with respect to coordinate j.
func (m *Influence) At(i, j int) float64 {
	return m.panel(j / kernel.Lanes)[i*kernel.Lanes+j%kernel.Lanes]
}

// Step replaces M_{t-1} by M_t.
func (m *Influence) Step(j *cell.Jacobian) {
	s := m.layout.S()
	kernel.PackTo(m.f, j.F, s, s)
	to := m.panel(m.panels)
	for k := range m.panels {
		from := m.panel(k)
		kernel.MulLanes(to, m.f, m.ones, from, s, s, kernel.Lanes)
		to = from
	}
	if m.first--; m.first < 0 {
		m.first = m.panels
	}
	for g := range m.layout.Groups {
		for i := range s {
			m.addImmediate(j, g, i)
		}
	}
}

// addImmediate adds the part of I_t that reaches state entry i through group g,
// panel by panel.
func (m *Influence) addImmediate(j *cell.Jacobian, g, i int) {
	l := m.layout
	gain := j.Gain[g*l.S()+i]
	at, _ := l.Row(g, i%l.H)
	for z := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]; len(z) > 0; {
		row := m.panel(at / kernel.Lanes)[i*kernel.Lanes:][:kernel.Lanes]
		n := min(kernel.Lanes-at%kernel.Lanes, len(z))
		axpy(gain, z[:n], row[at%kernel.Lanes:])
		at, z = at+n, z[n:]
	}
}

// PullTo writes dst = v M: v has length S, dst length P.
func (m *Influence) PullTo(dst, v []float64) {
	s := m.layout.S()
	kernel.PackTo(m.v, v, 1, s)
	for k := 0; len(dst) > 0; k++ {
		kernel.MulLanes(m.pulled, m.v, m.ones, m.panel(k), 1, s, kernel.Lanes)
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
