package estimators

import "uorobench/estimators/cell"

// denseMean is the exact influence of a covariate whose F̃ or whose source
// reaches every unit, so that all S·P numbers are kept:
//
//	S_t = F̃_t S_{t-1} + I_t                                  (UORO's chain)
//	S′_t = F̃_t S′_{t-1} + (F_t − F̃¹_t) S¹_{t-1}               (residual's)
//
// where F̃ is the within-unit part F̃¹ of F, and low-rank terms where there are
// any, and S¹ is SnAp-1's influence. It costs denseCost multiply-adds a step, less
// than RTRL's S²P, once for all draws.
type denseMean struct {
	layout    *cell.Layout
	snap      *Snap1   // S¹; nil on UORO's chain
	low       *lowRank // nil for the within-unit part alone
	m         []float64
	projected []float64 // rank×P: the right factors times m
	rows      []float64 // parts×P: the rows of one unit on their way forward
}

func newDenseMean(l *cell.Layout, low *lowRank, residual bool) *denseMean {
	m := &denseMean{layout: l, low: low, m: make([]float64, l.S()*l.P()), rows: make([]float64, l.Parts*l.P())}
	if residual {
		m.snap = NewSnap1(l)
	}
	if low != nil {
		m.projected = make([]float64, low.rank*l.P())
	}
	return m
}

// denseCost counts a step and a pull: the within-unit part, the two low-rank
// products and the pull, each over S·P numbers, and the source: I on the parameters'
// own units, or S¹ on all the others.
func denseCost(l *cell.Layout, rank int, residual bool) int64 {
	s, p, parts := int64(l.S()), int64(l.P()), int64(l.Parts)
	source := parts * p
	if residual {
		source = parts * (s - parts) * p
	}
	return (parts+2*int64(rank)+1)*s*p + source
}

func (m *denseMean) Reset() {
	clear(m.m)
	if m.snap != nil {
		m.snap.Reset()
	}
}

func (m *denseMean) Step(j *cell.Jacobian) {
	m.project(j)
	for unit := 0; unit < m.layout.H; unit++ {
		m.stepUnit(j, unit)
	}
	if m.snap != nil {
		m.snap.Step(j)
		return
	}
	m.layout.AddImmediateRows(m.m, j)
}

// project writes Vᵀ m for the low-rank part W Vᵀ.
func (m *denseMean) project(j *cell.Jacobian) {
	if m.low == nil {
		return
	}
	m.low.factor(j)
	s, p := m.layout.S(), m.layout.P()
	clear(m.projected)
	for r := 0; r < m.low.rank; r++ {
		for k, v := range m.low.right[r*s : (r+1)*s] {
			axpy(v, m.m[k*p:(k+1)*p], m.projected[r*p:(r+1)*p])
		}
	}
}

// stepUnit carries the rows of one unit's state forward.
func (m *denseMean) stepUnit(j *cell.Jacobian, unit int) {
	l, s, p := m.layout, m.layout.S(), m.layout.P()
	clear(m.rows)
	for a := 0; a < l.Parts; a++ {
		to, out := a*l.H+unit, m.rows[a*p:(a+1)*p]
		for b := 0; b < l.Parts; b++ {
			from := b*l.H + unit
			axpy(j.F[to*s+from], m.m[from*p:(from+1)*p], out)
			if m.snap != nil {
				m.addSource(out, j.F[to*s+b*l.H:to*s+(b+1)*l.H], unit, b)
			}
		}
		for r := 0; m.low != nil && r < m.low.rank; r++ {
			axpy(m.low.left[r*s+to], m.projected[r*p:(r+1)*p], out)
		}
	}
	for a := 0; a < l.Parts; a++ {
		copy(m.m[(a*l.H+unit)*p:], m.rows[a*p:(a+1)*p])
	}
}

// addSource adds what state part b of all other units brings to unit: f is F's
// entries from them.
func (m *denseMean) addSource(out, f []float64, unit, b int) {
	for g := range m.layout.Groups {
		for other, a := range f {
			if other != unit {
				lo, hi := m.layout.Row(g, other)
				axpy(a, m.snap.row(b, lo, hi), out[lo:hi])
			}
		}
	}
}

func (m *denseMean) PullTo(dst, v []float64) {
	p := m.layout.P()
	clear(dst)
	for i, a := range v {
		axpy(a, m.m[i*p:(i+1)*p], dst)
	}
}
