package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"uorobench/bench"
	"uorobench/bench/training"
	"uorobench/bench/weights"
	"uorobench/reports"
)

// brief are arguments for a training of a moment: three methods, two seeds.
func brief(dir string, more ...string) []string {
	return append([]string{
		"train", "train-anbn-quick", "--out", dir, "--set", `methods=["rtrl","uoro","cv-uoro/snap1/trace"]`, "--set", "hidden=4",
		"--set", "seeds=2", "--set", "steps=900", "--set", "record=100", "--set", "task.hi=3", "--set", "bits_goals=[1.2,0.01]",
		"--set", "endings_goals=[0.5]", "--set", "snapshots=[400,900]", "--quiet",
	}, more...)
}

// made are the files of such a training that must not depend on anything but
// its experiment.
var made = []string{
	"config.toml", "curves/part-00000.parquet", "trainings.parquet", "goals.parquet", "summary.md", "summary.json",
	"curves.svg", "curves.png", "params-rtrl-1-400.safetensors", "params-cv-uoro-snap1-trace-2-900.safetensors",
}

func sameFiles(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range made {
		sameBytes(t, filepath.Join(a, name), filepath.Join(b, name))
	}
}

func sameBytes(t *testing.T, a, b string) {
	t.Helper()
	x, err1 := os.ReadFile(a)
	y, err2 := os.ReadFile(b)
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(x, y) {
		t.Errorf("%s and %s differ (%v)", a, b, err)
	}
}

func TestTrainThenReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "a")
	status, printed, stderr := call(t, brief(dir)...)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"Steps to 1.20 bits", "Steps to 0.01 bits", "> 900", "cv-uoro/snap1/trace", "0 of 2"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
	if status, again, _ := call(t, "report", dir); status != 0 || again != printed {
		t.Errorf("status %d, printed\n%s\nand then\n%s", status, printed, again)
	}
	figure := filepath.Join(t.TempDir(), "again.svg")
	if status, again, _ := call(t, "report", dir, "--figure", figure); status != 0 || again != printed {
		t.Errorf("with a figure: status %d, printed\n%s", status, again)
	}
	sameBytes(t, figure, filepath.Join(dir, "curves.svg"))
	m, err := reports.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	// config, curves, trainings, goals, summaries, figures, 3 methods × 2 seeds × 2 snapshots
	if err := m.Check(dir); err != nil || len(m.Files) != 8+12 {
		t.Errorf("%d files, %v", len(m.Files), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoints")); err == nil {
		t.Error("a finished training still has checkpoints")
	}
}

// The loop from learning to variance and back: run measures at the weights that
// train kept, exactly.
func TestRunAtTrainedWeights(t *testing.T) {
	tmp := t.TempDir()
	trained, measured := filepath.Join(tmp, "t"), filepath.Join(tmp, "m")
	if status, _, stderr := call(t, brief(trained)...); status != 0 {
		t.Fatal(stderr)
	}
	at := filepath.Join(trained, "params-cv-uoro-snap1-trace-2-900.safetensors")
	status, _, stderr := call(t, "run", "quick", "--cell", "gru", "--hidden", "4", "--hi", "3", "--weights", at,
		"--draws", "512", "--steps", "16", "--out", measured, "--quiet")
	if status != 0 {
		t.Fatal(stderr)
	}
	want, _ := tensorsOf(t, at)
	got, _ := tensorsOf(t, filepath.Join(measured, "params-gru.safetensors"))
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name || !equalBits(got[i].Data, want[i].Data) {
			t.Errorf("measured at other weights: %s", want[i].Name)
		}
	}
}

func tensorsOf(t *testing.T, path string) ([]weights.Tensor, map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tensors, meta, err := weights.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return tensors, meta
}

func equalBits(a, b []float64) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return len(a) > 0
}

// tired is a context that a signal ends when it was asked so many times whether
// it has ended.
type tired struct {
	context.Context
	left   atomic.Int64
	cancel context.CancelCauseFunc
}

func newTired(asked int64) *tired {
	inner, cancel := context.WithCancelCause(context.Background())
	c := &tired{Context: inner, cancel: cancel}
	c.left.Store(asked)
	return c
}

func (c *tired) Err() error {
	if c.left.Add(-1) == 0 {
		c.cancel(interrupted{syscall.SIGINT})
	}
	return c.Context.Err()
}

// A training that is interrupted twice, once within a run, ends on the bytes of
// one that was not, at another number of workers.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	tmp := t.TempDir()
	whole, cut := filepath.Join(tmp, "whole"), filepath.Join(tmp, "cut")
	if status, _, stderr := call(t, brief(whole, "--workers", "1")...); status != 0 {
		t.Fatal(stderr)
	}
	for i, more := range [][]string{{"--workers", "1"}, {"--workers", "2", "--resume"}} {
		var stdout, stderr bytes.Buffer
		status := run(newTired(int64(20+30*i)), brief(cut, more...), &stdout, &stderr)
		want := "uorobench: interrupted (interrupt): checkpoints are kept in " + cut + "; go on with --resume\n"
		if status != 130 || stderr.String() != want || stdout.Len() > 0 {
			t.Fatalf("status %d, stderr %q, stdout %q", status, &stderr, &stdout)
		}
	}
	if files, _ := os.ReadDir(filepath.Join(cut, "checkpoints")); len(files) == 0 {
		t.Error("no checkpoint was kept")
	}
	// What an end that was cut off leaves must not be in the way.
	if err := os.WriteFile(filepath.Join(cut, "goals.parquet"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := call(t, brief(cut, "--resume")...); status != 0 {
		t.Fatal(stderr)
	}
	sameFiles(t, whole, cut)
}

func TestTrainConfigTrainsAgain(t *testing.T) {
	tmp := t.TempDir()
	first, second := filepath.Join(tmp, "1"), filepath.Join(tmp, "2")
	if status, _, stderr := call(t, brief(first)...); status != 0 {
		t.Fatal(stderr)
	}
	if status, _, stderr := call(t, "train", filepath.Join(first, "config.toml"), "--out", second, "--workers", "3", "-q"); status != 0 {
		t.Fatal(stderr)
	}
	sameFiles(t, first, second)
}

// Bad use is status 2, one line, and no directory.
func TestBadTraining(t *testing.T) {
	tmp := t.TempDir()
	t.Chdir(tmp)
	if status, _, stderr := call(t, brief("done")...); status != 0 {
		t.Fatal(stderr)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"train"}, "uorobench: missing flags: --out=DIR"},
		{[]string{"train", "absent.toml", "--out", "x"}, `uorobench: training "absent.toml": no such file, and not one of the built-in experiments train-anbn`},
		{[]string{"train", "--out", "x", "--set", "steps"}, `uorobench: --set "steps": want KEY=VALUE on one line`},
		{[]string{"train", "--out", "x", "--set", "a b=1"}, `uorobench: --set "a b=1": want KEY=VALUE on one line`},
		{[]string{"train", "--out", "x", "--set", "step=1"}, `uorobench: --set: unknown key "step"; did you mean "steps"?`},
		{[]string{"train", "--out", "x", "--set", "seeds=2", "--set", "cell=gruu"}, `uorobench: --set cell=gruu: must be one of rnn, gru, `},
		{[]string{"train", "--out", "x", "--rate", "11"}, "uorobench: --rate 11: must be a number from 0 to 10"},
		{[]string{"train", "--out", "x", "--snapshots", "20,10"}, "uorobench: --snapshots 20,10: must be a list of whole numbers from 1 on that rises"},
		{[]string{"train", "--out", "x", "--steps", "5", "--set", "steps=6"}, "uorobench: --set steps=6: --steps gives it as well: use one of them"},
		{[]string{"train", "--out", "x", "--steps", "5", "--snapshots", "[1, 6]"}, `uorobench: --snapshots "[1, 6]": must be steps from 1 to steps = 5`},
		{[]string{"train", "--out", "x", "--workers=-1"}, "uorobench: --workers -1: must be a whole number from 0"},
		{[]string{"train", "--out", "x", "--resume"}, "uorobench: nothing to resume in x: "},
		{[]string{"report", "done", "--figure", "x.pdf"}, "uorobench: figure x.pdf: ends in"},
		{[]string{"report", ".", "--figure", "x.svg"}, "uorobench: --figure: . is no training directory"},
		{brief("done"), "uorobench: run directory done is not empty"},
		{brief("done", "--resume"), "uorobench: nothing to resume in done: the training is finished"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != 2 || stdout != "" || !strings.HasPrefix(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q, stderr %q, want %q…", c.args, status, stdout, stderr, c.want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("bad use left a directory")
	}
}

// An experiment that differs is not mixed into another's directory.
func TestResumeWantsTheSameExperiment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	var stdout, stderr bytes.Buffer
	if status := run(newTired(5), brief(dir), &stdout, &stderr); status != 130 {
		t.Fatalf("status %d, stderr %q", status, &stderr)
	}
	status, _, said := call(t, brief(dir, "--resume", "--set", "window=3")...)
	if status != 2 || !strings.Contains(said, `it has "window = 4", this one "window = 3"`) {
		t.Errorf("status %d, stderr %q", status, said)
	}
}

func TestTrainingProgressAddsUp(t *testing.T) {
	var last bench.Progress
	tell := trainingProgress(func(p bench.Progress) { last = p })
	tell(training.Progress{Run: 0, Runs: 3, Method: "rtrl", Seed: 1, Done: 10, Steps: 50})
	tell(training.Progress{Run: 2, Runs: 3, Method: "uoro", Seed: 7, Done: 20, Steps: 50})
	tell(training.Progress{Run: 0, Runs: 3, Method: "rtrl", Seed: 1, Done: 30, Steps: 50})
	if want := (bench.Progress{Cell: "rtrl", Phase: "seed 1", Done: 50, Total: 150}); last != want {
		t.Errorf("got %+v, want %+v", last, want)
	}
	if trainingProgress(nil) != nil {
		t.Error("a training that is not shown reports")
	}
}
