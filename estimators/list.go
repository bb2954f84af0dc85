package estimators

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/estimators/cell"
)

// Spec is an entry of the list of estimators.
type Spec struct {
	Name     string
	Formula  string
	Bias     string // "exact", "unbiased" or "biased"
	Citation string
	// Convention, when set, overrides the experiment's.
	Convention *Convention
	// Variates says whether cv-<name> may be formed with covariates.
	Variates bool
	// Engine says whether the engine carries it, with the covariates that
	// Covers names.
	Engine bool
	// Admits returns why the cell cannot have this estimator; nil where every
	// cell can. New refuses with the same error.
	Admits func(l *cell.Layout) error
	New    func(l *cell.Layout, o Options) (*Chain, error)
	// Of makes the member of a family for a number of Numbers. The entry of a
	// family has no New of its own.
	Of      func(n int) Spec
	Numbers Range
}

// Check returns why the cell cannot have this estimator, or nil.
func (s *Spec) Check(l *cell.Layout) error {
	if s.Admits == nil {
		return nil
	}
	return s.Admits(l)
}

// family makes the entry of a family, told by its first member.
func family(name string, numbers Range, of func(n int) Spec) Spec {
	s := of(numbers.Lo)
	s.Name, s.New, s.Of, s.Numbers = name, nil, of, numbers
	return s
}

var post = Post

// All lists the estimators. A new one is one file and one line here.
var All = []Spec{
	{Name: "rtrl", Formula: "g_t = δ_t M_t, M_t = F_t M_{t-1} + I_t", Bias: "exact",
		Citation: "Williams & Zipser 1989", New: newRTRLChain},
	{Name: "uoro", Formula: "(q_t·s̃_{t-1}) θ̃_{t-1} + δ_t I_t, or (δ_t·s̃_t) θ̃_t", Bias: "unbiased",
		Citation: "Tallec & Ollivier 2017", Variates: true, Engine: true, New: newUOROChain},
	{Name: "uoro-post", Formula: "(δ_t·s̃_t) θ̃_t", Bias: "unbiased",
		Citation: "Tallec & Ollivier 2017", Convention: &post, Variates: true, Engine: true, New: newUOROChain},
	residualSpec,
	snap1EstimatorSpec,
	snapFamily,
	rfloSpec,
	tbpttFamily,
	scaledUOROSpec,
	scaledResidualSpec,
	splitUOROFamily,
	splitResidualFamily,
	scaledSplitUOROFamily,
	scaledSplitResidualFamily,
	multiUOROFamily,
	nobacktrackSpec,
	memoryUOROFamily,
	preuoroSpec,
	kfRTRLSpec,
	okFamily,
}

// Scopes lists the λ scopes: λ = 1; one per step; one for all steps; one per
// hidden unit and step; one per coordinate and step.
var Scopes = []string{"one", "trace", "pooled", "unit", "coordinate"}

// Selection is a parsed estimator name: name[/covariate[/scope]].
type Selection struct {
	Label      string // as written
	Spec       Spec
	Covariates []string // empty for a plain estimator; more than one joined by "+"
	Scope      string   // empty for a plain estimator
}

// Covariate is the covariates' names joined by "+", as in the tables.
func (s Selection) Covariate() string { return strings.Join(s.Covariates, "+") }

// Estimator is the first part of the label, as in the tables.
func (s Selection) Estimator() string { return strings.SplitN(s.Label, "/", 2)[0] }

// Parse reads an estimator's name. cv-X/covariate[/scope] is estimator X with a
// control variate; the scope is "trace" where it is left out.
func Parse(label string) (Selection, error) {
	parts := strings.Split(label, "/")
	base, variate := strings.CutPrefix(parts[0], "cv-")
	spec, found, err := findSpec(base)
	if err != nil {
		return Selection{}, fmt.Errorf("estimator %w", err)
	}
	if !found || (variate && !spec.Variates) {
		return Selection{}, fmt.Errorf("unknown estimator %q; allowed: %s", parts[0], strings.Join(Names(), ", "))
	}
	sel := Selection{Label: label, Spec: spec}
	if !variate {
		if len(parts) > 1 {
			return sel, fmt.Errorf("estimator %q takes no covariate: %q", parts[0], label)
		}
		return sel, nil
	}
	return sel.withVariate(parts)
}

// findSpec finds an entry, or makes the member of a family.
func findSpec(name string) (spec Spec, found bool, err error) {
	for _, s := range All {
		if s.Of == nil {
			if s.Name == name {
				return s, true, nil
			}
			continue
		}
		if n, ok, err := s.Numbers.Member(s.Name, name); ok {
			if err != nil {
				return Spec{}, true, err
			}
			spec := s.Of(n)
			spec.Name = name
			return spec, true, nil
		}
	}
	return Spec{}, false, nil
}

func (s Selection) withVariate(parts []string) (Selection, error) {
	if len(parts) < 2 || len(parts) > 3 {
		return s, fmt.Errorf("estimator %q: want %s/covariate[/scope]; covariates: %s; scopes: %s",
			s.Label, parts[0], strings.Join(CovariateNames(), ", "), strings.Join(Scopes, ", "))
	}
	s.Covariates, s.Scope = strings.Split(parts[1], "+"), "trace"
	if _, err := findCovariates(s.Covariates); err != nil {
		return s, fmt.Errorf("estimator %q: %w", s.Label, err)
	}
	if len(parts) == 3 {
		s.Scope = parts[2]
	}
	if !slices.Contains(Scopes, s.Scope) {
		return s, fmt.Errorf("estimator %q: unknown λ scope %q; allowed: %s", s.Label, s.Scope, strings.Join(Scopes, ", "))
	}
	s.Label = parts[0] + "/" + parts[1] + "/" + s.Scope
	return s, nil
}

// Names lists the first parts of all estimator names, a family by the name in
// the list.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
		if s.Variates {
			names = append(names, "cv-"+s.Name)
		}
	}
	return names
}
