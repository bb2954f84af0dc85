package training

import (
	"testing"

	"uorobench/estimators"
)

// The pilot lanes of a fitted λ are work that the estimate needs. By hand, for a GRU
// with 4 units on 3 inputs (P = 3·4·9 = 108): a pilot draw is a draw, but for its ĝ,
// in the place of which it has its inner product with μ; ⟨μ, μ⟩ is once for all. With a
// basis of its own (linear-dense) there are ⟨θ̃, μ⟩, ⟨c, μ⟩, ⟨θ̃, c⟩ and ⟨c, c⟩, less ĝ.
func TestUsedCountsPilotDraws(t *testing.T) {
	const p = 108
	for _, c := range []struct {
		method      string
		draws       int
		used, extra int64 // draws that are used, and multiply-adds beside
	}{
		{"rtrl", 1, 0, 0},
		{"uoro", 1, 1, 0},
		{"uoro", 5, 5, 0},
		{"cv-uoro/snap1/one", 1, 1, 0},
		{"cv-uoro/snap1/trace", 1, 16, p},
		{"cv-uoro/snap1/trace", 5, 16, p},
		{"cv-uoro/snap1+instant/trace", 1, 16, 15*p + 3*p},
		{"cv-uoro/linear-dense/trace", 1, 16, 15*3*p + p},
	} {
		config := small(t, "gru", c.method, 4, 12)
		config.Draws = c.draws
		trainer := mustNew(t, config)
		cost, of := trainer.Cost(), trainer.gradient.chain.Cost
		if want := of.Shared + c.used*of.PerDraw + c.extra; len(trainer.gradient.dst) != p || cost.Used != want {
			t.Errorf("%s, %d draws: used %d, by hand %d", c.method, c.draws, cost.Used, want)
		}
		if want := of.Shared + estimators.Lanes*of.PerDraw + c.extra; cost.Spent != want {
			t.Errorf("%s, %d draws: spent %d, by hand %d", c.method, c.draws, cost.Spent, want)
		}
	}
}
