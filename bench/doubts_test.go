package bench

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// What is said of the network: random weights know nothing of the task, trained ones
// do; a task that does not tell what can be guessed says nothing.
func TestDoubts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(e *Experiment)
		want   []string
	}{
		"random":  {func(e *Experiment) { e.Task.Hi, e.Steps, e.Scale = 32, 128, 10 }, []string{"untrained"}},
		"copy":    {func(e *Experiment) { e.Task.Name, e.Steps, e.Stride = "copy", 60, 1 }, []string{"untrained"}},
		"adding":  {func(e *Experiment) { e.Task.Name, e.Task.Episode, e.Steps, e.Stride, e.Scale = "adding", 10, 40, 1, 3 }, []string{"untrained"}},
		"trained": {func(e *Experiment) { *e = *Default(); e.Cells = []string{"gru"} }, nil},
		"quiet":   {func(e *Experiment) { e.Cells, e.Task.Hi, e.Steps, e.Scale = []string{"lif"}, 32, 128, 0.01 }, []string{"silent", "untrained"}},
	} {
		e := small(func(e *Experiment) { c.change(e) })
		p := mustProblem(t, e)
		if len(p.Doubts) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, p.Doubts, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(p.Doubts[i].Error(), want) {
				t.Errorf("%s: %v, want %v", name, p.Doubts[i], want)
			}
		}
	}
}

// A variance of a million times the gradient's square is warned of in its row, and not
// in those of the others.
func TestWarnsOfHugeVariance(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Cells, e.Hidden, e.Steps, e.Stride, e.Scale, e.Guard = []string{"linear"}, 6, 64, 16, 4, "none"
		e.Weights, e.Estimators = WeightsRandom, []string{"rtrl", "uoro", "snap1"}
	})
	for _, row := range mustRun(t, e, RunOptions{}).Cells[0].Rows {
		warned := slices.ContainsFunc(row.Pooled.Warnings, func(w error) bool { return strings.Contains(w.Error(), "rel_var is above 1e+06") })
		if huge := row.Pooled.RelVar.Value > 1e6; warned != huge || huge != (row.Label == "uoro") {
			t.Errorf("%s: rel_var %v, warnings %v", row.Label, row.Pooled.RelVar.Value, row.Pooled.Warnings)
		}
	}
}

// What is not finite before the first draw is refused before it.
func TestRefusesWhatIsNotFinite(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Cells, e.Hidden, e.Steps, e.Stride, e.Scale, e.Weights = []string{"linear"}, 6, 150, 150, 40, WeightsRandom
	})
	if _, err := newProblem(e, "linear"); err == nil || !strings.Contains(err.Error(), "take smaller weights") {
		t.Errorf("error %v", err)
	}
	if err := finiteScales("rnn", []float64{1, 2}, []float64{1, math.Inf(1)}); err == nil || !strings.Contains(err.Error(), "step 2") {
		t.Errorf("error %v", err)
	}
	if err := finiteScales("rnn", []float64{1, 2}); err != nil {
		t.Error(err)
	}
}
