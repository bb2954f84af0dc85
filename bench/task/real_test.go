package task

import (
	"math"
	"slices"
	"testing"
)

// adding makes a sequence with episodes of the given length.
func adding(t *testing.T, episode, steps int) Sequence {
	t.Helper()
	o := Defaults()
	o.Episode = episode
	task, err := NewAdding(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := task.Sequence(numbers(4), steps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every episode has one mark in each half and asks for the sum of the marked
// values at its last step alone.
func TestAddingEpisodes(t *testing.T) {
	for _, episode := range []int{2, 7, 32} {
		s := adding(t, episode, 40*episode)
		for start := 0; start < s.Steps(); start += episode {
			var marks []int
			sum := 0.0
			for i := range episode {
				x := s.Real.Input[start+i]
				if x[0] < 0 || x[0] >= 1 || x[1] != 0 && x[1] != 1 {
					t.Fatalf("step %d: %v", start+i, x)
				}
				if x[1] == 1 {
					marks = append(marks, i)
					sum += x[0]
				}
				if last := i == episode-1; s.HasLoss(start+i) != last {
					t.Errorf("step %d: a loss: %v", start+i, s.HasLoss(start+i))
				}
			}
			if len(marks) != 2 || marks[0] >= episode/2 || marks[1] < episode/2 {
				t.Errorf("episode at %d: marks at %v of %d", start, marks, episode)
			}
			if got := s.Real.Target[start+episode-1][0]; got != sum {
				t.Errorf("episode at %d: target %v, the marked values add up to %v", start, got, sum)
			}
		}
	}
}

// Answering 1 costs half the variance of the sum of two uniform numbers,
// ½·2/12 = 1/12. The standard error of the mean of (sum−1)²/2 over n episodes
// is √(Var((sum−1)²)/4n) with E(sum−1)⁴ = 1/15: √((1/15 − 1/36)/4n).
func TestAddingChanceLevel(t *testing.T) {
	const n = 4000
	s := adding(t, 4, 4*n)
	mean := 0.0
	for i := 3; i < s.Steps(); i += 4 {
		d := s.Real.Target[i][0] - 1
		mean += d * d / 2 / n
	}
	if se := math.Sqrt((1./15 - 1./36) / (4 * n)); math.Abs(mean-1./12) > 4*se {
		t.Errorf("chance level %v, want %v ± %v", mean, 1./12, se)
	}
}

// The marks are uniform over their halves: every place is used.
func TestAddingMarksEverywhere(t *testing.T) {
	s := adding(t, 9, 9*400)
	var seen [9]int
	for i, x := range s.Real.Input {
		if x[1] == 1 {
			seen[i%9]++
		}
	}
	if slices.Contains(seen[:], 0) {
		t.Errorf("marks by place: %v", seen)
	}
}

func TestAddingTooShort(t *testing.T) {
	task, err := NewAdding(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := task.Sequence(numbers(1), 31); err == nil || err.Error() != "task adding: 31 steps have no step with a loss: want at least 32" {
		t.Errorf("error %v", err)
	}
}

// The parts of a split, one after the other, are the whole; ends may be empty.
func TestSplit(t *testing.T) {
	symbols := Sequence{X: 3, Y: 3, Input: []int{2, 0, 1}, Target: []int{0, NoTarget, 2}, Symbols: []string{"a", "b", "c"}}
	for _, s := range []Sequence{symbols, adding(t, 3, 3)} {
		for at := range 4 {
			before, after := s.Split(at)
			if before.Steps() != at || after.Steps() != 3-at || before.X != s.X || after.Y != s.Y || len(after.Symbols) != len(s.Symbols) {
				t.Fatalf("split after %d: %d and %d steps", at, before.Steps(), after.Steps())
			}
			for i := range 3 {
				part, j := &before, i
				if i >= at {
					part, j = &after, i-at
				}
				if !slices.Equal(part.Vectors()[j], s.Vectors()[i]) || part.HasLoss(j) != s.HasLoss(i) {
					t.Errorf("split after %d: step %d is another", at, i+1)
				}
			}
		}
	}
}

// Vectors is the one-hot code for symbols, and the input itself otherwise.
func TestVectors(t *testing.T) {
	s := Sequence{X: 3, Y: 3, Input: []int{2, 0}, Target: []int{0, NoTarget}}
	if v := s.Vectors(); !slices.Equal(v[0], []float64{0, 0, 1}) || !slices.Equal(v[1], []float64{1, 0, 0}) || len(v) != 2 {
		t.Errorf("one-hot code %v", v)
	}
	r := adding(t, 2, 4)
	if v := r.Vectors(); &v[0] != &r.Real.Input[0] {
		t.Error("the real input is not handed on as it is")
	}
}
