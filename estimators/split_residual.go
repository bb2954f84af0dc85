package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// splitResidualFamily is split-residual-K: residual with its rest R_t split
// among K blocks of units as in split-uoro-K. In residual the noise stands on
// the left of K_t = (F_t − F̃_t) S_{t-1} and reaches all parameters at once; here
// it stands in the middle, where a block has its own:
//
//	s̃ᵐ_t = ρ0ᵐ F_t s̃ᵐ_{t-1} + ρ1ᵐ (F_t − F̃_t) εᵐ_t
//	θ̃_t[m] = θ̃_{t-1}[m]/ρ0ᵐ + (εᵐ_tᵀ S_{t-1})/ρ1ᵐ
//	ĝ_t[m] = (q_t S_{t-1} + δ_t I_t)[m] + (q_t·s̃ᵐ_{t-1}) θ̃_{t-1}[m]
//
// E[(F − F̃) ε εᵀ S] = K on every block, so it is unbiased. split-residual-1 is
// residual with the noise in the middle, which is another estimator of the same
// price. The covariates' means are residual's.
//
// A step costs K·S² + S² + (2 + parts)P multiply-adds a draw; the state is
// K·S + P numbers a draw, and parts·P that all draws share.
var splitResidualFamily = family("split-residual-K", Range{1, 1 << 16}, func(k int) Spec { return splitResidualSpec(k, false) })

// scaledSplitResidualFamily is split-residual-K with norms in the metric of
// scaled-uoro and a scale for every noise entry: ε_k drives column k of F − F̃ and meets
// row k of S, so μ_k² = ‖S_k‖/‖w∘(F − F̃)_k‖. An entry whose column is zero, as the cell
// state's of an LSTM, is left out: it would add noise to θ̃ and nothing to the mean.
var scaledSplitResidualFamily = family("scaled-split-residual-K", Range{1, 1 << 16}, func(k int) Spec { return splitResidualSpec(k, true) })

func splitResidualSpec(k int, scaled bool) Spec {
	s := Spec{
		Formula: "v S + split UORO of R = F R + (F − F̃) S, noise between (F − F̃) and S", Bias: "unbiased",
		Citation: "Menick et al. 2021 (SnAp-1) with Tallec & Ollivier 2017 per block",
		Variates: true,
		Admits:   func(l *cell.Layout) error { return admitsSplit("split-residual", k, l) },
		New:      func(l *cell.Layout, o Options) (*Chain, error) { return newSplitResidualChain(k, scaled, l, o) },
	}
	if scaled {
		s.Formula += "; norms as in scaled-uoro, noise μ∘ε, μ_k² = ‖S_k‖/‖w∘(F − F̃)_k‖"
	}
	return s
}

func newSplitResidualChain(k int, scaled bool, l *cell.Layout, o Options) (*Chain, error) {
	if err := admitsSplit("split-residual", k, l); err != nil {
		return nil, err
	}
	chain, err := newResidualChain(l, o)
	if err != nil {
		return nil, err
	}
	specs, err := residualCovariates(o.Covariates)
	if err != nil {
		return nil, err
	}
	chain.Name, chain.Closed = "split-residual", nil
	chain.NewBatch = func() Batch { return newSplitResidual(k, scaled, l, o, specs) }
	// Each further block repeats F s̃ᵐ and five passes over S numbers: the norms of F s̃ᵐ
	// and (F − F̃)εᵐ, the two terms of s̃ᵐ, the scalar. The products (F − F̃)εᵐ add up to
	// one over the blocks.
	s := int64(l.S())
	chain.Cost = chain.Cost.repeated(k-1, l, s*s+5*s, specs)
	if scaled {
		chain.Name, chain.Cost = "scaled-split-residual", metricCost(l, chain.Cost, 2+2*k, columnNormsCost(l))
	}
	return chain, nil
}

// splitResidual is a batch of draws.
type splitResidual struct {
	*blocks
	snap        *Snap1
	across      []*acrossProduct // per block: the columns of F − F̃ that lead from its units
	drive       []float64        // S×Lanes: (F − F̃) ε of a block
	left, noise []float64        // S×Lanes: ε/μ and μ ε
}

func newSplitResidual(k int, scaled bool, l *cell.Layout, o Options, specs []CovariateSpec) *splitResidual {
	s := &splitResidual{blocks: newBlocks(k, scaled, l, o, specs), snap: NewSnap1(l), drive: paddedLanes(l.S()),
		left: aligned(l.S() * Lanes), noise: aligned(l.S() * Lanes)}
	for _, u := range s.of {
		s.across = append(s.across, newAcrossProduct(l, u.firstUnit, u.endUnit))
	}
	return s
}

func (s *splitResidual) Reset() {
	s.blocks.Reset()
	s.snap.Reset()
}

func (s *splitResidual) Step(j *cell.Jacobian, eps []float64) {
	s.begin(j)
	left, noise := eps, eps
	if s.metric != nil {
		s.metric.between(s.layout, j, s.snap)
		s.metric.noise(s.left, s.noise, eps)
		left, noise = s.left, s.noise
	}
	for m, u := range s.of {
		s.across[m].mul(s.drive, j, noise)
		u.stepResidual(j, s.snap, left, s.drive)
	}
	s.snap.Step(j)
}

// acrossProduct is (F − F̃) ε with ε cut down to units first … end-1: the entries
// of F that lead from one of them to another unit.
type acrossProduct struct {
	layout       *cell.Layout
	first, end   int
	columns      []float64 // S×n: those of F − F̃, n = parts·(end − first)
	packed, ones []float64
	noise        []float64 // n×Lanes
}

func newAcrossProduct(l *cell.Layout, first, end int) *acrossProduct {
	s, n := l.S(), l.Parts*(end-first)
	p := &acrossProduct{
		layout: l, first: first, end: end, columns: make([]float64, s*n),
		packed: aligned(kernel.Padded(s) * n), ones: make([]float64, kernel.Padded(s)), noise: aligned(n * Lanes),
	}
	fill(p.ones, 1)
	return p
}

// mul writes the product to dst, which must have room for paddedLanes.
func (p *acrossProduct) mul(dst []float64, j *cell.Jacobian, eps []float64) {
	l, size := p.layout, p.end-p.first
	s, n := l.S(), l.Parts*size
	for part := range l.Parts {
		from := part*l.H + p.first
		copy(p.noise[part*size*Lanes:(part+1)*size*Lanes], eps[from*Lanes:])
		for i := range s {
			copy(p.columns[i*n+part*size:][:size], j.F[i*s+from:])
		}
	}
	p.clearWithin()
	kernel.PackTo(p.packed, p.columns, s, n)
	kernel.MulLanes(dst[:cap(dst)], p.packed, p.ones, p.noise, s, n, Lanes)
}

// clearWithin takes F̃ away: what leads from a unit to itself.
func (p *acrossProduct) clearWithin() {
	l, size := p.layout, p.end-p.first
	n := l.Parts * size
	for to := range l.Parts {
		for from := range l.Parts {
			for i := range size {
				p.columns[(to*l.H+p.first+i)*n+from*size+i] = 0
			}
		}
	}
}
