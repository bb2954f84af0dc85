package training

import "uorobench/estimators"

// Cost is the work of one training step, in multiply-adds counted from the
// dimensions. The network's own step and the update are left out: they are the
// same for every method.
type Cost struct {
	// Used is what the estimate needs: the shared part, the draws that are averaged,
	// and where λ is fitted the pilot draws with the fit.
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
	used, fit := int64(g.draws), int64(0)
	if g.lambda.fits() {
		used, fit = estimators.Lanes, g.fitCost()
	}
	return Cost{
		Used:  c.Shared + used*c.PerDraw + fit,
		Spent: c.Shared + estimators.Lanes*c.PerDraw + fit,
	}
}

// fitCost is what a fit of λ takes beside the pilot draws themselves: their inner
// products, each over P numbers, in the place of their estimates. With B bases and K − 1
// means those are ⟨B_b, μ_k⟩ and ⟨B_b, B_c⟩ a lane, less ‖θ̃‖², which UORO has at
// hand, and once for all lanes ⟨μ_k, μ_l⟩.
func (g *gradient) fitCost() int64 {
	p, pilot := int64(len(g.dst)), int64(estimators.Lanes-g.draws)
	bases, means := int64(1), int64(len(g.means))
	for _, name := range g.chain.Covariates {
		if spec, err := estimators.FindCovariate(name); err == nil && !spec.SharesTheta() {
			bases++
		}
	}
	perLane := bases*means + bases*(bases+1)/2 - 1 - 1 // no ‖θ̃‖², no estimate
	return pilot*perLane*p + means*(means+1)/2*p
}
