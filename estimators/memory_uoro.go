package estimators

import "uorobench/estimators/cell"

// memoryUOROFamily is memory-uoro-K: the K latest steps exactly, as truncated
// backpropagation would, and UORO for all that was before,
//
//	ĝ_t = Σ_{l<K} b_l I_{t-l} + (b_K·s̃_{t-K}) θ̃_{t-K},  b_l = δ_t F_t … F_{t-l+1}
//
// UORO runs K steps late, and the adjoint b_K, the same for all draws, is
// carried back to it. It is unbiased: the second term has the mean b_K M_{t-K}.
// memory-uoro-1 is UORO of the pre convention; K = 0 would be the post one. The
// idea is the "memory" of Tallec & Ollivier 2017, section 6, who update UORO
// once per segment of truncated backpropagation.
//
// A step costs UORO's multiply-adds a draw, and K·(S² + P) once for all; K·S
// more numbers a draw, for the noise that waits.
var memoryUOROFamily = family("memory-uoro-K", Range{1, maxWindow}, func(k int) Spec {
	return Spec{
		Formula: "TBPTT-K + (b_K·s̃_{t-K}) θ̃_{t-K}", Bias: "unbiased",
		Citation: "Tallec & Ollivier 2017 (memory-T)", Convention: &post, Variates: true,
		New: func(l *cell.Layout, o Options) (*Chain, error) { return newMemoryUOROChain(k, l, o) },
	}
})

func newMemoryUOROChain(k int, l *cell.Layout, o Options) (*Chain, error) {
	o.Convention = Post
	chain, err := newVariantChain("memory-uoro", l, o, func(specs []CovariateSpec) Batch { return newMemoryUORO(k, l, o, specs) })
	if err != nil {
		return nil, err
	}
	plain := chain.NewKnown
	chain.NewKnown = func() Known {
		return &memoryKnown{plain().(*uoroKnown), truncatedMean{newWindow(l, k, false)}}
	}
	chain.Cost.Shared += walkCost(l, k, k-1)
	chain.Cost.Numbers += int64(k * l.S())
	return chain, nil
}

// memoryUORO is a batch of draws.
type memoryUORO struct {
	*vectorUORO
	window *window
	noise  [][]float64 // K of S×Lanes, in the window's order
}

func newMemoryUORO(k int, l *cell.Layout, o Options, specs []CovariateSpec) *memoryUORO {
	m := &memoryUORO{vectorUORO: newVectorUORO(l, o, newCovariates(specs, l, o)), window: newWindow(l, k, false)}
	for range k {
		m.noise = append(m.noise, make([]float64, l.S()*Lanes))
	}
	return m
}

func (m *memoryUORO) Reset() {
	m.vectorUORO.Reset()
	m.window.reset()
}

// Kill clears the lane's waiting noise too, for it may be what is not finite.
func (m *memoryUORO) Kill(lane int) {
	m.vectorUORO.Kill(lane)
	for _, eps := range m.noise {
		zeroLane(eps, lane)
	}
}

func (m *memoryUORO) Step(j *cell.Jacobian, eps []float64) {
	at := m.window.next
	if old := m.window.oldest(); old != nil {
		m.vectorUORO.Step(old.jacobian, m.noise[at])
	}
	copy(m.noise[at], eps)
	m.window.push(j)
}

func (m *memoryUORO) Signals(j *cell.Jacobian) *Signals {
	return m.signalsOf(m.window.walk(j.Delta, func(int, []float64) {}))
}

// memoryKnown is the deterministic side: the window's gradient, and the
// covariates' means K steps late.
type memoryKnown struct {
	*uoroKnown
	window truncatedMean
}

func (k *memoryKnown) Reset() {
	k.uoroKnown.Reset()
	k.window.Reset()
}

func (k *memoryKnown) Step(j *cell.Jacobian) {
	if old := k.window.oldest(); old != nil {
		k.uoroKnown.Step(old.jacobian)
	}
	k.window.Step(j)
}

func (k *memoryKnown) At(j *cell.Jacobian, offset []float64, means [][]float64) {
	k.window.PullTo(offset, j.Delta)
	beyond := k.window.walk(j.Delta, func(int, []float64) {})
	for i, m := range k.means {
		m.PullTo(means[i], beyond)
	}
}
