package verify

import (
	"context"
	"math"

	"uorobench/bench"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var exhaustiveCheck = &Check{
	Name: "exhaustive run", Against: "exact moments by enumeration",
	Claim:     "var_trace, λ, var_ratio and bias_sq = 0 of a whole run over all sign patterns; relative to the variance without covariates plus ‖g‖²",
	Tolerance: 1e-10,
	jobs:      exhaustiveJobs,
}

func exhaustiveJobs() []job {
	var jobs []job
	for _, name := range cell.Names() {
		for _, c := range conventions {
			for _, g := range guards {
				jobs = append(jobs, exhaustiveJob(exhaustiveExperiment(name, c, g)))
			}
		}
	}
	return jobs
}

// exhaustiveExperiment has at most 2^12 patterns: two units, three steps.
func exhaustiveExperiment(name string, c estimators.Convention, g estimators.Guard) *bench.Experiment {
	e := replayExperiment(name, c, g, bench.NoiseRademacher)
	e.Noise, e.Pilot, e.Hidden, e.Steps, e.Stride = bench.NoiseExhaustive, 0, 2, 3, 3
	e.Estimators = []string{"uoro", "residual", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/instant/coordinate", "cv-uoro/snap1+instant/trace"}
	return e
}

func exhaustiveJob(e *bench.Experiment) job {
	s := Subject{Cell: e.Cells[0], Guard: e.Guard, Convention: e.Convention, Noise: e.Noise}
	return job{s, func(r *recorder) {
		result, err := bench.Run(context.Background(), e, bench.RunOptions{Workers: 1})
		if err != nil {
			r.failed(s, err)
			return
		}
		p, err := newReplay(e, result.Cells[0])
		if err != nil {
			r.failed(s, err)
			return
		}
		for _, row := range result.Cells[0].Rows {
			p.exhaustiveRow(r, s, row)
		}
	}}
}

// exhaustiveRow compares one row of the run with the moments of its own chain.
func (p *replay) exhaustiveRow(r *recorder, s Subject, row *bench.EstimatorResult) {
	s.Estimator = row.Spec.Name
	if len(row.Covariates) > 0 {
		s.Covariate = row.Covariate() + "/" + row.Scope
	}
	chain, err := row.Spec.New(p.tr.Layout, p.options(row))
	if err != nil {
		r.failed(s, err)
		return
	}
	moments, err := oracle.Enumerate(chain, p.tr, oracle.Signs, p.measured...)
	if err != nil {
		r.failed(s, err)
		return
	}
	most := 0.0
	for m := range moments {
		most = worst(most, exhaustiveError(&row.Steps[m], row.Scope, moments[m], dot(p.exact[m], p.exact[m])))
	}
	r.found(s, most)
}

// exhaustiveError is the largest error of a row's figures.
func exhaustiveError(got *bench.StepResult, scope string, m *oracle.Moments, exactSq float64) float64 {
	plain, want := m.Trace()[0][0], m.VarTrace(make([]float64, len(m.Mean)-1))
	switch scope {
	case "one":
		want = m.VarTrace(ones(len(m.Mean) - 1))
	case "trace":
		want = m.VarTrace(m.Lambda())
	case "coordinate":
		want = leastByCoordinate(m)
	}
	size := plain + exactSq
	most := worst(math.Abs(got.Var.Value-want)/size, math.Abs(got.BiasSq.Value)/size)
	if scope != "" {
		most = worst(most, math.Abs(got.Ratio.Value-want/plain))
	}
	if scope == "trace" {
		most = worst(most, math.Abs(got.Lambda.Value-m.Lambda()[0]))
	}
	return most
}

// leastByCoordinate is the variance with the best λ of every coordinate.
func leastByCoordinate(m *oracle.Moments) float64 {
	sum := 0.0
	for j := range m.Mean[0] {
		c := atCoordinate(m, j)
		sum += oracle.Combine(c, oracle.Optimal(c))
	}
	return sum
}
