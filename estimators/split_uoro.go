package estimators

import (
	"fmt"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// splitUOROFamily is split-uoro-K: the hidden units are cut into K blocks, and
// each block's parameters have a UORO of their own, which draws noise for the
// block's state entries alone:
//
//	s̃ᵐ_t = ρ0ᵐ F_t s̃ᵐ_{t-1} + ρ1ᵐ εᵐ_t,  θ̃_t[m] = θ̃_{t-1}[m]/ρ0ᵐ + (εᵐ_tᵀ I_t)/ρ1ᵐ
//	ĝ_t[m] = (q_t·s̃ᵐ_{t-1}) θ̃_{t-1}[m] + δ_t I_t[m]
//
// A parameter row touches only its own unit's state, so the columns of M_t that
// belong to block m obey M = F M + I with I zero outside of the block, and every
// block is plain UORO, unbiased for itself. θ̃ is stored and updated once; only
// the S numbers of s̃ are there K times. What is won is the noise that UORO
// carries from one block's parameters into another's: the leading term of the
// variance (Tallec & Ollivier 2017; Cooijmans & Martens 2019, arXiv:1902.02405)
// falls from ‖b‖²‖I‖² to Σ_m ‖bᵐ‖²‖Iᵐ‖², by a factor K where the blocks weigh the
// same. split-uoro-1 is UORO. At K = H no noise is shared between units, as in
// PreUORO, and without its S×(gates·H) state.
//
// A step costs K·S² + 3P multiply-adds a draw and the state is K·S + P numbers.
var splitUOROFamily = family("split-uoro-K", Range{1, 1 << 16}, func(k int) Spec { return splitUOROSpec(k, false) })

// scaledSplitUOROFamily is split-uoro-K with noise and scales in the metric of
// scaled-uoro.
var scaledSplitUOROFamily = family("scaled-split-uoro-K", Range{1, 1 << 16}, func(k int) Spec { return splitUOROSpec(k, true) })

func splitUOROSpec(k int, scaled bool) Spec {
	s := Spec{
		Formula: "per block m of H/K units: (q·s̃ᵐ) θ̃[m] + δ I[m]", Bias: "unbiased",
		Citation: "Tallec & Ollivier 2017 per block; variance after Cooijmans & Martens 2019",
		Variates: true,
		Admits:   func(l *cell.Layout) error { return admitsSplit("split-uoro", k, l) },
		New:      func(l *cell.Layout, o Options) (*Chain, error) { return newSplitUOROChain(k, scaled, l, o) },
	}
	if scaled {
		s.Formula += ", noise and norms as in scaled-uoro"
	}
	return s
}

func admitsSplit(name string, k int, l *cell.Layout) error {
	if k > l.H {
		return fmt.Errorf("%s-%d: the cell has %d hidden units; K must be from 1 to %d", name, k, l.H, l.H)
	}
	return nil
}

func newSplitUOROChain(k int, scaled bool, l *cell.Layout, o Options) (*Chain, error) {
	if err := admitsSplit("split-uoro", k, l); err != nil {
		return nil, err
	}
	chain, err := newVariantChain("split-uoro", l, o, func(specs []CovariateSpec) Batch { return newSplitUORO(k, scaled, l, o, specs) })
	if err != nil {
		return nil, err
	}
	specs, err := findCovariates(o.Covariates)
	if err != nil {
		return nil, err
	}
	chain.Cost, chain.Closed = splitUOROCost(k, l, chain.Cost, specs), &ClosedForm{Blocks: k}
	if scaled {
		chain.Closed = nil
		chain.Name, chain.Cost = "scaled-split-uoro", metricCost(l, chain.Cost, 3+k, rowNormsCost(l))
	}
	return chain, nil
}

// splitUOROCost adds to UORO's work what each further block repeats: F s̃ᵐ (S²), its
// norm, its part of s̃ᵐ and the scalar (3S), and the covariates. The noise, what it
// makes of I, and all that runs over θ̃ are cut among the blocks and not repeated.
func splitUOROCost(k int, l *cell.Layout, whole Cost, specs []CovariateSpec) Cost {
	s := int64(l.S())
	return whole.repeated(k-1, l, s*s+3*s, specs)
}

// repeated adds n times so many multiply-adds a draw, s̃, and the covariates' own.
func (c Cost) repeated(n int, l *cell.Layout, work int64, specs []CovariateSpec) Cost {
	more := Cost{PerDraw: work, Numbers: int64(l.S())}.with(l, specs)
	c.PerDraw += int64(n) * more.PerDraw
	c.Numbers += int64(n) * more.Numbers
	return c
}

// blocks are K UOROs that share θ̃, and the signals that they make together.
type blocks struct {
	layout     *cell.Layout
	convention Convention
	of         []*vectorUORO
	metric     *metric // nil, or shared by all blocks
	product    *product
	factors    *rowFactors
	thetaTilde []float64 // P×Lanes; block m's rows are its UORO's
	signals    Signals   // every signal has a basis of its own and scale 1
	scale      lane
}

// newBlocks cuts the units as evenly as they go: block m begins at m·H/K.
func newBlocks(k int, scaled bool, l *cell.Layout, o Options, specs []CovariateSpec) *blocks {
	b := &blocks{
		layout: l, convention: o.Convention, product: newProduct(l), factors: newRowFactors(l),
		signals: ownSignals(1+len(specs), l.P()), thetaTilde: aligned(l.P() * Lanes),
	}
	if scaled {
		b.metric = newMetric(l)
	}
	for m := range k {
		u := newSharingUORO(l, o, newCovariates(specs, l, o), b.product, b.factors, b.thetaTilde)
		u.metric, u.shared = b.metric, true
		u.firstUnit, u.endUnit = m*l.H/k, (m+1)*l.H/k
		b.of = append(b.of, u)
	}
	return b
}

// ownSignals are k signals that each have a basis of their own, p×Lanes, and
// the scale 1.
func ownSignals(k, p int) Signals {
	var s Signals
	for i := range k {
		one := make([]float64, Lanes)
		fill(one, 1)
		s.Scale = append(s.Scale, one)
		s.Basis = append(s.Basis, make([]float64, p*Lanes))
		s.Of = append(s.Of, i)
	}
	return s
}

func (b *blocks) Reset() {
	if b.metric != nil {
		b.metric.reset()
	}
	for _, u := range b.of {
		u.Reset()
	}
}

// begin takes in the step's F for all blocks.
func (b *blocks) begin(j *cell.Jacobian) {
	b.product.set(j)
	if b.metric != nil {
		b.metric.update(j)
	}
}

func (b *blocks) Kill(lane int) {
	for _, u := range b.of {
		u.Kill(lane)
	}
}

func (b *blocks) Signals(j *cell.Jacobian) *Signals {
	v := b.convention.pull(j)
	for _, u := range b.of {
		kernel.Weigh(&b.scale, v, u.sTilde, len(v), 1)
		b.write(u, 0)
		for k, c := range u.covariates {
			c.Scale(b.scale[:], v)
			if own := c.Own(); own != nil {
				b.copyRows(u, k+1, own)
				continue
			}
			b.write(u, k+1)
		}
	}
	return &b.signals
}

// write sets the rows of a block in signal k to scale·θ̃.
func (b *blocks) write(u *vectorUORO, k int) {
	b.eachGroup(u, func(lo, hi int) {
		out := b.signals.Basis[k][lo*Lanes : hi*Lanes]
		copy(out, b.thetaTilde[lo*Lanes:])
		kernel.ScaleLanes(out, &b.scale, hi-lo)
	})
}

// copyRows takes the rows of a block from a covariate's own basis.
func (b *blocks) copyRows(u *vectorUORO, k int, own []float64) {
	b.eachGroup(u, func(lo, hi int) { copy(b.signals.Basis[k][lo*Lanes:hi*Lanes], own[lo*Lanes:]) })
}

// eachGroup calls f with a block's coordinates lo … hi-1 of every group.
func (b *blocks) eachGroup(u *vectorUORO, f func(lo, hi int)) {
	for g := range b.layout.Groups {
		lo, _ := b.layout.Row(g, u.firstUnit)
		_, hi := b.layout.Row(g, u.endUnit-1)
		f(lo, hi)
	}
}

// mask copies the noise of a block's units and leaves zero elsewhere.
func (b *blocks) mask(dst, eps []float64, u *vectorUORO) {
	clear(dst)
	for part := 0; part < b.layout.Parts; part++ {
		lo, hi := (part*b.layout.H+u.firstUnit)*Lanes, (part*b.layout.H+u.endUnit)*Lanes
		copy(dst[lo:hi], eps[lo:hi])
	}
}

// splitUORO is a batch of draws.
type splitUORO struct {
	*blocks
	left, drive, masked []float64 // S×Lanes
}

func newSplitUORO(k int, scaled bool, l *cell.Layout, o Options, specs []CovariateSpec) *splitUORO {
	n := l.S() * Lanes
	return &splitUORO{newBlocks(k, scaled, l, o, specs), aligned(n), aligned(n), aligned(n)}
}

// Step takes the factors of all blocks at once: those of a unit see no other's noise.
func (s *splitUORO) Step(j *cell.Jacobian, eps []float64) {
	s.begin(j)
	left, drive := eps, eps
	if s.metric != nil {
		s.metric.forState(s.layout, j)
		s.metric.noise(s.left, s.drive, eps)
		left, drive = s.left, s.drive
	}
	s.factors.set(s.layout, j, left)
	for _, u := range s.of {
		s.mask(s.masked, drive, u)
		u.stepWith(j, nil, s.masked)
	}
}
