package estimators

import (
	"fmt"

	"uorobench/estimators/cell"
)

// kfRTRLSpec is Kronecker-factored RTRL (Mujika, Meier & Steger 2018,
// arXiv:1805.10842): M_t ≈ u_t ⊗ A_t with u as long as the features and A as
// large as F. With H = F_t A_{t-1}, two random signs c1, c2,
//
//	p1 = √(‖H‖/‖u‖), p2 = √(‖D‖/‖z‖)
//	u ← c1 p1 u + c2 p2 z,  A ← (c1/p1) H + (c2/p2) D
//
// under the guard. It needs I_t = D_t ⊗ z_t with a diagonal D_t: one row of θ and
// one state entry per unit, as in the tanh RNN. A GRU or an LSTM has several
// rows per unit and is refused, as in the paper's condition; preuoro is the same
// idea without it.
//
// A step costs S³ + 3S² multiply-adds a draw; S² + X + H + 2 numbers.
var kfRTRLSpec = Spec{
	Name: "kf-rtrl", Formula: "(δ A) ⊗ u, u = c1 p1 u + c2 p2 z, A = (c1/p1) F A + (c2/p2) D", Bias: "unbiased",
	Citation: "Mujika, Meier & Steger 2018",
	Admits:   func(l *cell.Layout) error { return admitsKronecker("kf-rtrl", l) },
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		if err := admitsKronecker("kf-rtrl", l); err != nil {
			return nil, err
		}
		if err := o.check(); err != nil {
			return nil, err
		}
		return &Chain{
			Name: "kf-rtrl", Convention: o.Convention, NoiseDim: 2,
			NewBatch: func() Batch { return &kfRTRL{newKronecker(l, o)} },
			NewKnown: func() Known { return newUOROKnown(l, o, nil) },
			Cost:     kroneckerCost(l, o.Convention),
		}, nil
	},
}

// admitsKronecker asks for I_t = D_t ⊗ z_t with a diagonal D_t.
func admitsKronecker(name string, l *cell.Layout) error {
	if len(l.Groups) != 1 || l.Parts != 1 {
		return fmt.Errorf("%s: the immediate influence must be a diagonal matrix ⊗ one feature vector, one parameter row and one state entry per unit; "+
			"the cell has %d rows and %d entries; use it on the rnn cell, or preuoro here", name, len(l.Groups), l.Parts)
	}
	return nil
}

// kfRTRL is a batch of draws.
type kfRTRL struct{ *kronecker }

func (k *kfRTRL) Step(j *cell.Jacobian, eps []float64) { k.step(j, eps[:Lanes], eps[Lanes:]) }
