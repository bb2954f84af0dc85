package reports

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/bench/task"
)

// Whatever of input and target is a vector, and where there is no loss: the rows give
// the sequence again.
func TestVectorRowsAreTheSequence(t *testing.T) {
	x, y := [][]float64{{1, 2}, {3, 4}, {5, 6}}, [][]float64{nil, {7}, nil}
	for _, s := range []task.Sequence{
		{Real: &task.Real{Input: x, Target: y}},
		{Real: &task.Real{Input: x}, Target: []int{task.NoTarget, 2, task.NoTarget}},
		{Real: &task.Real{Target: y}, Input: []int{0, 2, 1}},
	} {
		for warmUp := range 3 {
			before, window := s.Split(warmUp)
			rows := vectorRows(&bench.CellResult{WarmUp: before, Sequence: window})
			a, b, err := vectorParts(rows)
			if err != nil {
				t.Fatal(err)
			}
			for got, want := range map[*task.Sequence]*task.Sequence{&a: &before, &b: &window} {
				if got.Steps() != want.Steps() || got.Steps() > 0 && (got.Squared() != want.Squared() || !slices.Equal(got.Input, want.Input) || !slices.Equal(got.Target, want.Target) || !reflect.DeepEqual(got.Real, want.Real)) {
					t.Errorf("warm-up %d: %+v %+v, want %+v %+v", warmUp, got, got.Real, want, want.Real)
				}
			}
		}
	}
	if rows := vectorRows(&bench.CellResult{Sequence: task.Sequence{Input: []int{1}, Target: []int{0}}}); rows != nil {
		t.Errorf("symbols: %v", rows)
	}
}

// Rows of no sequence are refused, and never a panic.
func TestVectorRowsRefused(t *testing.T) {
	good := []VectorRow{{0, "x", 0, 1}, {0, "x", 1, 2}, {0, "target", 0, 1}, {1, "x", 0, 1}, {1, "x", 1, 2}, {1, "target", 0, 0}}
	if _, _, err := vectorParts(good); err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func([]VectorRow) []VectorRow{
		"first gone":    func(r []VectorRow) []VectorRow { return r[1:] },
		"middle gone":   func(r []VectorRow) []VectorRow { return slices.Delete(r, 1, 3) },
		"step gone":     func(r []VectorRow) []VectorRow { r[3].Step = 2; return r },
		"other kind":    func(r []VectorRow) []VectorRow { r[2].Kind = "z"; return r },
		"two targets":   func(r []VectorRow) []VectorRow { return slices.Insert(r, 3, r[2]) },
		"y and target":  func(r []VectorRow) []VectorRow { r[5].Kind = "y"; return r },
		"no symbol":     func(r []VectorRow) []VectorRow { r[2].Value = 0.5; return r },
		"less than 0":   func(r []VectorRow) []VectorRow { r[2].Value = -1; return r },
		"late":          func(r []VectorRow) []VectorRow { return []VectorRow{{5, "x", 0, 1}} },
		"no inputs":     func(r []VectorRow) []VectorRow { return []VectorRow{{1, "y", 0, 1}} },
		"target before": func(r []VectorRow) []VectorRow { return []VectorRow{{1, "target", 0, 1}, {1, "x", 0, 1}} },
	} {
		_, _, err := vectorParts(forge(slices.Clone(good)))
		if name == "middle gone" {
			if err == nil { // one number less at step 0: the weights tell
				before, window, _ := vectorParts(forge(slices.Clone(good)))
				before.X, before.Y, window.X, window.Y = 2, 2, 2, 2
				err = checkCodes("vectors.parquet", &before)
			}
		}
		if err == nil || !strings.Contains(err.Error(), "vectors.parquet") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
