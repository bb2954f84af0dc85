package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/problem"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// warmed is a small experiment whose window starts after 9 steps.
func warmed(name string, change func(e *Experiment)) *Experiment {
	return small(func(e *Experiment) {
		e.Cells, e.Hidden, e.WarmUp, e.Scale = []string{name}, 3, 9, 2
		if change != nil {
			change(e)
		}
	})
}

func mustProblem(t *testing.T, e *Experiment) *problem.Problem {
	t.Helper()
	p, err := newProblem(e, e.Cells[0])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The window after a warm-up is the end of one long run: the same symbols, and the
// same states and derivatives to the bit, every state entry of every cell.
func TestWarmUpIsTheStartOfALongRun(t *testing.T) {
	for _, name := range cell.Names() {
		for _, task := range []string{"anbn", "adding"} {
			set := func(e *Experiment) {
				e.Task.Name = task
				if task == "adding" {
					e.Task.Hi, e.Task.Episode = Default().Task.Hi, 3
				}
			}
			p := mustProblem(t, warmed(name, set))
			long := mustProblem(t, warmed(name, func(e *Experiment) { set(e); e.Steps, e.WarmUp = 9+e.Steps, 0 }))
			before, window := long.Sequence.Split(9)
			if !reflect.DeepEqual(p.WarmUp, before) || !reflect.DeepEqual(p.Sequence, window) {
				t.Errorf("%s, %s: the window's symbols do not follow those of the warm-up", name, task)
			}
			if slices.Max(p.Trajectory.States[0]) == 0 && slices.Min(p.Trajectory.States[0]) == 0 {
				t.Errorf("%s, %s: the warm-up leaves the state at zero, so nothing is tested", name, task)
			}
			if !reflect.DeepEqual(p.Trajectory.States, long.Trajectory.States[9:]) || !reflect.DeepEqual(p.Trajectory.Steps, long.Trajectory.Steps[9:]) {
				t.Errorf("%s, %s: the window is not the end of the long run", name, task)
			}
		}
	}
}

// The exact gradient is that of the window's losses with the state before the
// window held fixed. (newProblem has compared it with BPTT.)
func TestWarmUpGradientAgainstDifferences(t *testing.T) {
	for _, k := range cell.Kinds {
		if k.Surrogate {
			continue
		}
		p := mustProblem(t, warmed(k.Name, func(e *Experiment) { e.Scale = 1 }))
		for m, step := range p.Measured {
			want := oracle.FiniteDifference(p.Cell, p.Params, problem.Vectors(&p.Sequence), p.Trajectory.States[0], step)
			diff, size := 0.0, 0.0
			for j, g := range p.Exact[m] {
				diff, size = diff+(g-want[j])*(g-want[j]), size+want[j]*want[j]
			}
			if !(math.Sqrt(diff) <= 1e-8*math.Sqrt(size)) {
				t.Errorf("%s, step %d: RTRL and differences are %.3g apart", k.Name, step, math.Sqrt(diff/size))
			}
		}
	}
}

// Closed forms and runs over all sign patterns against enumeration, from h_0 ≠ 0.
func TestWarmUpAgainstEnumeration(t *testing.T) {
	for _, name := range []string{"rnn", "lstm"} {
		for _, guard := range []string{"none", "fixed"} {
			e := enumerable(func(e *Experiment) {
				e.Cells, e.Guard, e.WarmUp, e.Scale = []string{name}, guard, 9, 2
				if name == "lstm" {
					e.Steps = 3 // four state entries
				}
			})
			r := mustRun(t, e, RunOptions{})
			for _, est := range r.Cells[0].Rows {
				moments := enumerated(t, e, est, r.Cells[0].Schedule)
				for m, s := range est.Steps {
					checkExact(t, name+" "+guard+" "+est.Label, est, &s, moments[m])
				}
			}
		}
	}
	e := exhaustive(func(e *Experiment) {
		e.WarmUp, e.Scale, e.Detail = 9, 2, []string{DetailSteps, DetailCoordinates}
		e.Estimators = append(e.Estimators, "residual", "nobacktrack")
	})
	for _, est := range mustRun(t, e, RunOptions{}).Cells[0].Rows {
		moments := enumerated(t, e, est, nil)
		for m := range est.Steps {
			checkAll(t, "exhaustive "+est.Label, est, m, moments[m])
		}
	}
}

// The engine and the plain batches agree from h_0 ≠ 0 too.
func TestWarmUpOnTheEngine(t *testing.T) {
	for _, name := range cell.Names() {
		comparePlain(t, warmed(name, func(e *Experiment) {
			e.Estimators = []string{"uoro", "cv-uoro/snap1/trace", "cv-uoro/linear-dense+snap1/trace"}
		}))
	}
}

// Without a warm-up the canonical form has no such key: published hashes stand.
func TestNoWarmUpIsNotEncoded(t *testing.T) {
	for steps, want := range map[int]int{0: 0, 7: 1} {
		e := small(func(e *Experiment) { e.WarmUp = steps })
		if got := strings.Count(string(e.Encode()), "warm_up"); got != want {
			t.Errorf("warm-up %d: the key stands %d times in\n%s", steps, got, e.Encode())
		}
	}
}

func TestWarmUpIsAnAxis(t *testing.T) {
	axis, err := ParseAxis("warm_up=0,64")
	if err != nil {
		t.Fatal(err)
	}
	points, err := Sweep(small(nil), []Axis{axis})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := small(nil).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if points[0].Experiment.Hash() != plain.Hash() || points[1].Experiment.WarmUp != 64 {
		t.Errorf("points of warm-up %d and %d", points[0].Experiment.WarmUp, points[1].Experiment.WarmUp)
	}
}

// A text must have the symbols of the warm-up and of the window, and one more.
func TestWarmUpNeedsText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(strings.Repeat("abc", 10)), 0o600); err != nil {
		t.Fatal(err)
	}
	e := small(func(e *Experiment) { e.Task = Default().Task; e.Task.Name, e.Task.File = "text", file })
	for steps, want := range map[int]string{17: "", 18: fmt.Sprintf("--warm-up 18: task text: %s: 30 steps need 31 symbols from offset 0 on, the file has 30 there", file)} {
		if err := e.Set("warm_up", fmt.Sprint(steps)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := e.Validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("warm-up %d: %q, want %q", steps, got, want)
		}
	}
}

// A warm-up that leaves float64 is told apart from the window.
func TestWarmUpThatDiverges(t *testing.T) {
	e := warmed("linear", func(e *Experiment) { e.Scale, e.WarmUp = 1e6, 200 })
	if _, err := newProblem(e, "linear"); err == nil || !strings.HasPrefix(err.Error(), "warm-up: cell linear: step ") {
		t.Errorf("got %v", err)
	}
}
