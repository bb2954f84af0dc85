package bench

import (
	"slices"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// variant is one row of the report: a linear combination of a chain's signals,
// e = y_0 + offset − Σ_k λ_k(y_k − μ_k) − g.
type variant struct {
	estimators.Selection
	signals []int           // its covariates' places among the chain's signals
	hidden  bool            // measured for var_ratio's sake, not reported
	cost    estimators.Cost // had it a chain to itself
}

// chainPlan is a chain with every variant that reads its signals, so that draws are
// advanced once however many rows they feed.
type chainPlan struct {
	*estimators.Chain
	options  estimators.Options
	engine   bool // the engine covers the chain
	variants []variant
	patterns int64 // of signs, where all of them are taken; else 0
	plain    int   // the variant without covariates: the base of var_ratio
}

// planChains groups selections by the estimator and convention beneath them.
// What the engine covers stands in a chain of its own, so that a covariate that
// it does not cover does not hold up the others. base are the options of all.
func planChains(l *cell.Layout, e *Experiment, base estimators.Options) ([]*chainPlan, error) {
	var plans []*chainPlan
	var specs []estimators.Spec
	for _, label := range e.Estimators {
		sel, err := estimators.Parse(label)
		if err != nil {
			return nil, err
		}
		engine := carried(e, sel)
		at := slices.IndexFunc(plans, func(p *chainPlan) bool { return p.Name == sel.Spec.Name && p.engine == engine })
		if at < 0 {
			at = len(plans)
			specs = append(specs, sel.Spec)
			plans = append(plans, &chainPlan{
				Chain: &estimators.Chain{Name: sel.Spec.Name}, engine: engine,
				options: optionsOf(sel.Spec, base),
			})
		}
		plans[at].variants = append(plans[at].variants, addCovariates(&plans[at].options, sel))
	}
	for i, p := range plans {
		chain, err := specs[i].New(l, p.options)
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

// carried says whether the engine carries the selection. It keeps moments by unit
// and by coordinate of the covariates on θ̃ alone.
func carried(e *Experiment, sel estimators.Selection) bool {
	all, onTheta := estimators.Covers(sel.Covariates)
	byBin := sel.Scope == string(stats.ScopeUnit) || sel.Scope == string(stats.ScopeCoordinate) || e.HasDetail(DetailCoordinates)
	return sel.Spec.Engine && all && (onTheta || !byBin)
}

// chainOptions are the options of all of the experiment's chains. The weights of
// trained covariates are still to come.
func chainOptions(e *Experiment, schedule *estimators.Schedule) estimators.Options {
	o := estimators.Options{
		Guard: estimators.Guard(e.Guard), Normals: normals(e.Seed), Schedule: schedule,
		Trained: map[string][]float64{},
	}
	if e.Convention == estimators.Post.String() {
		o.Convention = estimators.Post
	}
	return o
}

// optionsOf gives an estimator the convention that it insists on.
func optionsOf(spec estimators.Spec, o estimators.Options) estimators.Options {
	if spec.Convention != nil {
		o.Convention = *spec.Convention
	}
	return o
}

// addCovariates gives the selection's covariates a place among the signals.
func addCovariates(o *estimators.Options, sel estimators.Selection) variant {
	v := variant{Selection: sel}
	for _, name := range sel.Covariates {
		at := slices.Index(o.Covariates, name)
		if at < 0 {
			at = len(o.Covariates)
			o.Covariates = append(o.Covariates, name)
		}
		v.signals = append(v.signals, at+1)
	}
	return v
}

// setPlain finds the variant without covariates, or adds it unreported.
func (p *chainPlan) setPlain(spec estimators.Spec) {
	p.plain = slices.IndexFunc(p.variants, func(v variant) bool { return len(v.signals) == 0 })
	if p.plain < 0 {
		p.plain = len(p.variants)
		p.variants = append(p.variants, variant{
			Selection: estimators.Selection{Label: spec.Name, Spec: spec}, hidden: true,
		})
	}
}

// setCosts counts each variant's work: what it would cost alone, since the
// covariates of other variants ride on the same chain by our choice only.
func (p *chainPlan) setCosts(l *cell.Layout, spec estimators.Spec) error {
	for i := range p.variants {
		v := &p.variants[i]
		alone := p.options
		alone.Covariates = v.Covariates
		chain, err := spec.New(l, alone)
		if err != nil {
			return err
		}
		v.cost = chain.Cost
	}
	return nil
}

// fitted says whether any variant needs a λ from draws.
func (p *chainPlan) fitted() bool {
	return p.uses(variant.fitted)
}

// fitted says whether the variant's λ comes from draws.
func (v variant) fitted() bool { return len(v.signals) > 0 && v.Scope != "one" }

func (p *chainPlan) uses(has func(variant) bool) bool { return slices.ContainsFunc(p.variants, has) }

// known holds what no draw changes, at the measured steps.
type known struct {
	offset [][]float64   // M × P
	means  [][][]float64 // M × (K-1) × P
}

// knownOf follows the trajectory once.
func knownOf(c *estimators.Chain, tr *cell.Trajectory, measured []int) *known {
	k := &known{}
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
		k.offset = append(k.offset, offset)
		k.means = append(k.means, means)
	}
	return k
}
