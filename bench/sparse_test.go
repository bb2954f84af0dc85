package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// sparseLosses are windows in which losses are rare. The window's steps are 128 and all
// steps with a loss among the multiples of the stride are measured.
var sparseLosses = []struct {
	name string
	set  func(e *Experiment)
}{
	{"first loss at step 65", func(e *Experiment) { setCopy(e, 32, 32) }},
	{"a gap of 100 steps between losses", func(e *Experiment) { setCopy(e, 2, 100); e.WarmUp = 102 }},
	{"a warm-up into a gap", func(e *Experiment) { setCopy(e, 8, 24); e.WarmUp = 12 }},
	{"a loss at the end alone", func(e *Experiment) { setCopy(e, 1, 126) }},
	{"a loss in 32 steps", func(e *Experiment) { e.Task.Name, e.Task.Episode = "adding", 32 }},
	{"a loss at the end of one long episode", func(e *Experiment) { e.Task.Name, e.Task.Episode = "adding", 128 }},
}

func setCopy(e *Experiment, length, delay int) {
	e.Task.Name, e.Task.Length, e.Task.Delay = "copy", length, delay
}

// members are the names of a list, each family by its second member.
func members(names []string) []string {
	return slices.DeleteFunc(oracle.Members(names), func(name string) bool {
		return !slices.Contains(names, name) && !strings.HasSuffix(name, "-2")
	})
}

// TestSparseLosses runs every estimator, and on the gru uoro with every covariate, over
// windows with few losses: all figures are finite, and no variance is beyond
// 1e5 of the exact gradient's square. With a metric that had an absolute floor the scaled
// ones were at 1e29.
func TestSparseLosses(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs; the full tests have them")
	}
	for _, name := range cell.Names() {
		for _, losses := range sparseLosses {
			t.Run(name+"/"+losses.name, func(t *testing.T) {
				e := small(func(e *Experiment) {
					e.Cells, e.Hidden, e.Steps, e.Stride, e.Seed = []string{name}, 4, 128, 1, 3
					e.Task, e.Draws, e.Pilot, e.Groups = task.DefaultChoice(), 128, 128, 8
					losses.set(e)
				})
				e.Estimators = admittedOn(t, e)
				checkSane(t, mustRun(t, e, RunOptions{Workers: 2}))
			})
		}
	}
}

// admittedOn are the estimators that the experiment's cell admits; on the gru with the
// covariates of uoro.
func admittedOn(t *testing.T, e *Experiment) []string {
	t.Helper()
	l := mustProblem(t, e).Trajectory.Layout
	var all, names []string
	for _, s := range estimators.All {
		all = append(all, s.Name)
	}
	for _, name := range members(all) {
		sel, err := estimators.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if sel.Spec.Check(l) == nil {
			names = append(names, name)
		}
	}
	if e.Cells[0] != "gru" {
		return names
	}
	for _, c := range members(estimators.CovariateNames()) {
		names = append(names, "cv-uoro/"+c+"/trace")
	}
	return names
}

func checkSane(t *testing.T, r *Result) {
	t.Helper()
	for _, est := range r.Cells[0].Rows {
		for _, s := range append(est.Steps, est.Pooled) {
			v := s.RelVar.Value
			if s.NonFinite > 0 || !s.RelVar.OK || math.IsNaN(v) || !(v <= 1e5) {
				t.Errorf("%s, step %d: rel_var %v, %d draws not finite; %v", est.Label, s.Step, s.RelVar, s.NonFinite, s.Warnings)
			}
		}
	}
}

// TestNoLossIsRefused: a window without any loss has nothing to estimate, and says so.
func TestNoLossIsRefused(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Task = task.DefaultChoice()
		setCopy(e, 8, 24)
		e.Steps, e.Stride, e.WarmUp = 20, 1, 40
	})
	if _, err := newProblem(e, "gru"); err == nil || !strings.Contains(fmt.Sprint(err), "carries a loss") {
		t.Errorf("error %v", err)
	}
}
