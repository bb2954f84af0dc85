package estimators

import "uorobench/estimators/cell"

// tbpttFamily is tbptt-K: truncated backpropagation through time (Williams &
// Peng 1990), at every step over the K latest steps,
//
//	ĝ_t = Σ_{l<K} δ_t F_t … F_{t-l+1} I_{t-l}
//
// so that tbptt-1 is the direct term δ_t I_t. It draws nothing and is biased
// from step K+1 on. (K − 2)·S² + K·(P + groups·S) multiply-adds at a step, K ≥ 2.
var tbpttFamily = family("tbptt-K", Range{1, maxWindow}, func(k int) Spec {
	return Spec{
		Formula: "Σ_{l<K} δ_t F_t … F_{t-l+1} I_{t-l}", Bias: "biased",
		Citation: "Williams & Peng 1990",
		New: func(l *cell.Layout, _ Options) (*Chain, error) {
			mean := func() Mean { return &truncatedMean{newWindow(l, k, false)} }
			return deterministic("tbptt", mean, walkCost(l, k, max(k-2, 0))), nil
		},
	}
})

// walkCost is the work of a walk back over k steps: so many products of the adjoint
// with F, of which the first, δ_t F_t = q_t, is the trajectory's, and of each step what
// a direct term takes.
func walkCost(l *cell.Layout, k, products int) int64 {
	s := int64(l.S())
	return int64(products)*s*s + int64(k)*directCost(l)
}
