package bench

import (
	"math"
	"testing"
)

// Residual and split-uoro have exact figures at scales that do not depend on the
// draws: the drawn variances are theirs within the errors, and over all patterns
// to rounding. Others have none.
func TestExactFiguresOfRivals(t *testing.T) {
	labels := []string{"residual", "cv-residual/instant/one", "split-uoro-2", "cv-split-uoro-3/snap1/one"}
	for _, guard := range []string{"none", "fixed"} {
		e := small(func(e *Experiment) {
			e.Estimators = append([]string{"scaled-uoro", "split-residual-2", "rtrl"}, labels...)
			e.Guard, e.Draws, e.PlainDraws = guard, 4096, 4096
			e.Detail = []string{DetailSteps, DetailTotal}
		})
		r := mustRun(t, e, RunOptions{})
		for _, label := range labels {
			for _, s := range append(row(t, r, label).Steps, row(t, r, label).Pooled) {
				if s.Exact == nil || !s.Exact.Z.OK || math.Abs(s.Exact.Z.Value) > 4 {
					t.Errorf("guard %s, %s step %d: drawn %v ± %v, exact %+v", guard, label, s.Step, s.Var.Value, s.Var.MCSE, s.Exact)
				}
			}
		}
		for _, label := range []string{"scaled-uoro", "split-residual-2"} {
			if row(t, r, label).Pooled.Exact != nil {
				t.Errorf("%s has exact figures", label)
			}
		}
	}
}

func TestExactFiguresOfRivalsOverAllPatterns(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Noise, e.Pilot, e.Hidden, e.Steps, e.Stride, e.Guard = NoiseExhaustive, 0, 2, 4, 1, "none"
		e.Estimators = []string{"residual", "split-uoro-2", "cv-residual/instant/trace"}
	})
	r := mustRun(t, e, RunOptions{})
	for _, est := range r.Cells[0].Rows {
		if got := est.Pooled; got.Exact == nil || math.Abs(got.Var.Value-got.Exact.Var.Value) > 1e-10*got.Var.Value {
			t.Errorf("%s: var_trace %v over all patterns, exact %+v", est.Label, got.Var.Value, got.Exact)
		}
	}
}
