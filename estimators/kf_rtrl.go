package estimators

import "uorobench/estimators/cell"

// kfRTRLSpec is Kronecker-factored RTRL (Mujika, Meier & Steger 2018,
// arXiv:1805.10842): M_t ≈ A_t ⊗ u_t with u as long as the features and A with a
// column per row of θ. With H = F_t A_{t-1}, I_t = D_t ⊗ z_t and two random signs c1, c2,
//
//	p1 = √(‖H‖/‖u‖), p2 = √(‖D‖/‖z‖)
//	u ← c1 p1 u + c2 p2 z,  A ← (c1/p1) H + (c2/p2) D
//
// under the guard. The paper asks for one feature vector that all weights share and
// a diagonal D, as in the tanh RNN. Here every featureGroup has factors and signs of
// its own, so every cell can have it: one group but for the gru, which has two.
// Signs 2p and 2p + 1 of a step are c1 and c2 of group p.
//
// A step costs (S² + 3S)·Q multiply-adds a draw and group, Q the rows of θ in it.
var kfRTRLSpec = Spec{
	Name: "kf-rtrl", Formula: "(δ A) ⊗ u, u = c1 p1 u + c2 p2 z, A = (c1/p1) F A + (c2/p2) D; per group of features", Bias: "unbiased",
	Citation: "Mujika, Meier & Steger 2018",
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		if err := o.check(); err != nil {
			return nil, err
		}
		groups := featureGroups(l)
		return &Chain{
			Name: "kf-rtrl", Convention: o.Convention, NoiseDim: 2 * len(groups),
			NewBatch: func() Batch { return newKFRTRL(l, groups, o) },
			NewKnown: func() Known { return newUOROKnown(l, o, nil) },
			Cost:     kroneckerCost(l, groups, o.Convention),
		}, nil
	},
}

// kfRTRL is a batch of draws.
type kfRTRL struct {
	convention Convention
	groups     []*kronecker
	product    *product
	signals    Signals
}

func newKFRTRL(l *cell.Layout, groups []featureGroup, o Options) *kfRTRL {
	k := &kfRTRL{convention: o.Convention, product: newProduct(l), signals: ownSignals(1, l.P())}
	for _, g := range groups {
		k.groups = append(k.groups, newKronecker(l, g, o))
	}
	return k
}

func (k *kfRTRL) Reset() {
	for _, g := range k.groups {
		g.reset()
	}
}

func (k *kfRTRL) Kill(w int) {
	for _, g := range k.groups {
		g.kill(w)
	}
}

func (k *kfRTRL) Step(j *cell.Jacobian, eps []float64) {
	k.product.set(j)
	for _, g := range k.groups {
		g.step(k.product, j, eps[:Lanes], eps[Lanes:2*Lanes])
		eps = eps[2*Lanes:]
	}
}

// Signals forms Σ (v A) ⊗ u over the groups.
func (k *kfRTRL) Signals(j *cell.Jacobian) *Signals {
	clear(k.signals.Basis[0])
	for _, g := range k.groups {
		g.addEstimate(k.signals.Basis[0], k.convention.pull(j))
	}
	return &k.signals
}
