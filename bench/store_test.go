package bench

import (
	"reflect"
	"slices"
	"testing"
)

// The passes of a run share the memory of their accumulators: what a cell finds
// must not depend on the cells and chains before it.
func TestPassesLeaveNothingBehind(t *testing.T) {
	list := []string{"uoro", "cv-uoro/snap1/unit", "residual", "cv-uoro-post/snap1+linear-dense", "preuoro"}
	together := mustRun(t, small(func(e *Experiment) {
		e.Cells, e.Estimators = []string{"gru", "lstm", "rnn"}, list
	}), RunOptions{})
	for i, cell := range []string{"gru", "lstm", "rnn"} {
		for j, name := range list {
			alone := mustRun(t, small(func(e *Experiment) { e.Cells, e.Estimators = []string{cell}, []string{name} }), RunOptions{})
			got, want := slices.Clone(together.Cells[i].Rows[j].Steps), alone.Cells[0].Rows[0].Steps
			for m := range got {
				got[m].MaxZHolm = want[m].MaxZHolm // of all rows of a run
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("cell %s, estimator %s: not what a run of its own finds", cell, name)
			}
		}
	}
}
