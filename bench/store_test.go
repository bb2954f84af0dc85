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

// Memory that was used comes back as zeros, and is not given away twice.
func TestShelvesGiveZeros(t *testing.T) {
	var s store
	s.fit(2)
	first, other := s.sums.zeros(0, 10), s.sums.zeros(1, 10)
	for i := range first {
		first[i], other[i] = 1, 2
	}
	again := s.sums.zeros(0, 7)
	if &again[0] != &first[0] || len(again) != 7 || slices.ContainsFunc(again, func(v float64) bool { return v != 0 }) {
		t.Errorf("a smaller piece is %v, in other memory or not zero", again)
	}
	if more := s.sums.zeros(0, 11); len(more) != 11 || slices.ContainsFunc(more, func(v float64) bool { return v != 0 }) {
		t.Errorf("a larger piece is %v", more)
	}
	if slices.ContainsFunc(other, func(v float64) bool { return v != 2 }) {
		t.Errorf("the other group's piece was touched: %v", other)
	}
}
