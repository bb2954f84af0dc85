package weights_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"uorobench/bench/task"
	"uorobench/bench/training"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// maxBytes is the promised size of an embedded file: float64 numbers and a
// header.
const maxBytes = 100 << 10

func anbn(t *testing.T) *task.ANBN {
	t.Helper()
	a, err := task.NewANBN(task.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// load is a stage as a network.
func load(t *testing.T, name, stage string) (cell.Cell, *cell.Params, map[string]string) {
	t.Helper()
	return network(t, weights.Source{Cell: name, Stage: stage})
}

func network(t *testing.T, s weights.Source) (cell.Cell, *cell.Params, map[string]string) {
	t.Helper()
	name, stage, symbols := s.Cell, s.Stage, 3
	if stage == "copy" {
		symbols = 6 // with blank and mark
	}
	tensors, metadata, err := weights.Stage(name, stage)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cell.New(name, symbols, 32)
	if err != nil {
		t.Fatal(err)
	}
	var named []cell.Tensor
	numbers := 0
	for _, x := range tensors {
		named = append(named, cell.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
		numbers += len(x.Data)
	}
	if 8*numbers > maxBytes {
		t.Errorf("%s %s: %d numbers", name, stage, numbers)
	}
	p := cell.NewParams(c.Layout(), symbols)
	if err := p.SetTensors(c.Layout(), named); err != nil {
		t.Fatalf("%s %s: %v", name, stage, err)
	}
	return c, p, metadata
}

func number(t *testing.T, metadata map[string]string, key string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(metadata[key], 64)
	if err != nil {
		t.Fatalf("%s = %q: %v", key, metadata[key], err)
	}
	return x
}

// The weights have the loss that their file states: on the very symbols it was
// measured on, and on others, where 20,000 symbols have about 570 strings, whose
// lengths alone move the bits by 2 % (one standard deviation).
func TestEmbeddedLoss(t *testing.T) {
	for _, name := range weights.EmbeddedCells {
		last := math.Inf(1)
		for _, stage := range weights.Stages {
			c, p, metadata := load(t, name, stage)
			stated := number(t, metadata, "bits")
			for _, seed := range []uint64{1, 77} {
				score, err := training.Evaluate(c, p, anbn(t), seed, training.EvaluationSteps)
				if err != nil {
					t.Fatal(err)
				}
				allowed := 0.1 * stated
				if seed == 1 {
					allowed = 1e-6 // the file has six decimals
				}
				if math.Abs(score.Bits-stated) > allowed {
					t.Errorf("%s %s: %v bits on seed %d, the file says %v", name, stage, score.Bits, seed, stated)
				}
			}
			if !(stated < last) || stated < anbn(t).Levels().Perfect {
				t.Errorf("%s %s: %v bits after %v", name, stage, stated, last)
			}
			last = stated
		}
	}
}

// What the stages mean: mid has learned what no memoryless model can know.
func TestStagesHaveLearned(t *testing.T) {
	levels := anbn(t).Levels()
	for _, name := range weights.EmbeddedCells {
		_, _, early := load(t, name, "early")
		_, _, mid := load(t, name, "mid")
		if e := number(t, early, "bits"); e > levels.Unigram/2 || e < levels.Bigram {
			t.Errorf("%s early: %v bits; levels %+v", name, e, levels)
		}
		if m := number(t, mid, "bits"); m > 0.75*levels.Bigram {
			t.Errorf("%s mid: %v bits; levels %+v", name, m, levels)
		}
	}
}

// The single networks have the loss that their file states, and have learned: the LSTM,
// the spiking networks and the GRU that copies are well below what a model without
// memory can reach.
func TestSingleWeightsHaveLearned(t *testing.T) {
	options := task.Defaults()
	options.Length, options.Delay = 4, 4
	copying, err := task.NewCopy(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range weights.Sources[len(weights.EmbeddedCells)*len(weights.Stages):] {
		at, memoryless := task.Task(anbn(t)), anbn(t).Levels().Bigram
		if s.Stage == "copy" {
			at, memoryless = copying, 2 // of four symbols
		}
		c, p, metadata := network(t, s)
		score, err := training.Evaluate(c, p, at, 1, training.EvaluationSteps)
		if err != nil {
			t.Fatal(err)
		}
		if stated := number(t, metadata, "bits"); math.Abs(score.Bits-stated) > 1e-6 || stated > 0.85*memoryless {
			t.Errorf("%s: %v bits, the file says %v; without memory %v", s.File(), score.Bits, stated, memoryless)
		}
	}
}

// The files say how to make them again: by today's experiment of that name, at a
// step that it keeps.
func TestEmbeddedMetadata(t *testing.T) {
	if want := len(weights.EmbeddedCells)*len(weights.Stages) + 4; len(weights.Sources) != want {
		t.Errorf("%d sources, want %d", len(weights.Sources), want)
	}
	for _, s := range weights.Sources {
		_, m, err := weights.Stage(s.Cell, s.Stage)
		if err != nil {
			t.Fatal(err)
		}
		e, err := training.Load(s.Experiment)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(e.Snapshots, s.Step) {
			t.Errorf("%s keeps the steps %v, not %d", s.Experiment, e.Snapshots, s.Step)
		}
		want := map[string]string{
			"cell": s.Cell, "hidden": "32", "method": "rtrl", "task": e.Task.Name, "seed": "1", "steps": strconv.Itoa(s.Step),
			"command": "uorobench train " + s.Experiment + " --out DIR",
		}
		for key, value := range want {
			if m[key] != value {
				t.Errorf("%s: %s is %q, want %q", s.File(), key, m[key], value)
			}
		}
	}
}

func TestStageErrors(t *testing.T) {
	for _, at := range [][2]string{{"lstm", "late"}, {"rnn", "copy"}, {"gru", "final"}, {"", ""}} {
		_, _, err := weights.Stage(at[0], at[1])
		if err == nil || !strings.Contains(err.Error(), "gru early, mid, late, copy; rnn early, mid, late; lstm mid; lif mid; alif mid") {
			t.Errorf("Stage(%q, %q): %v", at[0], at[1], err)
		}
	}
}
