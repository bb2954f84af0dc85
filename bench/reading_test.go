package bench

import (
	"math"
	"testing"

	"uorobench/estimators/kernel"
)

// Cosines from the engine's inner products against those of estimates that were
// formed: of a chunk per group, which is all draws here, under every scope that
// the engine tells of, with folds of λ and without.
func TestCosinesFromTheEngine(t *testing.T) {
	for _, fit := range []string{FitPilot, FitCross} {
		for _, name := range []string{"gru", "lstm"} {
			e := small(func(e *Experiment) {
				e.Cells, e.Draws, e.LambdaFit = []string{name}, int64(e.Groups)*Lanes, fit
				if fit == FitCross {
					e.Pilot = 0
				}
				e.Estimators = []string{
					"uoro", "uoro-post", "cv-uoro/snap1/unit", "cv-uoro/snap1+instant/unit", "cv-uoro/snap1+instant/trace", "cv-uoro/snap1/coordinate",
					"cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/pooled", "cv-uoro/linear-dense+snap1+linear-rowwise/trace",
				}
			})
			fast := mustRun(t, e, RunOptions{Workers: 2})
			slow := mustRun(t, e, RunOptions{Workers: 2, Draws: func([]DrawValue) error { return nil }})
			for i, est := range fast.Cells[0].Rows {
				for m, s := range append(est.Steps, est.Pooled) {
					w := append(slow.Cells[0].Rows[i].Steps, slow.Cells[0].Rows[i].Pooled)[m]
					near(t, est.Label+" cosine", s.Cosine, w.Cosine, 1)
					near(t, est.Label+" median cosine", s.CosineMedian, w.CosineMedian, 1e6) // a draw may fall into the next bin
				}
			}
		}
	}
}

// Without a λ by coordinate and without the sum over the steps, no draw is formed:
// a run counts the engine's multiply-adds and nothing else.
func TestNoDrawIsFormed(t *testing.T) {
	phases := map[string]bool{}
	mustRun(t, small(func(e *Experiment) { e.Estimators = append(e.Estimators, "cv-uoro/snap1+linear-dense/trace") }),
		RunOptions{Progress: func(p Progress) { phases[p.Phase] = true }})
	for _, name := range []string{"cosines uoro", "cosines uoro-post"} {
		if phases[name] {
			t.Errorf("the run has a pass %q", name)
		}
	}
	if !phases["draws uoro"] || !phases["pilot uoro"] {
		t.Errorf("passes %v", phases)
	}
}

// What the engine tells is the same, to the bit, whatever the kernels.
func TestReadingsDoNotDependOnKernels(t *testing.T) {
	defer kernel.Use(kernel.Name())
	e := small(func(e *Experiment) {
		e.Estimators = []string{"cv-uoro/snap1/unit", "cv-uoro/linear-rowwise+linear-dense/trace"}
	})
	var want []float64
	for _, name := range kernel.Names() {
		kernel.Use(name)
		var got []float64
		for _, est := range mustRun(t, e, RunOptions{Workers: 1}).Cells[0].Rows {
			for _, s := range est.Steps {
				got = append(got, s.Cosine.Value, s.Kurtosis.Value, s.Var.Value, s.Lambda.Value)
			}
		}
		if want == nil {
			want = got
		}
		for i := range got {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
				t.Fatalf("%s: number %d is %v, with %s %v", name, i, got[i], kernel.Names()[0], want[i])
			}
		}
	}
}
