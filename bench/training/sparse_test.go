package training

import (
	"bytes"
	"context"
	"math"
	"testing"

	"uorobench/bench/noise"
	"uorobench/bench/task"
)

// rare is a string of symbols whose loss comes at few steps: what follows a mark is the
// symbol before it. With no mark at all there is no loss throughout.
type rare struct{ first, gap int }

func (rare) Name() string       { return "rare" }
func (rare) Alphabet() []string { return []string{"0", "1", "mark"} }

func (r rare) Sequence(u *noise.Uniforms, steps int) (task.Sequence, error) {
	s := task.Sequence{X: 3, Y: 3, Symbols: r.Alphabet()}
	last := 0
	for t := range steps {
		input, target := int(2*u.Next()), task.NoTarget
		if r.gap > 0 && t >= r.first && (t-r.first)%r.gap == 0 {
			input, target = 2, last
		}
		if input < 2 {
			last = input
		}
		s.Input, s.Target = append(s.Input, input), append(s.Target, target)
	}
	return s, nil
}

// rareLosses are strings whose first loss is late, with long gaps, with one loss at the
// end alone, and without any.
var rareLosses = []rare{{40, 3}, {2, 100}, {399, 400}, {0, 0}}

// Every method trains over sparse losses to finite weights, and the estimate is never
// far beyond what the exact gradients of the training are.
func TestSparseLossesInTraining(t *testing.T) {
	for _, losses := range rareLosses {
		for _, method := range methodsOf() {
			c := Default(losses)
			c.Method, c.Hidden, c.Steps, c.Record, c.Window, c.Shadow = method, 3, 400, 400, 1, 1
			tr, err := New(c)
			if err != nil {
				continue // not for this cell
			}
			exact, most := 0.0, 0.0
			for s := 1; s <= c.Steps; s++ {
				if err := tr.Train(context.Background(), s); err != nil {
					t.Fatalf("%+v %s: %v", losses, method, err)
				}
				most = math.Max(most, math.Sqrt(normSq(tr.gradient.dst)))
				exact = math.Max(exact, math.Sqrt(normSq(tr.exact)))
			}
			// Without any loss a covariate that does not see δ is left with the rounding of
			// c − μ, both of them of order one.
			if !(most <= 1e3*exact+1e-14) {
				t.Errorf("%+v %s: ‖ĝ‖ = %.3g where ‖g‖ ≤ %.3g", losses, method, most, exact)
			}
		}
	}
}

// copying is the copy task.
func copying(t *testing.T, symbols, length, delay int) task.Task {
	t.Helper()
	o := task.Defaults()
	o.Symbols, o.Length, o.Delay = symbols, length, delay
	c, err := task.NewCopy(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// copied trains a GRU of 8 units and returns the bits of the last sixth and the largest
// √E‖ĝ‖² of a sixth.
func copied(t *testing.T, on task.Task, method string, steps int) (bits, norm float64) {
	t.Helper()
	c := Default(on)
	c.Method, c.Hidden, c.Steps, c.Record, c.Window = method, 8, steps, steps/6, 1
	tr := mustNew(t, c)
	train(t, tr)
	for _, p := range tr.Curve() {
		norm, bits = math.Max(norm, p.GradientNorm), p.Bits
	}
	t.Logf("%s: %.4f bits, ‖ĝ‖ up to %.3g", method, bits, norm)
	return bits, norm
}

// The scaled residual estimators learn to copy a symbol over three blanks, one loss in
// five steps: 0.33 and 0.30 bits after 12,000 steps, RTRL 0.19, chance 1.
func TestScaledLearnsToCopy(t *testing.T) {
	for _, method := range []string{"rtrl", "scaled-residual", "scaled-split-residual-8"} {
		if bits, _ := copied(t, copying(t, 2, 1, 3), method, 12_000); !(bits < 0.5) {
			t.Errorf("%s: %.3f bits where chance is 1", method, bits)
		}
	}
}

// Copying eight symbols over eight blanks, estimates are of the size of RTRL's: with a
// metric that had an absolute floor ‖ĝ‖ was 1e19, since the first loss comes at step 17.
func TestScaledStaysOfRTRLsSizeOnCopy(t *testing.T) {
	_, exact := copied(t, copying(t, 4, 8, 8), "rtrl", 1200)
	for _, method := range []string{"scaled-uoro", "scaled-residual", "scaled-split-uoro-8", "scaled-split-residual-8"} {
		if _, norm := copied(t, copying(t, 4, 8, 8), method, 1200); !(norm <= 1e3*exact) {
			t.Errorf("%s: ‖ĝ‖ = %.3g where RTRL's is %.3g", method, norm, exact)
		}
	}
}

// A training goes on from a checkpoint that was written in a gap between losses with
// the same bytes as without: the metric, whose V tells which losses there were before,
// is in it.
func TestResumeInAGap(t *testing.T) {
	for _, method := range []string{"scaled-uoro", "scaled-residual", "scaled-split-uoro-2", "scaled-split-residual-2"} {
		c := Default(rare{3, 20})
		c.Method, c.Hidden, c.Steps, c.Record = method, 4, 120, 40
		whole := mustNew(t, c)
		train(t, whole)
		for _, until := range []int{2, 13, 50, 84} { // before the first loss, and in gaps
			tr := mustNew(t, c)
			if err := tr.Train(context.Background(), until); err != nil {
				t.Fatal(err)
			}
			var file, end, wholeEnd bytes.Buffer
			if err := tr.Checkpoint(&file); err != nil {
				t.Fatal(err)
			}
			resumed, err := Resume(c, file.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			train(t, resumed)
			if err := resumed.Checkpoint(&end); err != nil {
				t.Fatal(err)
			}
			if err := whole.Checkpoint(&wholeEnd); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(end.Bytes(), wholeEnd.Bytes()) {
				t.Errorf("%s: interrupted at step %d it ends on other bytes", method, until)
			}
		}
	}
}
