package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// blockFamily is block-B: units 0 … B-1 are a block, the next B another, and
// so on; F̃ keeps of F what stays within a block. block-1 is snap1, and a block
// as large as the network is UORO itself, whose μ is the exact gradient.
var blockFamily = covariateFamily("block-B", Range{1, 1 << 16}, blockSpec)

// blockSpec is the member B. A step costs S·parts·B + 3S multiply-adds a draw;
// the mean costs (parts·B)²·P a step for all draws together and keeps parts·B·P
// numbers.
func blockSpec(size int) CovariateSpec {
	return CovariateSpec{
		Formula:  "F̃ = blocks of B units of F; μ = the gradient that stays within them",
		Citation: "a coarser SnAp-1 pattern (Menick et al. 2021)",
		New: func(l *cell.Layout, _ Options) Covariate {
			return newSurrogate(l, newBlockProduct(l, min(size, l.H)).apply)
		},
		NewMean: func(l *cell.Layout, _ Options) Mean { return newBlockMean(l, min(size, l.H)) },
		Adjoint: func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, _ int) { blockAdjoint(l, size, dst, v, j) },
		Cost: func(l *cell.Layout) Cost {
			s, p := int64(l.S()), int64(l.P())
			n := int64(l.Parts * min(size, l.H))
			return Cost{PerDraw: s*n + 3*s, Shared: (n*n + n + int64(l.Parts)) * p, Numbers: s}
		},
	}
}

// blockProduct is F̃ src, block by block.
type blockProduct struct {
	layout    *cell.Layout
	size      int
	f, packed []float64 // n×n, n = parts·size: F̃ of one block
	src, dst  []float64 // n×Lanes of it
	ones      []float64
}

func newBlockProduct(l *cell.Layout, size int) *blockProduct {
	n := l.Parts * size
	p := &blockProduct{
		layout: l, size: size, f: make([]float64, n*n), packed: aligned(kernel.Padded(n) * n),
		src: aligned(n * Lanes), dst: paddedLanes(n), ones: make([]float64, kernel.Padded(n)),
	}
	fill(p.ones, 1)
	return p
}

func (p *blockProduct) apply(dst []float64, j *cell.Jacobian, src []float64) {
	l := p.layout
	for first := 0; first < l.H; first += p.size {
		size := min(p.size, l.H-first)
		n := l.Parts * size
		for part := range l.Parts {
			copy(p.src[part*size*Lanes:(part+1)*size*Lanes], src[(part*l.H+first)*Lanes:])
		}
		p.pack(j, first, size)
		kernel.MulLanes(p.dst[:cap(p.dst)], p.packed, p.ones, p.src, n, n, Lanes)
		for part := range l.Parts {
			copy(dst[(part*l.H+first)*Lanes:][:size*Lanes], p.dst[part*size*Lanes:])
		}
	}
}

// pack takes the block of size units that begins at first.
func (p *blockProduct) pack(j *cell.Jacobian, first, size int) {
	l := p.layout
	n := l.Parts * size
	for r := range n {
		row := (r/size*l.H + first + r%size) * l.S()
		for part := range l.Parts {
			copy(p.f[r*n+part*size:][:size], j.F[row+part*l.H+first:])
		}
	}
	kernel.PackTo(p.packed, p.f, n, n)
}

// blockAdjoint is v times the entries of F whose row and column are of one block.
func blockAdjoint(l *cell.Layout, size int, dst, v []float64, j *cell.Jacobian) {
	s := l.S()
	clear(dst)
	for at, f := range j.F {
		if row, col := at/s, at%s; row%l.H/size == col%l.H/size {
			dst[col] += v[row] * f
		}
	}
}

// blockMean is the influence matrix S_t = F̃ S_{t-1} + I_t of the blocks: of a
// coordinate's column only the state entries of its own block are kept.
type blockMean struct {
	layout *cell.Layout
	size   int
	s      []float64 // (parts·B)×P; row part·B+y is state (part, block's unit y)
	row    []float64 // (parts·B)×width: a row of θ on its way forward
}

func newBlockMean(l *cell.Layout, size int) *blockMean {
	width := 0
	for g := range l.Groups {
		width = max(width, l.Groups[g].Width())
	}
	n := l.Parts * size
	return &blockMean{l, size, make([]float64, n*l.P()), make([]float64, n*width)}
}

func (m *blockMean) Reset() { clear(m.s) }

func (m *blockMean) Step(j *cell.Jacobian) {
	for g := range m.layout.Groups {
		for unit := 0; unit < m.layout.H; unit++ {
			m.carry(j, g, unit)
			m.addImmediate(j, g, unit)
		}
	}
}

// stateOf is the state entry of row r of s, for a unit whose block starts at
// first; false where a last, smaller block has no such unit.
func (m *blockMean) stateOf(r, first int) (k int, ok bool) {
	unit := first + r%m.size
	return r/m.size*m.layout.H + unit, unit < m.layout.H
}

// carry writes S ← F̃ S for the coordinates of one row of θ.
func (m *blockMean) carry(j *cell.Jacobian, g, unit int) {
	lo, hi := m.layout.Row(g, unit)
	s, p, n, width := m.layout.S(), m.layout.P(), m.layout.Parts*m.size, hi-lo
	first := unit / m.size * m.size
	clear(m.row)
	for r := 0; r < n; r++ {
		to, ok := m.stateOf(r, first)
		for c := 0; ok && c < n; c++ {
			if from, ok := m.stateOf(c, first); ok {
				axpy(j.F[to*s+from], m.s[c*p+lo:c*p+hi], m.row[r*width:(r+1)*width])
			}
		}
	}
	for r := 0; r < n; r++ {
		copy(m.s[r*p+lo:r*p+hi], m.row[r*width:(r+1)*width])
	}
}

func (m *blockMean) addImmediate(j *cell.Jacobian, g, unit int) {
	l := m.layout
	lo, hi := l.Row(g, unit)
	p := l.P()
	for part := 0; part < l.Parts; part++ {
		r := part*m.size + unit%m.size
		gain := j.Gain[g*l.S()+part*l.H+unit]
		axpy(gain, j.Z[l.Groups[g].Lo:l.Groups[g].Hi], m.s[r*p+lo:r*p+hi])
	}
}

func (m *blockMean) PullTo(dst, v []float64) {
	l, p := m.layout, m.layout.P()
	clear(dst)
	for g := range l.Groups {
		for unit := 0; unit < l.H; unit++ {
			lo, hi := l.Row(g, unit)
			for r := 0; r < l.Parts*m.size; r++ {
				if k, ok := m.stateOf(r, unit/m.size*m.size); ok {
					axpy(v[k], m.s[r*p+lo:r*p+hi], dst[lo:hi])
				}
			}
		}
	}
}
