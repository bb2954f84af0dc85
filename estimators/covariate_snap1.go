package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// snap1Spec keeps of F_t the entries that stay within a unit: F̃_t is diagonal
// (2×2 blocks per unit where a unit has two state entries), and μ is the SnAp-1
// gradient (Menick et al. 2021, arXiv:2006.07232). A step costs S·parts + S
// multiply-adds a draw on top of UORO's.
var snap1Spec = CovariateSpec{
	Name:     "snap1",
	Formula:  "F̃ = unit-diagonal part of F; μ = SnAp-1 gradient",
	Citation: "Menick et al. 2021 (SnAp-1)",
	New: func(l *cell.Layout, _ Options) Covariate {
		return newSurrogate(l, newUnitProduct(l).apply)
	},
	NewMean: func(l *cell.Layout, _ Options) Mean { return NewSnap1(l) },
	// K reaches every unit, so that the influence on the residual chain is dense.
	// With λ = 1 only the paths that leave their unit at least twice are left to
	// chance.
	NewResidualMean: func(l *cell.Layout, _ Options) Mean { return newDenseMean(l, nil, true) },
	ResidualShared:  func(l *cell.Layout) int64 { return denseCost(l, 0, true) },
	Adjoint:         snap1Adjoint,
	Cost: func(l *cell.Layout) Cost {
		s, parts := int64(l.S()), int64(l.Parts)
		return Cost{PerDraw: s*parts + 3*s, Shared: influenceCost(l, l.Parts), Numbers: s}
	},
}

// instantSpec keeps nothing of F_t: s̃ᶜ_t = ρ1 ε_t, and μ is the gradient
// truncated after one step.
var instantSpec = CovariateSpec{
	Name:     "instant",
	Formula:  "F̃ = 0; μ = one-step truncated gradient",
	Citation: "one-step truncation",
	New: func(l *cell.Layout, _ Options) Covariate {
		return newSurrogate(l, func(dst []float64, _ *cell.Jacobian, _ []float64) { clear(dst) })
	},
	NewMean:         func(l *cell.Layout, _ Options) Mean { return &instantMean{NewSnap1(l)} },
	NewResidualMean: func(l *cell.Layout, _ Options) Mean { return newTruncatedResidualMean(l, 1) },
	ResidualShared:  func(l *cell.Layout) int64 { return truncatedResidualCost(l, 1) },
	Adjoint:         func(_ *cell.Layout, dst, _ []float64, _ *cell.Jacobian, _ int) { clear(dst) },
	Cost: func(l *cell.Layout) Cost {
		s := int64(l.S())
		return Cost{PerDraw: 2 * s, Shared: directCost(l), Numbers: s}
	},
}

// unitProduct is F̃ src with F̃ the within-unit entries of F, by the kernel.
type unitProduct struct {
	layout  *cell.Layout
	entries []float64 // parts²·H
}

func newUnitProduct(l *cell.Layout) *unitProduct {
	return &unitProduct{l, make([]float64, l.Parts*l.Parts*l.H)}
}

func (p *unitProduct) apply(dst []float64, j *cell.Jacobian, src []float64) {
	l := p.layout
	unitEntriesTo(p.entries, l, j)
	kernel.UnitBlocks(dst, p.entries, src, l.H, l.Parts)
}

// unitEntriesTo gathers f[(a·parts+b)·H+i] = F[a·H+i, b·H+i].
func unitEntriesTo(f []float64, l *cell.Layout, j *cell.Jacobian) {
	s := l.S()
	for at := range l.Parts * l.Parts {
		entry := at/l.Parts*l.H*s + at%l.Parts*l.H
		for i := range l.H {
			f[at*l.H+i] = j.F[entry+i*(s+1)]
		}
	}
}

// snap1Adjoint is v times the entries of F whose row and column are of one unit.
func snap1Adjoint(l *cell.Layout, dst, v []float64, j *cell.Jacobian, _ int) {
	s := l.S()
	clear(dst)
	for at, f := range j.F {
		if row, col := at/s, at%s; row%l.H == col%l.H {
			dst[col] += v[row] * f
		}
	}
}

// Snap1 is the influence matrix of SnAp-1 (Menick et al. 2021): the recursion
// S_t = F̃_t S_{t-1} + I_t with F̃ the within-unit entries of F. A coordinate
// only ever touches its own unit, so S is parts×P numbers and a step costs
// parts²·P multiply-adds.
type Snap1 struct {
	layout *cell.Layout
	s      []float64 // parts×P
	rows   []float64 // parts×Z: scratch
	block  []float64 // parts×parts: F̃ of one unit
	// within writes F̃ of a unit, row-major.
	within func(dst []float64, l *cell.Layout, j *cell.Jacobian, unit int)
}

// NewSnap1 makes S_0 = 0.
func NewSnap1(l *cell.Layout) *Snap1 {
	return &Snap1{
		layout: l, s: make([]float64, l.Parts*l.P()), within: ownBlock,
		rows: make([]float64, l.Parts*l.Z()), block: make([]float64, l.Parts*l.Parts),
	}
}

// ownBlock takes F̃ from F.
func ownBlock(dst []float64, l *cell.Layout, j *cell.Jacobian, unit int) {
	for at := range dst {
		a, b := at/l.Parts, at%l.Parts
		dst[at] = j.F[(a*l.H+unit)*l.S()+b*l.H+unit]
	}
}

// Reset sets S = 0.
func (m *Snap1) Reset() { clear(m.s) }

// Step replaces S_{t-1} by S_t.
func (m *Snap1) Step(j *cell.Jacobian) {
	for unit := range m.layout.H {
		m.within(m.block, m.layout, j, unit)
		for g := range m.layout.Groups {
			m.stepRow(j, g, unit)
		}
	}
}

// stepRow forms the new rows of all parts before it puts them in place of the old.
func (m *Snap1) stepRow(j *cell.Jacobian, g, unit int) {
	l := m.layout
	feat := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
	lo, hi := l.Row(g, unit)
	for a := range l.Parts {
		block, out := m.block[a*l.Parts:(a+1)*l.Parts], m.rows[a*l.Z():][:len(feat)]
		sumOfTwo(out, j.Gain[g*l.S()+a*l.H+unit], feat, block[0], m.row(0, lo, hi))
		for b := 1; b < l.Parts; b++ {
			axpy(block[b], m.row(b, lo, hi), out)
		}
	}
	for a := range l.Parts {
		copy(m.row(a, lo, hi), m.rows[a*l.Z():])
	}
}

// sumOfTwo writes dst = a·x + b·y.
func sumOfTwo(dst []float64, a float64, x []float64, b float64, y []float64) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = a*x[i] + b*y[i]
	}
}

// PullTo writes dst = v S.
func (m *Snap1) PullTo(dst, v []float64) {
	l, p := m.layout, m.layout.P()
	clear(dst)
	for g := range l.Groups {
		for i := 0; i < l.H; i++ {
			lo, hi := l.Row(g, i)
			for a := range l.Parts {
				axpy(v[a*l.H+i], m.s[a*p+lo:a*p+hi], dst[lo:hi])
			}
		}
	}
}

// instantMean is v I_t: SnAp-1's matrix, forgotten before every step.
type instantMean struct{ *Snap1 }

func (m *instantMean) Step(j *cell.Jacobian) {
	m.Snap1.Reset()
	m.Snap1.Step(j)
}
