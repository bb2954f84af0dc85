package reports

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"uorobench/bench/training"
	"uorobench/bench/verify"
)

// smallTraining is a plan that is done in a moment, with everything that has a column.
func smallTraining(t *testing.T) (*training.Experiment, []training.Result) {
	t.Helper()
	e := training.DefaultExperiment()
	err := e.Fields().Read([]byte(`methods = ["rtrl", "cv-uoro/snap1/trace"]
hidden = 3
seeds = 3
steps = 60
record = 10
window = 2
shadow = 5
snapshots = [30, 60]
bits_goals = [1.9, 0.01]
endings_goals = [0.5]
task = { name = "anbn", hi = 3 }
optimizer = { rate = 0.02 }
`), "test")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	results, err := plan.Run(context.Background(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e, results
}

// trainedOf are the rows of results, without files.
func trainedOf(t *testing.T, e *training.Experiment, results []training.Result) *trainedRows {
	t.Helper()
	goals, err := goalRows(e, results)
	if err != nil {
		t.Fatal(err)
	}
	return &trainedRows{experiment: e, curves: curveRows(e, results), trainings: trainingRows(e, results), goals: goals}
}

// No column of a training can be wrong unseen: each is changed and taken away.
func TestNoColumnOfATrainingIsUnseen(t *testing.T) {
	e, results := smallTraining(t)
	e.Snapshots = nil // no files here
	rows := trainedOf(t, e, results)
	if failed := verify.Failures(rows.recheck()); len(failed) > 0 {
		t.Fatalf("%+v", failed)
	}
	for name, list := range map[string]any{"curves": &rows.curves, "trainings": &rows.trainings, "goals": &rows.goals} {
		slice := reflect.ValueOf(list).Elem()
		for _, c := range columnsOf(slice.Type().Elem()) {
			at := largestAt(slice, &c)
			if at < 0 && c.name == "diverged" {
				at = 0 // of no training here; one that is told of is a fault
			}
			if at < 0 {
				t.Errorf("%s.%s is NULL everywhere", name, c.name)
				continue
			}
			for how, by := range map[string]float64{"changed": 1.001, "taken away": 0} {
				if by == 0 && (!c.nullable || c.name == "diverged") {
					continue
				}
				was := reflect.New(slice.Type().Elem()).Elem()
				was.Set(slice.Index(at))
				forgeCell(slice.Index(at), &c, by)
				if len(verify.Failures(rows.recheck())) == 0 {
					t.Errorf("%s.%s is %s in row %d, and nothing is seen", name, c.name, how, at)
				}
				slice.Index(at).Set(was)
			}
		}
	}
}

// A finished training directory holds; one whose weights, page or curve were changed
// does not.
func TestRecheckTraining(t *testing.T) {
	e, results := smallTraining(t)
	path := filepath.Join(t.TempDir(), "training")
	w, err := NewTrainingWriter(path, e)
	if err == nil {
		_, err = w.Finish(results, Origin{Started: time.Unix(1, 0), Ended: time.Unix(2, 0)})
	}
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Recheck(path)
	if err != nil || len(verify.Failures(cases)) > 0 {
		t.Fatalf("%v: %+v", err, verify.Failures(cases))
	}
	for _, c := range cases {
		if c.Skipped != "" {
			t.Errorf("%s is skipped: %s", c.Check.Name, c.Skipped)
		}
	}
	for file, check := range map[string]string{"summary.md": "report", "params-rtrl-1-60.safetensors": "params", "curves/part-00000.parquet": "curves"} {
		spoiled := copyRun(t, path)
		must(t, os.WriteFile(filepath.Join(spoiled, file), []byte("spoiled"), 0o644))
		names := failedChecks(t, spoiled)
		if len(names) < 2 || names[0] != "files" || names[1] != check {
			t.Errorf("%s: fails %v, want files and %s", file, names, check)
		}
	}
}
