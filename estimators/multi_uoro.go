package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// multiUOROFamily is multi-uoro-K: the mean of K independent UOROs, the obvious
// rank-K estimator (Tallec & Ollivier 2017, section 5). The variance is
// UORO's divided by K, at K times the price: work-normalised nothing is won, and
// it is here to measure others by.
//
// A step costs K·(S² + 4P) multiply-adds a draw; K·(S + P) numbers.
var multiUOROFamily = family("multi-uoro-K", Range{1, 1024}, func(k int) Spec {
	return Spec{
		Formula: "mean of K independent UOROs", Bias: "unbiased",
		Citation: "Tallec & Ollivier 2017", Variates: true,
		New: func(l *cell.Layout, o Options) (*Chain, error) { return newMultiUOROChain(k, l, o) },
	}
})

func newMultiUOROChain(k int, l *cell.Layout, o Options) (*Chain, error) {
	chain, err := newVariantChain("multi-uoro", l, o, func(specs []CovariateSpec) Batch { return newMultiUORO(k, l, o, specs) })
	if err != nil {
		return nil, err
	}
	chain.NoiseDim = k * l.S()
	chain.Cost.PerDraw *= int64(k)
	chain.Cost.Numbers *= int64(k)
	return chain, nil
}

// multiUORO is a batch of draws, each of K copies. Copy c has the noise numbers
// c·S … (c+1)·S-1.
type multiUORO struct {
	copies  []*vectorUORO
	signals Signals
	weight  lane
}

func newMultiUORO(k int, l *cell.Layout, o Options, specs []CovariateSpec) *multiUORO {
	m := &multiUORO{signals: ownSignals(1+len(specs), l.P())}
	for range k {
		m.copies = append(m.copies, newVectorUORO(l, o, newCovariates(specs, l, o)))
	}
	return m
}

func (m *multiUORO) Reset() {
	for _, u := range m.copies {
		u.Reset()
	}
}

func (m *multiUORO) Kill(lane int) {
	for _, u := range m.copies {
		u.Kill(lane)
	}
}

func (m *multiUORO) Step(j *cell.Jacobian, eps []float64) {
	n := len(eps) / len(m.copies)
	for c, u := range m.copies {
		u.Step(j, eps[c*n:(c+1)*n])
	}
}

func (m *multiUORO) Signals(j *cell.Jacobian) *Signals {
	for _, sum := range m.signals.Basis {
		clear(sum)
	}
	for _, u := range m.copies {
		s := u.Signals(j)
		for k, sum := range m.signals.Basis {
			for w, a := range s.Scale[k] {
				m.weight[w] = a / float64(len(m.copies))
			}
			kernel.Accumulate(sum, s.Basis[s.Of[k]], &m.weight, &allLanes, len(sum)/Lanes)
		}
	}
	return &m.signals
}
