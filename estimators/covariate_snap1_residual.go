package estimators

import "uorobench/estimators/cell"

// snap1ResidualMean is snap1's mean on the residual chain: the influence
// S′_t = F̃_t S′_{t-1} + K_t with K_t = (F_t − F̃_t) S_{t-1}. K reaches every unit,
// so S′ is dense: S·P numbers and 2·parts·S·P multiply-adds a step, as much as
// one step of KF-RTRL, but once for all draws. With λ = 1 only the paths that
// leave their unit at least twice are left to chance.
type snap1ResidualMean struct {
	layout *cell.Layout
	snap   *Snap1
	m      []float64 // S×P: S′
	rows   []float64 // parts×P: the rows of one unit on their way forward
}

func newSnap1ResidualMean(l *cell.Layout, _ Options) Mean {
	return &snap1ResidualMean{l, NewSnap1(l), make([]float64, l.S()*l.P()), make([]float64, l.Parts*l.P())}
}

func (m *snap1ResidualMean) Reset() {
	clear(m.m)
	m.snap.Reset()
}

func (m *snap1ResidualMean) Step(j *cell.Jacobian) {
	l, s, p := m.layout, m.layout.S(), m.layout.P()
	for unit := 0; unit < l.H; unit++ {
		clear(m.rows)
		for a := 0; a < l.Parts; a++ {
			to, out := a*l.H+unit, m.rows[a*p:(a+1)*p]
			for b := 0; b < l.Parts; b++ {
				from := b*l.H + unit
				axpy(j.F[to*s+from], m.m[from*p:(from+1)*p], out)
				m.addSource(out, j.F[to*s+b*l.H:to*s+(b+1)*l.H], unit, b)
			}
		}
		for a := 0; a < l.Parts; a++ {
			copy(m.m[(a*l.H+unit)*p:], m.rows[a*p:(a+1)*p])
		}
	}
	m.snap.Step(j)
}

// addSource adds what state part b of all other units brings to unit: f is F's
// entries from them.
func (m *snap1ResidualMean) addSource(out, f []float64, unit, b int) {
	for g := range m.layout.Groups {
		for other, a := range f {
			if other != unit {
				lo, hi := m.layout.Row(g, other)
				axpy(a, m.snap.row(b, lo, hi), out[lo:hi])
			}
		}
	}
}

func (m *snap1ResidualMean) PullTo(dst, v []float64) {
	p := m.layout.P()
	clear(dst)
	for i, a := range v {
		axpy(a, m.m[i*p:(i+1)*p], dst)
	}
}
