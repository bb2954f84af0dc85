package task

import (
	"math"
	"testing"

	"uorobench/bench/noise"
)

// The loss of a guess without input against the closed forms, over long sequences:
// the unigram level of a^n b^n, chance in copying, and ½ Var of the sum of two uniform
// numbers, 1/12; in a text, the entropy of the file's own frequencies.
func TestBlindLoss(t *testing.T) {
	o := Defaults()
	o.Symbols, o.Length, o.Delay, o.Episode = 5, 4, 3, 10
	anbn, err := NewANBN(o)
	if err != nil {
		t.Fatal(err)
	}
	copies, err := NewCopy(o)
	if err != nil {
		t.Fatal(err)
	}
	adding, err := NewAdding(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := parseText([]byte("aabaabaabaabac"), Defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		task  Task
		steps int
		want  float64
		near  float64
	}{
		{anbn, 200000, anbn.Levels().Unigram * math.Ln2, 0.01}, {copies, 1000, math.Log(5), 1e-12}, {adding, 200000, 1. / 12, 0.003},
		// The targets are the 14 symbols without the first a.
		{text, 13, (8*math.Log(14./9) + 4*math.Log(14./4) + math.Log(14)) / 13, 1e-12},
	} {
		s, err := c.task.Sequence(noise.New(3, noise.Data).Uniforms(0), c.steps)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.task.(Blind).BlindLoss(&s); !(math.Abs(got-c.want) <= c.near) {
			t.Errorf("%s: %v, want %v", c.task.Name(), got, c.want)
		}
	}
}
