package main

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"uorobench/bench/weights"
)

var updateWeights = flag.Bool("update-weights", false, "train the embedded weights anew, for minutes")

// The embedded weights are what `uorobench train` makes today. Without
// -update-weights the early tanh RNN alone is trained again. Another order of
// additions in the kernels may move the last bits, and 2,000 updates with them; a
// change of the method, the noise, the task or the optimiser moves far more than
// 1e-6.
func TestEmbeddedWeights(t *testing.T) {
	if *updateWeights {
		trainEmbedded(t)
		return
	}
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	s := sourceOf(t, "rnn", "early")
	dir, step := filepath.Join(t.TempDir(), "a"), strconv.Itoa(s.Step)
	trainSource(t, s, dir, "--set", "steps="+step, "--set", "snapshots=["+step+"]")
	want, _, err := weights.Stage(s.Cell, s.Stage)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := tensorsOf(t, filepath.Join(dir, s.Trained()))
	for i := range want {
		for j, w := range want[i].Data {
			if math.Abs(got[i].Data[j]-w) > 1e-6 {
				t.Fatalf("%s[%d] = %v, embedded %v: run with -update-weights", want[i].Name, j, got[i].Data[j], w)
			}
		}
	}
}

func sourceOf(t *testing.T, cell, stage string) weights.Source {
	t.Helper()
	for _, s := range weights.Sources {
		if s.Cell == cell && s.Stage == stage {
			return s
		}
	}
	t.Fatalf("no source of %s %s", cell, stage)
	return weights.Source{}
}

func trainSource(t *testing.T, s weights.Source, dir string, more ...string) {
	t.Helper()
	args := append([]string{"train", s.Experiment, "--out", dir, "--quiet"}, more...)
	if status, _, stderr := call(t, args...); status != statusDone {
		t.Fatalf("%v: status %d: %s", args, status, stderr)
	}
}

// trainEmbedded makes all embedded files anew, each training once, several at a
// time.
func trainEmbedded(t *testing.T) {
	by := map[string][]weights.Source{}
	for _, s := range weights.Sources {
		by[s.Experiment] = append(by[s.Experiment], s)
	}
	for name, sources := range by {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), name)
			trainSource(t, sources[0], dir)
			for _, s := range sources {
				embed(t, filepath.Join(dir, s.Trained()), s.File())
			}
		})
	}
}

// embed puts a trained file among the embedded ones.
func embed(t *testing.T, path, name string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "bench", "weights", "data", name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}
