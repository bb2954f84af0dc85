package estimators

import (
	"errors"

	"uorobench/estimators/cell"
)

// rfloSpec is random feedback local online learning (Murray 2019) with the
// exact error signal in the place of the random feedback, which is what the
// comparison is about: B_t = Λ_t B_{t-1} + I_t and ĝ_t = δ_t B_t, with Λ_t the
// leak, ∂s_t/∂s_{t-1} at fixed pre-activations. In Murray's leaky network this
// is B ← (1−α)B + α D ⊗ a; in a GRU the leak is the update gate, in an LSTM the
// forget gate (there it is e-prop 1, Bellec et al. 2020), in a spiking cell the
// decay of the membrane. It is snap1 without a unit's weight to itself.
//
// A cell without a leak, the tanh RNN, is refused: α = 1 leaves nothing but the
// direct term, which is tbptt-1.
var rfloSpec = Spec{
	Name: "rflo", Formula: "δ B, B = Λ B + I, Λ = leak of the state", Bias: "biased",
	Citation: "Murray 2019; Bellec et al. 2020 (e-prop)",
	Admits:   admitsRFLO,
	New: func(l *cell.Layout, _ Options) (*Chain, error) {
		if err := admitsRFLO(l); err != nil {
			return nil, err
		}
		return deterministic("rflo", func() Mean { return newLeakInfluence(l) }, influenceCost(l, l.Parts)), nil
	},
}

func admitsRFLO(l *cell.Layout) error {
	if !l.Leaky {
		return errors.New("rflo: the cell has no leak (α = 1), which leaves only the direct term; use tbptt-1, or a gru, lstm or lif cell")
	}
	return nil
}

// newLeakInfluence is SnAp-1's recursion with the leak in the place of the
// within-unit part of F.
func newLeakInfluence(l *cell.Layout) *Snap1 {
	m := NewSnap1(l)
	m.within = func(dst []float64, l *cell.Layout, j *cell.Jacobian, unit int) {
		for at := range dst {
			dst[at] = j.Leak[at*l.H+unit]
		}
	}
	return m
}
