package bench

import (
	"math"
	"testing"

	"uorobench/bench/problem"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// The sum over all sign patterns against the oracle's quadratic form, which owes
// nothing to draws: variance of the sum, at λ = 1 and at one fitted λ, and no
// bias. Under guard none, pre and post.
func TestTotalAgainstOracle(t *testing.T) {
	for _, name := range []string{"rnn", "gru"} {
		e := exhaustive(func(e *Experiment) {
			e.Cells, e.Guard, e.Stride = []string{name}, "none", 2
			e.Detail = []string{DetailSteps, DetailTotal}
			e.Estimators = []string{"rtrl", "uoro", "cv-uoro/snap1/one", "cv-uoro/snap1+instant/pooled", "cv-uoro/snap1/unit", "uoro-post", "residual"}
		})
		pr, err := newProblem(e, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, est := range mustRun(t, e, RunOptions{Workers: 2}).Cells[0].Rows {
			label := name + " " + est.Label
			is(t, label+" ‖g‖²", est.Total.ExactSq, problem.Inner(problem.Sum(pr.Exact), problem.Sum(pr.Exact)))
			if est.Total.BiasSq.Value != 0 {
				t.Errorf("%s: bias_sq %v", label, est.Total.BiasSq.Value)
			}
			if est.Label == "rtrl" || est.Label == "residual" || est.Scope == "unit" {
				continue
			}
			checkTotal(t, label, pr, est)
		}
	}
}

func checkTotal(t *testing.T, label string, pr *problem.Problem, est *EstimatorResult) {
	t.Helper()
	f := oracle.Form{Covariates: est.Covariates}
	if est.Convention == "post" {
		f.Convention = estimators.Post
	}
	m, err := oracle.Total(pr.Trajectory, f, 1, pr.Measured...)
	if err != nil {
		t.Fatal(err)
	}
	want := m.Trace()[0][0]
	switch est.Scope {
	case "one":
		want = m.VarTrace([]float64{1})
		is(t, label+" var_ratio", est.Total.Ratio.Value, want/m.Trace()[0][0])
	case "pooled":
		// The second λ is not told; at the λ used the closed form must say the same.
		want = est.Total.Exact.Var.Value
	}
	is(t, label+" var_trace", est.Total.Var.Value, want)
	is(t, label+" exact", est.Total.Exact.Var.Value, want)
	if sum := est.Pooled.Var.Value; math.Abs(est.Total.Var.Value-sum) < 1e-3*sum {
		t.Errorf("%s: the variance of the sum is the sum of variances, %v; the case shows nothing", label, sum)
	}
}

// Where the engine carries the rows, the sums come from the draws that plain
// batches have; λ differs by step and by fold here, and nothing is biased.
func TestTotalOfDraws(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Draws, e.PlainDraws, e.LambdaFit, e.Pilot, e.Guard, e.Groups = 4096, 2048, FitCross, 0, "fixed", 32
		e.Detail = []string{DetailSteps, DetailTotal}
		e.Estimators = []string{"uoro", "cv-uoro/snap1/trace", "cv-uoro/snap1/coordinate", "cv-uoro/snap1/one", "cv-uoro/linear-dense/trace"}
	})
	for _, est := range mustRun(t, e, RunOptions{}).Cells[0].Rows {
		s := est.Total
		if s.Draws != 2048 || !s.BiasP.OK || s.BiasP.Value < 1e-3 || s.MaxZP.Value < 1e-3 {
			t.Errorf("%s: %d draws, bias_sq %+v, p %v, max z p %v", est.Label, s.Draws, s.BiasSq, s.BiasP.Value, s.MaxZP.Value)
		}
		if (est.Scope == "" || est.Scope == "one") && (!s.Exact.Z.OK || math.Abs(s.Exact.Z.Value) > 4.5) {
			t.Errorf("%s: var_trace %v, exact %+v", est.Label, s.Var, s.Exact)
		}
	}
}
