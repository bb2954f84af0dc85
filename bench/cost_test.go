package bench

import "testing"

// Covariates of other rows ride on the same chain; they must not be charged to
// UORO. By hand, for a GRU with S = 4 and 3 inputs (P = 3·4·(3+1+4+1) = 108):
// snap1 adds S + 3S multiply-adds per draw (its diagonal product, the two terms of
// s̃ᶜ and the scalar q·s̃ᶜ) and 3P to the known part (its influence matrix, in
// which a parameter has one entry, and its product with q).
func TestCostIsOfTheEstimatorAlone(t *testing.T) {
	alone := mustRun(t, small(func(e *Experiment) { e.Draws, e.Estimators = 128, []string{"uoro"} }), RunOptions{})
	all := mustRun(t, small(func(e *Experiment) {
		e.Draws, e.Estimators = 128, []string{"uoro", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/block-2/trace"}
	}), RunOptions{})
	uoro := row(t, all, "uoro").Cost
	if want := row(t, alone, "uoro").Cost; uoro != want {
		t.Errorf("uoro costs %+v beside others, %+v alone", uoro, want)
	}
	for label, pilot := range map[string]int64{"cv-uoro/snap1/one": 0, "cv-uoro/snap1/trace": 256} {
		r := row(t, all, label)
		if more := r.Cost.PerDraw - uoro.PerDraw; more != 4+3*4 || r.Cost.Shared-uoro.Shared != 3*108 {
			t.Errorf("%s: %+v is not UORO's %+v and 16 per draw, 324 shared", label, r.Cost, uoro)
		}
		if r.PilotDraws != pilot {
			t.Errorf("%s: %d pilot draws, want %d", label, r.PilotDraws, pilot)
		}
	}
}

// A λ from the measured draws themselves has taken no draws beside them.
func TestNoPilotDrawsWithoutPilot(t *testing.T) {
	r := mustRun(t, small(func(e *Experiment) {
		e.Draws, e.LambdaFit, e.Pilot, e.Estimators = 128, FitCross, 0, []string{"cv-uoro/snap1/trace"}
	}), RunOptions{})
	if n := row(t, r, "cv-uoro/snap1/trace").PilotDraws; n != 0 {
		t.Errorf("%d pilot draws", n)
	}
}
