package estimators_test

import (
	"slices"
	"strings"
	"testing"

	"uorobench/estimators"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in, label, estimator, covariate, scope string
		covariates                             int
	}{
		{"rtrl", "rtrl", "rtrl", "", "", 0},
		{"uoro", "uoro", "uoro", "", "", 0},
		{"uoro-post", "uoro-post", "uoro-post", "", "", 0},
		{"cv-uoro/snap1", "cv-uoro/snap1/trace", "cv-uoro", "snap1", "trace", 1},
		{"cv-uoro/snap1/one", "cv-uoro/snap1/one", "cv-uoro", "snap1", "one", 1},
		{"cv-uoro-post/instant+snap1/unit", "cv-uoro-post/instant+snap1/unit", "cv-uoro-post", "instant+snap1", "unit", 2},
		{"cv-uoro/linear-rowwise/coordinate", "cv-uoro/linear-rowwise/coordinate", "cv-uoro", "linear-rowwise", "coordinate", 1},
	} {
		s, err := estimators.Parse(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if s.Label != c.label || s.Estimator() != c.estimator || s.Covariate() != c.covariate || s.Scope != c.scope || len(s.Covariates) != c.covariates {
			t.Errorf("%s: %+v", c.in, s)
		}
	}
}

// refusals are names that must be refused, and what the message must tell.
var refusals = map[string]string{
	"":                       `unknown estimator ""; allowed: ` + strings.Join(estimators.Names(), ", "),
	"UORO":                   `unknown estimator "UORO"`,
	"cv-rtrl/snap1":          `unknown estimator "cv-rtrl"`,
	"uoro/snap1":             `"uoro" takes no covariate`,
	"cv-uoro":                "want cv-uoro/covariate[/scope]; covariates: " + strings.Join(estimators.CovariateNames(), ", "),
	"cv-uoro/":               `unknown covariate ""; allowed: snap1`,
	"cv-uoro/snap1/":         `unknown λ scope ""; allowed: one, trace, pooled, unit, coordinate`,
	"cv-uoro/snap1/all":      `unknown λ scope "all"`,
	"cv-uoro/snap1+/one":     `unknown covariate ""`,
	"cv-uoro/snap2/one":      `unknown covariate "snap2"`,
	"cv-uoro/truncated-0":    `covariate "truncated-0": the K of truncated-K must be a whole number from 1 to 1024, as in truncated-2`,
	"cv-uoro/truncated-K":    `covariate "truncated-K": the K of truncated-K`,
	"cv-uoro/truncated-":     `covariate "truncated-": the K of truncated-K`,
	"cv-uoro/truncated-08":   `covariate "truncated-08"`,
	"cv-uoro/truncated-1e3":  `covariate "truncated-1e3"`,
	"cv-uoro/block--1":       `covariate "block--1": the B of block-B`,
	"cv-uoro/snap1/one/more": "want cv-uoro/covariate[/scope]",
}

func TestParseRefuses(t *testing.T) {
	for in, want := range refusals {
		if _, err := estimators.Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", in, err, want)
		}
	}
}

// FuzzParse: what is accepted names entries of the lists, and its label parses
// to the same selection.
func FuzzParse(f *testing.F) {
	for in := range refusals {
		f.Add(in)
	}
	for _, name := range estimators.Names() {
		f.Add(name)
		f.Add(name + "/snap1+instant/pooled")
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := estimators.Parse(in)
		if err != nil {
			return
		}
		if !listed(estimators.Names(), s.Estimator()) {
			t.Errorf("%q: accepted estimator %q", in, s.Estimator())
		}
		for _, c := range s.Covariates {
			if !listed(estimators.CovariateNames(), c) {
				t.Errorf("%q: accepted covariate %q", in, c)
			}
		}
		if (s.Scope == "") != (len(s.Covariates) == 0) || s.Scope != "" && !slices.Contains(estimators.Scopes, s.Scope) {
			t.Errorf("%q: scope %q with covariates %v", in, s.Scope, s.Covariates)
		}
		again, err := estimators.Parse(s.Label)
		if err != nil || again.Label != s.Label || again.Scope != s.Scope || !slices.Equal(again.Covariates, s.Covariates) {
			t.Errorf("%q: label %q parses to %+v, %v", in, s.Label, again, err)
		}
	})
}

// listed says whether names holds name, or the family that name is a member of.
func listed(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		stem := strings.TrimRight(name, "0123456789")
		return n == name || stem != name && len(n) == len(stem)+1 && strings.HasPrefix(n, stem)
	})
}

// TestOptionsAreChecked: a chain that could not run is refused when it is made.
func TestOptionsAreChecked(t *testing.T) {
	f := fixture(t, "rnn")
	sel, err := estimators.Parse("uoro")
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]estimators.Options{
		`guard "fixed" needs a schedule`:                         {Guard: estimators.GuardFixed},
		`unknown covariate "none"`:                               {Guard: estimators.GuardCode, Covariates: []string{"none"}},
		`unknown guard "cod"; allowed: code, paper, none, fixed`: {Guard: "cod"},
		`unknown guard ""`:                                       {},
		"schedule has 2 values of rho0 and 1 of rho1": {Guard: estimators.GuardFixed, Schedule: &estimators.Schedule{
			Rho0: []float64{1, 1}, Rho1: []float64{1}}},
		"rho1[1] = 0 of the schedule; it must be positive": {Guard: estimators.GuardFixed, Schedule: &estimators.Schedule{
			Rho0: []float64{1, 1}, Rho1: []float64{1, 0}}},
	} {
		if _, err := sel.Spec.New(f.Trajectory.Layout, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
