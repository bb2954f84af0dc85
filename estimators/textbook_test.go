package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestBatchIsTheTextbook: every lane of the batch agrees with UORO as the paper
// writes it, dense and one draw at a time; for every cell, convention, guard,
// and for signs as well as for noise of other norms.
func TestBatchIsTheTextbook(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		o := options(c, g)
		ch := chain(t, "uoro", f.Trajectory.Layout, o)
		eps := noise(6, ch, f.Trajectory, 1)
		for s := range eps {
			for i := range eps[s] {
				eps[s][i] *= 1 + 0.5*math.Sin(float64(i+s)) // leave the unit circle
			}
		}
		got := runSignals(ch, f.Trajectory, eps)
		for w := range estimators.Lanes {
			want := textbook(f.Trajectory, o, eps, w)
			if e := distance(lane(got, w), want); !(e < 1e-12*norm(want)) {
				t.Errorf("lane %d is off by %.3g of %.3g", w, e, norm(want))
			}
		}
	})
}

// textbook lists the estimates of one draw at every step.
func textbook(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int) []float64 {
	d := oracle.NewDraw(tr.Layout, o.Guard, o.Schedule)
	var out []float64
	for t, j := range tr.Steps {
		if o.Convention == estimators.Pre {
			out = append(out, d.Estimate(j.Q)...)
		}
		d.Step(j, lane(eps[t], w))
		if o.Convention == estimators.Post {
			out = append(out, d.Estimate(j.Delta)...)
		}
	}
	return out
}

// TestResetMatters is the negative control of the Reset test: a batch that
// goes on without Reset does not repeat itself.
func TestResetMatters(t *testing.T) {
	f := fixture(t, "gru")
	ch := chain(t, "uoro", f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode))
	eps := noise(1, ch, f.Trajectory, 1)
	b := ch.NewBatch()
	b.Reset()
	first := continueSignals(ch, b, f.Trajectory, eps, nil)
	if second := continueSignals(ch, b, f.Trajectory, eps, nil); distance(first, second) < 1e-3*norm(first) {
		t.Error("a batch that was not reset gives the same estimates; it has no memory")
	}
}
