package bench

import (
	"testing"

	"uorobench/bench/draw"
	"uorobench/bench/result"
)

// The exact gradient agrees with itself, SnAp-1 more often than not, and a draw of
// UORO a little more often than a coin; a control variate brings it nearer.
func TestAgreement(t *testing.T) {
	r := mustRun(t, small(func(e *Experiment) {
		e.Detail = []string{"agreement"}
		e.Estimators = []string{"rtrl", "snap1", "uoro", "cv-uoro/snap1/trace"}
	}), RunOptions{})
	of := func(label string) float64 { return float64(result.Detail[draw.Agreement](row(t, r, label))) }
	if of("rtrl") != 1 || !(of("uoro") > 0.5 && of("uoro") < of("cv-uoro/snap1/trace") && of("cv-uoro/snap1/trace") < of("snap1") && of("snap1") < 1) {
		t.Errorf("rtrl %v, snap1 %v, cv-uoro %v, uoro %v", of("rtrl"), of("snap1"), of("cv-uoro/snap1/trace"), of("uoro"))
	}
}
