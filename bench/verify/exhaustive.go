package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var exhaustiveCheck = &Check{
	Name: "exhaustive run", Against: "exact moments by enumeration",
	Claim:     "var_trace, λ, var_ratio and bias_sq = 0 of a whole run over all sign patterns, per step and, where λ is no fit, of the sum over the steps; relative to the variance without covariates plus ‖g‖²",
	Tolerance: 1e-10,
	jobs:      exhaustiveJobs,
}

func exhaustiveJobs() []job {
	var jobs []job
	for _, name := range cell.Names() {
		for _, c := range conventions {
			for _, g := range guards {
				jobs = append(jobs, runJob(exhaustiveExperiment(name, c, g), (*replay).exhaustive))
			}
		}
	}
	return jobs
}

// exhaustiveExperiment has at most 2^12 patterns: two units, three steps.
func exhaustiveExperiment(name string, c estimators.Convention, g estimators.Guard) *bench.Experiment {
	e := replayExperiment(name, c, g, bench.NoiseRademacher)
	e.Noise, e.Pilot, e.Hidden, e.Steps, e.Stride = bench.NoiseExhaustive, 0, 2, 3, 1
	e.Estimators = []string{"uoro", "residual", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/instant/coordinate", "cv-uoro/snap1+instant/trace"}
	return e
}

// exhaustive is the error of one row of the run against the moments of its chain.
func (p *replay) exhaustive(c *estimators.Chain, row *bench.EstimatorResult) (float64, error) {
	moments, err := oracle.Enumerate(c, p.tr, oracle.Signs, p.measured...)
	if err != nil {
		return 0, err
	}
	most := 0.0
	for m := range moments {
		most = worst(most, exhaustiveError(&row.Steps[m], row.Scope, moments[m], dot(p.exact[m], p.exact[m])))
	}
	if row.Scope != "" && row.Scope != "one" {
		return most, nil // λ is another at every step: the sums of the signals do not tell
	}
	total, err := oracle.EnumerateTotal(c, p.tr, oracle.Signs, p.measured...)
	if err != nil {
		return 0, err
	}
	exact := vector(p.tr)
	for _, g := range p.exact {
		exact = add(exact, g)
	}
	return worst(most, exhaustiveError(row.Total, row.Scope, total, dot(exact, exact))), nil
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
	if scope != "" && plain > 0 { // before the first draw reaches the estimate there is no ratio
		most = worst(most, math.Abs(got.Ratio.Value-want/plain))
	}
	if scope == "trace" {
		for i, l := range m.Lambda() {
			most = worst(most, math.Abs(got.Lambdas[i].Value-l))
		}
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
