package verify

import (
	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

var totalCheck = &Check{
	Name: "closed form of the sum", Against: "all noise patterns",
	Claim:     "means, variances and covariances of Σ_t ĝ_t and of the covariates' sums over the window, whose steps share their noise, at deterministic ρ, every coordinate; relative to the standard deviations",
	Tolerance: 1e-12,
	jobs:      func() []job { return deterministicJobs(totalCase) },
}

func totalCase(r *recorder, s Subject, o estimators.Options) {
	o.Covariates = []string{"snap1", "instant"}
	law := lawNamed(s.Noise)
	f, c, ok := prepare(r, s, specNamed("uoro"), o, law, covPatterns)
	if !ok {
		return
	}
	steps := allSteps(f.Trajectory)
	want, err := oracle.EnumerateTotal(c, f.Trajectory, law, steps...)
	if err != nil {
		r.failed(s, err)
		return
	}
	got, err := oracle.Total(f.Trajectory, formOf(o), law.Kurtosis(), steps...)
	if err != nil {
		r.failed(s, err)
		return
	}
	errors := make([]float64, c.Signals())
	compareMoments(errors, got, want)
	r.foundSignals(s, o.Covariates, errors)
}

// foundSignals notes an error per signal: of the estimator and of its covariates.
func (r *recorder) foundSignals(s Subject, covariates []string, errors []float64) {
	for k, e := range errors {
		at := s
		if k > 0 {
			at.Covariate = covariates[k-1]
		}
		r.found(at, e)
	}
}
