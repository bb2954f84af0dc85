package bench

import (
	"reflect"
	"testing"
)

// Runs of other noise on one trajectory: the sequence's seed holds it fixed. Left
// out, it is the noise's.
func TestSequenceSeed(t *testing.T) {
	run := func(seed, sequence uint64) *CellResult {
		e := small(func(e *Experiment) {
			e.Draws, e.Estimators, e.Seed, e.SequenceSeed, e.Steps, e.Task.Hi = 128, []string{"uoro"}, seed, sequence, 24, 8
		})
		return mustRun(t, e, RunOptions{}).Cells[0]
	}
	first, again, other, own := run(5, 0), run(5, 5), run(6, 5), run(6, 0)
	if !reflect.DeepEqual(first.Sequence, again.Sequence) || first.Rows[0].Pooled.Var != again.Rows[0].Pooled.Var {
		t.Error("a sequence seed of 0 is not the noise's seed")
	}
	if !reflect.DeepEqual(first.Sequence, other.Sequence) || !reflect.DeepEqual(first.Exact, other.Exact) {
		t.Error("one sequence seed gives two trajectories")
	}
	if first.Rows[0].Pooled.Var == other.Rows[0].Pooled.Var {
		t.Error("another noise seed gives the same draws")
	}
	if reflect.DeepEqual(own.Sequence, first.Sequence) {
		t.Error("another seed for both gives the same sequence")
	}
}
