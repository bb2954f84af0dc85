package estimators

import "uorobench/estimators/cell"

// preuoroSpec is PreUORO (Cooijmans & Martens 2019, arXiv:1902.02405): UORO
// with the noise in the space of pre-activations, where a step's contribution
// to the gradient is an outer product, (b_τ D_τ) ⊗ z_τ. One random number ν per
// step is then enough, and the noise that UORO shares between units is gone:
//
//	A_t = ρ0 F_t A_{t-1} + ρ1 ν_t D_t,  ã_t = ã_{t-1}/ρ0 + ν_t z_t/ρ1
//	ĝ_t = (q_t A_{t-1}) ⊗ ã_{t-1} + δ_t I_t   (pre),   (δ_t A_t) ⊗ ã_t   (post)
//
// D_t = ∂s_t/∂a is S×(groups·H), a gain per row of θ, and z the features. Rows of
// θ that see only a part of z take that part of ã. The variance is UORO's divided
// by about H, and a step costs groups·H·S² + 3·groups·H·S multiply-adds a draw,
// groups·H·S + X + H + 2 numbers: n times UORO's, where split-uoro-H, which removes
// the same noise, pays n²·n + 3P whatever the number of groups.
//
// On the tanh RNN it is KF-RTRL up to the guard.
var preuoroSpec = Spec{
	Name: "preuoro", Formula: "(q A) ⊗ ã + δ I, A = ρ0 F A + ρ1 ν D, ã = ã/ρ0 + ν z/ρ1", Bias: "unbiased",
	Citation: "Cooijmans & Martens 2019",
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		if err := o.check(); err != nil {
			return nil, err
		}
		return &Chain{
			Name: "preuoro", Convention: o.Convention, NoiseDim: 1,
			NewBatch: func() Batch { return newPreUORO(l, o) },
			NewKnown: func() Known { return newUOROKnown(l, o, nil) },
			Cost:     kroneckerCost(l, []featureGroup{allFeatureRows(l)}, o.Convention),
		}, nil
	},
}

// preUORO is a batch of draws.
type preUORO struct {
	*kronecker
	convention Convention
	product    *product
	signals    Signals
	one        []float64 // Lanes
}

func newPreUORO(l *cell.Layout, o Options) *preUORO {
	p := &preUORO{newKronecker(l, allFeatureRows(l), o), o.Convention, newProduct(l), ownSignals(1, l.P()), make([]float64, Lanes)}
	fill(p.one, 1)
	return p
}

func (p *preUORO) Reset()     { p.reset() }
func (p *preUORO) Kill(w int) { p.kill(w) }

func (p *preUORO) Step(j *cell.Jacobian, eps []float64) {
	p.product.set(j)
	p.step(p.product, j, p.one, eps)
}

func (p *preUORO) Signals(j *cell.Jacobian) *Signals {
	clear(p.signals.Basis[0])
	p.addEstimate(p.signals.Basis[0], p.convention.pull(j))
	return &p.signals
}
