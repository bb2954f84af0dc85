package bench

import (
	"fmt"
	"math"
	"testing"

	"uorobench/estimators/cell"
	"uorobench/stats"
)

// The engine and the plain batches are two programs for the same sums. A sink
// for draws makes a run take the plain ones.
func TestEngineGivesThePlainRows(t *testing.T) {
	for _, name := range cell.Names() {
		for _, convention := range []string{"pre", "post"} {
			e := small(func(e *Experiment) {
				e.Cells, e.Convention = []string{name}, convention
				e.Estimators = []string{"uoro", "cv-uoro/snap1/trace", "cv-uoro/snap1/unit", "cv-uoro/instant/coordinate", "cv-uoro/snap1+instant/pooled"}
				e.Detail = []string{DetailSteps, DetailCoordinates}
			})
			comparePlain(t, e)
			e.Detail = []string{DetailSteps} // and so linear covariates in the engine
			e.Estimators = append(e.Estimators, "cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/pooled", "cv-uoro/linear-dense+snap1+linear-rowwise/trace")
			comparePlain(t, e)
			e.LambdaFit, e.Pilot = FitCross, 0
			comparePlain(t, e)
		}
	}
}

func comparePlain(t *testing.T, e *Experiment) {
	t.Helper()
	fast := mustRun(t, e, RunOptions{Workers: 2})
	slow := mustRun(t, e, RunOptions{Workers: 2, Draws: func([]DrawValue) error { return nil }})
	for i, est := range fast.Cells[0].Rows {
		compareRows(t, fmt.Sprint(e.Cells, " ", e.Convention, " ", est.Label), est, slow.Cells[0].Rows[i])
	}
}

func compareRows(t *testing.T, label string, got, want *EstimatorResult) {
	t.Helper()
	for m, s := range append(got.Steps, got.Pooled) {
		w := append(want.Steps, want.Pooled)[m]
		scale := w.Var.Value + w.ExactSq
		near(t, label+" var_trace", s.Var, w.Var, scale)
		near(t, label+" bias_sq", s.BiasSq, w.BiasSq, scale)
		near(t, label+" λ", s.Lambda, w.Lambda, 1)
		near(t, label+" var_ratio", s.Ratio, w.Ratio, 1)
		near(t, label+" correlation", s.Correlation, w.Correlation, 1)
		if got.Scope != string(stats.ScopeCoordinate) { // those tails are of fewer draws
			near(t, label+" kurtosis", s.Kurtosis, w.Kurtosis, w.Kurtosis.Value)
		}
		if s.Draws != w.Draws || s.Groups != w.Groups {
			t.Errorf("%s: %d draws in %d groups, want %d in %d", label, s.Draws, s.Groups, w.Draws, w.Groups)
		}
	}
	for m, c := range got.Coordinates {
		for j, v := range c.Variance {
			if w := want.Coordinates[m].Variance[j]; math.Abs(v-w) > 1e-11*want.Steps[m].Var.Value {
				t.Fatalf("%s: variance of coordinate %d is %v, want %v", label, j, v, w)
			}
		}
	}
}

func near(t *testing.T, label string, got, want stats.Interval, scale float64) {
	t.Helper()
	if got.OK != want.OK || got.HasErr != want.HasErr || math.Abs(got.Value-want.Value) > 1e-11*scale {
		t.Errorf("%s: %+v, want %+v", label, got, want)
	}
}
