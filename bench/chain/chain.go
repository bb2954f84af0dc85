// Package chain groups the estimators of an experiment by the chain of draws that
// they share: cv-uoro/snap1/trace and uoro are two combinations of the signals of
// one chain, so its draws are advanced once for both.
package chain

import (
	"slices"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// Variant is one estimator of the report, a linear combination of a chain's
// signals with the error
//
//	e = y_0 + offset − Σ_k λ_k(y_k − μ_k) − g.
type Variant struct {
	estimators.Selection
	Signals []int           // its covariates, as numbers of the chain's signals
	Hidden  bool            // measured as the base of var_ratio, not reported
	Cost    estimators.Cost // had it a chain to itself
}

// Fitted says whether the variant's λ comes from draws.
func (v *Variant) Fitted() bool {
	return len(v.Signals) > 0 && v.Scope != string(stats.ScopeOne)
}

// Plan is a chain with every variant that reads its signals.
type Plan struct {
	*estimators.Chain
	Options  estimators.Options
	Engine   bool // the engine covers the chain
	Variants []Variant
	Plain    int // the variant without covariates: the base of var_ratio
}

// Config says what chains are made of.
type Config struct {
	Estimators []string           // labels, name[/covariate[/scope]]
	Options    estimators.Options // of all chains
	// ByCoordinate: moments by coordinate are kept of every chain.
	ByCoordinate bool
}

// Plans groups the estimators by the name beneath their covariates. What the
// engine covers stands in a chain of its own, so that a covariate that it does not
// cover does not slow the others.
func Plans(l *cell.Layout, c *Config) ([]*Plan, error) {
	var plans []*Plan
	var specs []estimators.Spec
	for _, label := range c.Estimators {
		sel, err := estimators.Parse(label)
		if err != nil {
			return nil, err
		}
		engine := c.onEngine(sel)
		i := slices.IndexFunc(plans, func(p *Plan) bool { return p.Name == sel.Spec.Name && p.Engine == engine })
		if i < 0 {
			i = len(plans)
			specs = append(specs, sel.Spec)
			plans = append(plans, &Plan{
				Chain: &estimators.Chain{Name: sel.Spec.Name}, Engine: engine, Options: optionsOf(sel.Spec, c.Options),
			})
		}
		plans[i].add(sel)
	}
	for i, p := range plans {
		chain, err := specs[i].New(l, p.Options)
		if err != nil {
			return nil, err
		}
		p.Chain = chain
		p.setPlain(specs[i])
		if err := p.setCosts(l, specs[i]); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// onEngine says whether the engine covers the selection. It keeps moments by unit
// and by coordinate of the covariates on θ̃ alone.
func (c *Config) onEngine(sel estimators.Selection) bool {
	all, onTheta := estimators.Covers(sel.Covariates)
	byBin := sel.Scope == string(stats.ScopeUnit) || sel.Scope == string(stats.ScopeCoordinate) || c.ByCoordinate
	return sel.Spec.Engine && all && (onTheta || !byBin)
}

// optionsOf gives an estimator the convention that it insists on.
func optionsOf(spec estimators.Spec, o estimators.Options) estimators.Options {
	if spec.Convention != nil {
		o.Convention = *spec.Convention
	}
	return o
}

// add makes the selection a variant, and its covariates signals of the chain.
func (p *Plan) add(sel estimators.Selection) {
	v := Variant{Selection: sel}
	for _, name := range sel.Covariates {
		i := slices.Index(p.Options.Covariates, name)
		if i < 0 {
			i = len(p.Options.Covariates)
			p.Options.Covariates = append(p.Options.Covariates, name)
		}
		v.Signals = append(v.Signals, i+1)
	}
	p.Variants = append(p.Variants, v)
}

// setPlain finds the variant without covariates, or adds it unreported.
func (p *Plan) setPlain(spec estimators.Spec) {
	p.Plain = slices.IndexFunc(p.Variants, func(v Variant) bool { return len(v.Signals) == 0 })
	if p.Plain < 0 {
		p.Plain = len(p.Variants)
		p.Variants = append(p.Variants, Variant{
			Selection: estimators.Selection{Label: spec.Name, Spec: spec}, Hidden: true,
		})
	}
}

// setCosts counts each variant's work: what it would cost alone, since the
// covariates of other variants share the chain by our choice only.
func (p *Plan) setCosts(l *cell.Layout, spec estimators.Spec) error {
	for i := range p.Variants {
		v := &p.Variants[i]
		alone := p.Options
		alone.Covariates = v.Covariates
		chain, err := spec.New(l, alone)
		if err != nil {
			return err
		}
		v.Cost = chain.Cost
	}
	return nil
}

// Fitted says whether any variant needs a λ from draws.
func (p *Plan) Fitted() bool {
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.Fitted() })
}

// Has says whether any variant has a λ of the scope.
func (p *Plan) Has(scope stats.Scope) bool {
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.Scope == string(scope) })
}

// Known holds what no draw changes, at the measured steps.
type Known struct {
	Offset [][]float64   // M × P: of y_0
	Means  [][][]float64 // M × (K−1) × P: μ of the covariates
}

// NewKnown follows the trajectory once; measured are 1-based steps.
func NewKnown(c *estimators.Chain, tr *cell.Trajectory, measured []int) *Known {
	k := &Known{}
	state := c.NewKnown()
	state.Reset()
	for t, j := range tr.Steps {
		if !slices.Contains(measured, t+1) {
			c.AdvanceKnown(state, j, nil, nil)
			continue
		}
		offset := make([]float64, tr.Layout.P())
		means := make([][]float64, len(c.Covariates))
		for i := range means {
			means[i] = make([]float64, tr.Layout.P())
		}
		c.AdvanceKnown(state, j, offset, means)
		k.Offset = append(k.Offset, offset)
		k.Means = append(k.Means, means)
	}
	return k
}
