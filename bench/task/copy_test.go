package task

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// An episode rebuilt from what is documented: a window of L symbols, D blanks,
// the mark, L−1 blanks, and targets equal to the symbols in the last L steps.
func TestCopyEpisodes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := Defaults()
		o.Symbols = rapid.IntRange(2, 9).Draw(r, "symbols")
		o.Length = rapid.IntRange(1, 6).Draw(r, "length")
		o.Delay = rapid.IntRange(0, 6).Draw(r, "delay")
		c, err := NewCopy(o)
		if err != nil {
			r.Fatal(err)
		}
		episode := 2*o.Length + o.Delay
		s, err := c.Sequence(numbers(rapid.Uint64().Draw(r, "seed")), 3*episode)
		if err != nil {
			r.Fatal(err)
		}
		for at := 0; at < s.Steps(); at += episode {
			checkEpisode(r, o, s.Input[at:at+episode], s.Target[at:at+episode])
		}
	})
}

func checkEpisode(r *rapid.T, o Options, input, target []int) {
	recall := o.Length + o.Delay
	shown := input[:o.Length]
	blank, mark := o.Symbols, o.Symbols+1
	want := slices.Concat(shown, slices.Repeat([]int{blank}, o.Delay), []int{mark}, slices.Repeat([]int{blank}, o.Length-1))
	if !slices.Equal(input, want) || slices.Max(shown) >= o.Symbols {
		r.Fatalf("inputs %v, want %v", input, want)
	}
	if !slices.Equal(target, append(slices.Repeat([]int{NoTarget}, recall), shown...)) {
		r.Fatalf("inputs %v have targets %v", input, target)
	}
}

// Symbols are uniform: 20000 draws of 4, five standard deviations.
func TestCopySymbolsAreUniform(t *testing.T) {
	o := Defaults()
	o.Length, o.Delay = 20000, 0
	c, err := NewCopy(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Sequence(numbers(2), 40000)
	if err != nil {
		t.Fatal(err)
	}
	var count [4]float64
	for _, x := range s.Input[:20000] {
		count[x]++
	}
	for x, n := range count {
		if math.Abs(n-5000) > 5*math.Sqrt(20000*0.25*0.75) {
			t.Errorf("symbol %d comes %v times, want 5000", x, n)
		}
	}
}

// The shortest sequence has exactly one recall step.
func TestCopyShortest(t *testing.T) {
	c, err := NewCopy(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Sequence(numbers(1), 17)
	if err != nil {
		t.Fatal(err)
	}
	if s.HasLoss(15) || s.Target[16] != s.Input[0] {
		t.Errorf("targets %v", s.Target)
	}
	if _, err := c.Sequence(numbers(1), 16); err == nil || !strings.Contains(err.Error(), "length 8 and delay 8 need at least 17") {
		t.Errorf("16 steps: error %v", err)
	}
}
