package training

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"uorobench/bench/config"
	"uorobench/bench/input"
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
		text := want.Encode()
		path := filepath.Join(t.TempDir(), "e.toml")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got.places, want.places = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// planned reads a document over e, and plans.
func planned(e *Experiment, text, name string) (*Plan, error) {
	if err := e.Fields().Read([]byte(text), name); err != nil {
		return nil, err
	}
	return e.Plan()
}

// Every variable of an experiment has its field, but for those of Config that the
// experiment spells otherwise.
func TestFieldsAreTheStruct(t *testing.T) {
	e := DefaultExperiment()
	bound := map[uintptr]bool{}
	for _, f := range e.Fields().Fields {
		bound[reflect.ValueOf(f.Value).Pointer()] = true
		if f.Help == "" || f.Group == "" || f.Rule.Allowed == "" {
			t.Errorf("field %s lacks a help text, a group or a rule", f.Key)
		}
	}
	for _, spelled := range []any{&e.Config.Task, &e.Method, &e.Config.Convention} {
		bound[reflect.ValueOf(spelled).Pointer()] = true
	}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case !v.Type().Field(i).IsExported() || f.Type() == reflect.TypeFor[*input.Files]():
			case f.Kind() == reflect.Struct:
				walk(f)
			case !bound[f.Addr().Pointer()]:
				t.Errorf("%s has no field", v.Type().Field(i).Name)
			}
		}
	}
	walk(reflect.ValueOf(e).Elem())
}

// What is written is read as the same experiment, and the other tasks' options
// make no difference.
func TestEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := DefaultExperiment()
		e.Name = rapid.String().Draw(t, "name")
		e.Hidden, e.Steps, e.Seeds = rapid.IntRange(1, 9).Draw(t, "hidden"), rapid.IntRange(1, 1<<30).Draw(t, "steps"), rapid.IntRange(1, 3).Draw(t, "seeds")
		e.Seed, e.Shadow = rapid.Uint64Range(0, 1<<62).Draw(t, "seed"), rapid.IntRange(0, 1<<30).Draw(t, "shadow")
		e.Optimizer.Rate, e.Optimizer.Clip = rapid.Float64Range(0, 10).Draw(t, "rate"), rapid.Float64Range(0, math.MaxFloat64).Draw(t, "clip")
		e.Methods = rapid.Permutation([]string{"rtrl", "uoro", "snap1", "cv-uoro/snap1/one"}).Draw(t, "methods")
		e.Snapshots = rapid.SampledFrom([][]int{nil, {}, {1}}).Draw(t, "snapshots")
		e.BitsGoals = rapid.SliceOfN(rapid.Float64Range(0, 64), 0, 3).Draw(t, "goals")
		e.Convention = rapid.SampledFrom([]string{"pre", "post"}).Draw(t, "convention")
		e.Task.Name = rapid.SampledFrom([]string{"anbn", "copy"}).Draw(t, "task")
		if e.Task.Name == "copy" {
			e.Task.Delay = rapid.IntRange(0, 9).Draw(t, "delay")
		} else {
			e.Task.Hi = rapid.IntRange(1, 99).Draw(t, "hi")
		}
		again := DefaultExperiment()
		if _, err := planned(again, string(e.Encode()), "again.toml"); err != nil {
			t.Fatalf("%v\n%s", err, e.Encode())
		}
		if d := config.Differences(e.Fields(), again.Fields()); len(d) > 0 {
			t.Fatalf("%v of\n%s", d, e.Encode())
		}
		e.Task.Length = 77
		if e.Task.Name != "copy" && string(e.Encode()) != string(again.Encode()) {
			t.Fatal("an option of another task moves the canonical form")
		}
	})
}

func TestExperimentErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"steps = 5\nstep = 6\n", `f.toml:2: unknown key "step"; did you mean "steps"?`},
		{"temperature = 5\n", `f.toml:1: unknown key "temperature"; allowed: task.name, `},
		{"[task]\nlow = 6\n", `f.toml:2: unknown key "task.low"; did you mean "task.lo"?`},
		{"steps = \"many\"\n", `f.toml:1: steps = "many": must be a whole number from 1 to 2^30`},
		{"\n\nsteps = [", "f.toml:3: not valid TOML: "},
		{"seed = 3\nsteps = 0\n", "f.toml:2: steps = 0: must be a whole number from 1 to 2^30"},
		{"[optimizer]\nname = \"sgd\"\nrate = nan\n", "f.toml:3: optimizer.rate = nan: must be a number from 0 to 10"},
		{"[optimizer]\nname = \"adagrad\"\n", `f.toml:2: optimizer.name = "adagrad": must be one of adam, sgd`},
		{"[task]\nlo = 9\nhi = 8\n", "f.toml:3: task.hi = 8: must be 9 to"},
		{"[task]\nlo = 9\n[task]\nhi = 8\n", "f.toml:3: not valid TOML: "},
		{"[task]\nname = \"anbm\"\n", `f.toml:2: task.name = "anbm": must be one of anbn, `},
		{"[task]\nname = \"adding\"\n", `f.toml:2: task.name = "adding": training is on tasks of symbols`},
		{"[task]\nname = \"text\"\n", `f.toml:2: task.name = "text": task text needs a file: must be the path of a text file`},
		{"[task]\ndelay = 3\n", `f.toml:2: task.delay = 3: has a meaning only with task.name = "copy", and task.name is "anbn"`},
		{"methods = [\"rtrl\", \"uorro\"]\n", `f.toml:1: methods = ["rtrl", "uorro"]: unknown estimator "uorro"`},
		{"methods = [\"rtrl\", \"rtrl\"]\n", `f.toml:1: methods = ["rtrl", "rtrl"]: "rtrl" is listed twice`},
		{"methods = []\n", `f.toml:1: methods = []: must have at least one entry`},
		{"methods = [\"uoro\"]\n", `f.toml:1: methods = ["uoro"]: reference = "rtrl" must be one of the methods uoro`},
		{"reference = \"uorro\"\n", `f.toml:1: reference = "uorro": reference = "uorro" must be one of the methods rtrl, `},
		{"draws = 9\n", `f.toml:1: draws = 9: must be a whole number from 1 to 8 with method cv-uoro/snap1/trace`},
		{"convention = \"mid\"\n", `f.toml:1: convention = "mid": must be one of pre, post`},
		{"guard = \"fixed\"\n", `f.toml:1: guard = "fixed": must be one of code, paper, none`},
		{"seeds = 0\n", "f.toml:1: seeds = 0: must be a whole number from 1 to 1000"},
		{"bits_goals = [-1.0]\n", "f.toml:1: bits_goals = [-1.0]: must be a list of numbers from 0 to 64"},
		{"endings_goals = [90.0]\n", "f.toml:1: endings_goals = [90.0]: must be a list of numbers from 0 to 1"},
		{"cell = \"elman\"\n", `f.toml:1: cell = "elman": must be one of rnn, gru`},
		{"snapshots = [3, 2]\n", "f.toml:1: snapshots = [3, 2]: must be a list of whole numbers from 1 on that rises"},
		{"snapshots = [3, 2.5]\n", "f.toml:1: snapshots = [3, 2.5]: must be a list of whole numbers from 1 on that rises"},
		{"snapshots = [3, 11000]\n", "f.toml:1: snapshots = [3, 11000]: must be steps from 1 to steps = 10000"},
	}
	for _, tt := range tests {
		_, err := planned(DefaultExperiment(), tt.text, "f.toml")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
	if _, err := Load("train-nothing"); err == nil || !strings.Contains(err.Error(), "built-in experiments train-anbn") {
		t.Errorf("error %v", err)
	}
}

// A later document replaces single keys, as a command line does after a file.
func TestReadKeepsOtherKeys(t *testing.T) {
	e, err := Load("train-anbn-quick")
	if err != nil {
		t.Fatal(err)
	}
	p, err := planned(e, "steps = 70\noptimizer.name = \"sgd\"", "more.toml")
	if err != nil {
		t.Fatal(err)
	}
	if e.Steps != 70 || e.Optimizer.Name != SGD || e.Optimizer.Rate != 3e-3 || e.Task.Hi != 8 {
		t.Errorf("%+v", e)
	}
	if p.Base.Steps != 70 || len(p.Seeds) != 3 || p.Seeds[2] != 3 {
		t.Errorf("%+v", p)
	}
}

// Whatever the bytes, Read and Plan end with a plan, whose experiment is read
// again from its canonical form, or an error of one line.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "steps = 9", "[task]\nhi = 3", "[optimizer]\nrate = 1e-3", "methods = []", "seeds = -1", "\"\" = 1", "[[task]]", "\ufeffsteps = 1e3"} {
		f.Add([]byte(seed))
	}
	for _, name := range BuiltIn() {
		data, err := files.ReadFile("experiments/" + name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := DefaultExperiment()
		if _, err := planned(e, string(data), "f"); err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		again := DefaultExperiment()
		if _, err := planned(again, string(e.Encode()), "again"); err != nil || string(again.Encode()) != string(e.Encode()) {
			t.Errorf("%v; read again:\n%s\nfirst:\n%s", err, again.Encode(), e.Encode())
		}
	})
}
