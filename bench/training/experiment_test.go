package training

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestBuiltInExperiments(t *testing.T) {
	for _, name := range BuiltIn() {
		e, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != name {
			t.Errorf("%s calls itself %q", name, e.Name)
		}
		if len(e.Goals()) < 3 {
			t.Errorf("%s: goals %v", name, e.Goals())
		}
	}
	if _, err := Load("train-anbn-quick"); err != nil {
		t.Error(err)
	}
}

// The reference levels of a^n b^n(1,32) with newlines, in bits per symbol: perfect
// is log₂ 32/35, unigram and bigram as published with the task.
func TestLevels(t *testing.T) {
	e, err := Load("train-anbn")
	if err != nil {
		t.Fatal(err)
	}
	l, ok := e.Levels()
	if !ok || math.Abs(l.Perfect-5.0/35) > 1e-12 || math.Abs(l.Bigram-0.368) > 5e-4 || math.Abs(l.Unigram-1.259) > 5e-4 {
		t.Errorf("%+v, %v", l, ok)
	}
	e.Task.Name = "copy"
	if _, ok := e.Levels(); ok {
		t.Error("levels of a task that has none")
	}
}

// What Encode writes is the same experiment, and the default is one that can be
// trained.
func TestEncode(t *testing.T) {
	for _, load := range []func() (*Experiment, error){
		func() (*Experiment, error) { return DefaultExperiment(), nil },
		func() (*Experiment, error) { return Load("train-anbn-quick") },
	} {
		want, err := load()
		if err != nil {
			t.Fatal(err)
		}
		want.Snapshots = []int{1000, 2000}
		text, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "e.toml")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestExperimentErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"steps = 5\nstep = 6\n", `f.toml:2: unknown key "step"; allowed: name, `},
		{"[task]\nlow = 6\n", `f.toml:2: unknown key "task.low"`},
		{"steps = \"many\"\n", "f.toml:1: "},
		{"\n\nsteps = [", "f.toml:3: "},
		{"seed = 3\nsteps = 0\n", "f.toml:2: training: steps = 0: want 1 to"},
		{"[optimizer]\nname = \"sgd\"\nrate = nan\n", "f.toml:3: training: rate = NaN: want 0 to 10"},
		{"[optimizer]\nname = \"adagrad\"\n", `f.toml:2: training: optimizer "adagrad"`},
		{"[task]\nlo = 9\nhi = 8\n", "f.toml:3: hi = 8: want 9 to"},
		{"[task]\nname = \"anbm\"\n", `"anbm"`},
		{"methods = [\"rtrl\", \"uorro\"]\n", `f.toml:1: training: method: unknown estimator "uorro"`},
		{"methods = [\"rtrl\", \"rtrl\"]\n", `f.toml:1: method "rtrl" is listed twice`},
		{"methods = [\"uoro\"]\n", `reference = "rtrl": want one of the methods uoro`},
		{"convention = \"mid\"\n", `f.toml:1: convention = "mid"`},
		{"guard = \"fixed\"\n", `f.toml:1: training: guard "fixed"`},
		{"seeds = 0\n", "f.toml:1: seeds = 0"},
		{"bits_goals = [-1.0]\n", "f.toml:1: bits_goals = -1"},
		{"endings_goals = [90.0]\n", "f.toml:1: endings_goals = 90: want 0 to 1"},
		{"cell = \"elman\"\n", "unknown cell"},
		{"snapshots = [3, 2]\n", "want rising steps"},
	}
	for _, tt := range tests {
		err := DefaultExperiment().Apply([]byte(tt.text), "f.toml")
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
	if _, err := Load("train-nothing"); err == nil || !strings.Contains(err.Error(), "built-in experiments train-anbn") {
		t.Errorf("error %v", err)
	}
}

// A later document replaces single keys, as a command line does after a file.
func TestApplyKeepsOtherKeys(t *testing.T) {
	e, err := Load("train-anbn-quick")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Apply([]byte("steps = 70\noptimizer.name = \"sgd\""), "--set"); err != nil {
		t.Fatal(err)
	}
	if e.Steps != 70 || e.Optimizer.Name != SGD || e.Optimizer.Rate != 3e-3 || e.Task.Hi != 8 {
		t.Errorf("%+v", e)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Base.Steps != 70 || len(p.Seeds) != 3 || p.Seeds[2] != 3 {
		t.Errorf("%+v", p)
	}
}

// Whatever the bytes, Apply ends with an experiment that can be planned or an
// error of one line.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{"", "steps = 9", "[task]\nhi = 3", "[optimizer]\nrate = 1e-3", "methods = []", "seeds = -1", "\"\" = 1", "[[task]]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := DefaultExperiment()
		err := e.Apply(data, "f")
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
		if err == nil {
			if _, err := e.Plan(); err != nil {
				t.Errorf("applied, but no plan: %v", err)
			}
		}
	})
}
