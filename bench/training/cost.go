package training

import "uorobench/estimators"

// Cost is the work of one training step, in multiply-adds counted from the
// dimensions. The network's own step and the update are left out: they are the
// same for every method.
type Cost struct {
	// Used is what the estimate needs: the shared part, and the draws that are
	// averaged.
	Used int64
	// Spent is what is really done: a batch advances all of its
	// estimators.Lanes draws, used or not. The lanes share each product's
	// matrix, so that sixteen draws take far less than sixteen times as long.
	Spent int64
}

// Cost is the work of one step of the estimator; the comparison with the exact
// gradient, if there is one, is left out.
func (t *Trainer) Cost() Cost {
	g := t.gradient
	c := g.chain.Cost
	return Cost{
		Used:  c.Shared + int64(g.draws)*c.PerDraw,
		Spent: c.Shared + estimators.Lanes*c.PerDraw,
	}
}
