package reports

import (
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// cost is the counted work of a step: what all draws share, that of the draws, and
// what a fit of λ takes beside its pilot draws.
func (o *oneTraining) cost() (used, spent int64, err error) {
	sel, err := estimators.Parse(o.label)
	if err != nil {
		return 0, 0, err
	}
	unit, err := cell.New(o.config.Cell, len(o.config.Task.Alphabet()), o.config.Hidden)
	if err != nil {
		return 0, 0, err
	}
	options := estimators.Options{Convention: o.config.Convention, Guard: o.config.Guard, Covariates: sel.Covariates, Normals: func(string, []float64) {}}
	chain, err := sel.Spec.New(unit.Layout(), options)
	if err != nil {
		return 0, 0, err
	}
	used, spent = int64(o.config.Draws), estimators.Lanes
	fit := int64(0)
	if len(sel.Covariates) > 0 && sel.Scope != "one" {
		used = spent // those that are not averaged are λ's pilot draws
		if fit, err = fitCost(unit.Layout(), options, int64(o.config.Draws)); err != nil {
			return 0, 0, err
		}
	}
	return chain.Cost.Shared + used*chain.Cost.PerDraw + fit, chain.Cost.Shared + spent*chain.Cost.PerDraw + fit, nil
}

// fitCost counts the inner products that a step's fit of λ forms, one by one: of the
// vectors θ̃, the covariates' own and the known means, those of means alone once a
// step and all others once a pilot draw. UORO's step has ‖θ̃‖² already, and a pilot
// draw forms no estimate, which is a product's work.
func fitCost(l *cell.Layout, options estimators.Options, averaged int64) (int64, error) {
	drawn := []bool{true} // of every vector whether it varies: θ̃ first
	for _, name := range options.Covariates {
		spec, err := estimators.FindCovariate(name)
		if err != nil {
			return 0, err
		}
		drawn = append(drawn, false) // its mean
		if spec.New(l, options).Own() != nil {
			drawn = append(drawn, true)
		}
	}
	pilot, products := estimators.Lanes-averaged, int64(0)
	for i, v := range drawn {
		for _, w := range drawn[i:] {
			if v || w {
				products += pilot
			} else {
				products++
			}
		}
	}
	return (products - 2*pilot) * int64(l.P()), nil
}
