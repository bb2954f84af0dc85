package estimators

import "uorobench/estimators/cell"

// tbpttFamily is tbptt-K: truncated backpropagation through time (Williams &
// Peng 1990), at every step over the K latest steps,
//
//	ĝ_t = Σ_{l<K} δ_t F_t … F_{t-l+1} I_{t-l}
//
// so that tbptt-1 is the direct term δ_t I_t. It draws nothing and is biased
// from step K+1 on. K·(S² + P + groups·S) multiply-adds at a step.
var tbpttFamily = family("tbptt-K", Range{1, maxWindow}, func(k int) Spec {
	return Spec{
		Formula: "Σ_{l<K} δ_t F_t … F_{t-l+1} I_{t-l}", Bias: "biased",
		Citation: "Williams & Peng 1990",
		New: func(l *cell.Layout, _ Options) (*Chain, error) {
			mean := func() Mean { return &truncatedMean{newWindow(l, k, false)} }
			return deterministic("tbptt", mean, int64(k)*tbpttStepCost(l)), nil
		},
	}
})

// tbpttStepCost is the work of one step back: the adjoint's product with F, the
// factors, and the update of P numbers.
func tbpttStepCost(l *cell.Layout) int64 {
	s, p, groups := int64(l.S()), int64(l.P()), int64(len(l.Groups))
	return s*s + p + groups*s
}
