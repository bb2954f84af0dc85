package bench

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"uorobench/bench/input"
	"uorobench/bench/task"
	"uorobench/estimators/cell"
)

var update = flag.Bool("update", false, "write the golden files anew")

// leaves lists the variables of a struct and of the structs in it.
func leaves(v reflect.Value) []any {
	var found []any
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case !v.Type().Field(i).IsExported() || f.Type() == reflect.TypeFor[*input.Files]():
		case f.Kind() == reflect.Struct:
			found = append(found, leaves(f)...)
		default:
			found = append(found, f.Addr().Interface())
		}
	}
	return found
}

// Every variable of an experiment has its field, and no two fields share one, a
// key or a flag.
func TestFieldsAreTheStruct(t *testing.T) {
	e := Default()
	bound, names := map[uintptr]string{}, map[string]bool{}
	for _, f := range e.Fields().Fields {
		bound[reflect.ValueOf(f.Value).Pointer()] = f.Key
		if names[f.Key] || names["--"+f.Flag] {
			t.Errorf("key %s or flag --%s stands for two fields", f.Key, f.Flag)
		}
		names[f.Key], names["--"+f.Flag] = true, true
		if f.Rule.Allowed == "" || f.Key != "over" && (f.Help == "" || f.Group == "") {
			t.Errorf("field %s lacks a help text, a group or a rule", f.Key)
		}
	}
	all := leaves(reflect.ValueOf(e).Elem())
	for _, p := range all {
		if bound[reflect.ValueOf(p).Pointer()] == "" {
			t.Errorf("a variable of type %T has no field", p)
		}
	}
	if len(all) != len(e.Fields().Fields) {
		t.Errorf("%d variables, %d fields", len(all), len(e.Fields().Fields))
	}
}

// plainCopy is e without places, which no comparison should see.
func plainCopy(e *Experiment) *Experiment {
	c := *e
	c.places = nil
	return &c
}

// default.toml spells out what Default says in Go: whoever reads the file reads
// what runs.
func TestDefaultFileIsDefault(t *testing.T) {
	e, err := Load("default")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plainCopy(e), Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("default.toml says\n%s\nDefault says\n%s", got.Encode(), want.Encode())
	}
	empty, err := Parse(nil, "empty.toml")
	if err != nil || !reflect.DeepEqual(plainCopy(empty), Default()) {
		t.Errorf("an empty file: %v, %v", empty, err)
	}
}

func TestBuiltInCanBeRun(t *testing.T) {
	for _, name := range BuiltIn() {
		e, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != name {
			t.Errorf("%s.toml is named %q", name, e.Name)
		}
		if len(e.Over) > 0 {
			if _, err := Sweep(e, e.Over); err != nil {
				t.Error(err)
			}
		} else if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// The canonical form is frozen: it is what hashes of published runs are made of.
func TestCanonicalGolden(t *testing.T) {
	e, err := Load("quick")
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	got := string(r.Encode()) + "# sha256 " + r.Hash() + "\n"
	const golden = "testdata/quick-resolved.toml"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// anyExperiment draws experiments that can be run and do not read a file.
var anyExperiment = rapid.Custom(func(t *rapid.T) *Experiment {
	e := Default()
	e.Name = rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}`).Draw(t, "name")
	e.Cells = rapid.Permutation(cell.Names()).Draw(t, "cells")[:rapid.IntRange(1, 3).Draw(t, "n")]
	e.Weights = WeightsRandom
	e.WeightSeed = rapid.Uint64Range(0, 1<<63-1).Draw(t, "weight seed")
	e.Scale = rapid.Float64Range(1e-300, maxScale).Draw(t, "scale")
	e.Hidden = rapid.IntRange(1, 8).Draw(t, "hidden")
	e.Steps = rapid.IntRange(40, 60).Draw(t, "steps")
	e.Stride = rapid.IntRange(1, 4).Draw(t, "stride")
	e.WarmUp = rapid.IntRange(0, 3).Draw(t, "warm-up")
	e.Seed = rapid.Uint64Range(0, 1<<63-1).Draw(t, "seed")
	e.Groups = rapid.IntRange(2, 40).Draw(t, "groups")
	e.Draws = rapid.Int64Range(Lanes*int64(e.Groups), maxDraws).Draw(t, "draws")
	e.LambdaFit = rapid.SampledFrom([]string{FitPilot, FitCross, FitInSample}).Draw(t, "fit")
	if e.LambdaFit == FitCross {
		e.Folds = rapid.IntRange(2, e.Groups).Draw(t, "folds")
	} else {
		e.Folds = 4
	}
	e.Detail = rapid.Permutation([]string{DetailSteps, DetailCoordinates, DetailDraws}).Draw(t, "detail")[:rapid.IntRange(1, 3).Draw(t, "m")]
	e.Estimators = rapid.SampledFrom([][]string{{"uoro"}, {"rtrl", "cv-uoro/snap1"}, {"cv-uoro/snap1+instant/unit", "cv-uoro/snap1"}}).Draw(t, "estimators")
	if rapid.Bool().Draw(t, "train") {
		e.Estimators = []string{"cv-uoro/linear-dense", "cv-uoro/snap1+learned-diagonal@uoro/unit"}
		e.CovariateTraining.Method = rapid.SampledFrom([]string{TrainingNone, "bptt", "uoro"}).Draw(t, "training")
		e.CovariateTraining.Updates = rapid.IntRange(1, maxUpdates).Draw(t, "updates")
	}
	e.Task.Name = rapid.SampledFrom([]string{"anbn", "copy"}).Draw(t, "task")
	if e.Task.Name == "anbn" {
		e.Task.Hi = rapid.IntRange(1, 99).Draw(t, "hi")
	}
	return e
})

// What is written can be read again and means the same, and Resolve has nothing
// left to do the second time.
func TestEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := anyExperiment.Draw(t, "experiment")
		before := string(given.Encode())
		first, err := given.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if string(given.Encode()) != before {
			t.Fatal("Resolve changed its receiver")
		}
		read, err := Parse(first.Encode(), "config.toml")
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Encode())
		}
		second, err := read.Resolve()
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Encode())
		}
		if !reflect.DeepEqual(first, second) || first.Hash() != second.Hash() {
			t.Fatalf("first\n%s\nsecond\n%s", first.Encode(), second.Encode())
		}
	})
}

// Flags and files mean the same: an experiment told by flags alone.
func TestFlagsMirrorTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyExperiment.Draw(t, "experiment")
		got := Default()
		for _, f := range want.Fields().Fields {
			if f.Key == "over" {
				continue
			}
			if err := got.Set(f.Key, f.Argument()); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(plainCopy(got), want) {
			t.Fatalf("got\n%s\nwant\n%s", got.Encode(), want.Encode())
		}
	})
}

func TestEquivalentExperimentsHaveOneHash(t *testing.T) {
	const plain = "weights = \"random\"\nhidden = 4\nestimators = [\"uoro\", \"cv-uoro/snap1/trace\"]\n"
	want := hashOf(t, plain)
	for _, same := range []string{
		"# a comment\nhidden = 4\nestimators = [\n 'uoro',\n 'cv-uoro/snap1', # trace\n]\nweights = 'random'",
		plain + "draws = 0x28000", plain + "draws = 163_840", plain + "detail = [\"steps\"]",
		plain + "pilot_draws = 40960", plain + "task = { name = \"anbn\", hi = 32 }", plain + "task.lo = 1",
		plain + "scale = 1", plain + "scale = 1.0e0", plain + "warm_up = 0",
	} {
		if got := hashOf(t, same); got != want {
			t.Errorf("another hash for\n%s", same)
		}
	}
	for _, other := range []string{
		plain + "draws = 4097", plain + "seed = 2", plain + "pilot_draws = 1040", plain + "detail = [\"draws\"]",
		plain + "task.lo = 2", plain + "scale = 1.0000000000000002", plain + "name = \"b\"", plain + "noise = \"gaussian\"",
		plain + "warm_up = 1",
	} {
		if hashOf(t, other) == want {
			t.Errorf("the same hash for\n%s", other)
		}
	}
}

func hashOf(t *testing.T, file string) string {
	t.Helper()
	e, err := Parse([]byte(file), "my.toml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Resolve()
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	return r.Hash()
}

// The rule of the pilot draws, by hand: a quarter, at least 512, at least 16 a group.
func TestPilotDraws(t *testing.T) {
	for _, c := range []struct {
		draws, pilot int64
		groups       int
		fit          string
		want         int64
	}{
		{4096, 0, 32, FitPilot, 1024},
		{4099, 0, 32, FitPilot, 1024},
		{1000, 0, 32, FitPilot, 512},
		{2048, 0, 64, FitPilot, 1024},
		{4096, 777, 32, FitPilot, 777},
		{4096, 0, 32, FitCross, 0},
		{4096, 0, 32, FitInSample, 0},
	} {
		e := small(nil)
		e.Draws, e.Pilot, e.Groups, e.LambdaFit = c.draws, c.pilot, c.groups, c.fit
		r, err := e.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if r.Pilot != c.want {
			t.Errorf("%+v: got %d pilot draws", c, r.Pilot)
		}
	}
}

// A flag may replace what a file's other keys depend on.
func TestFlagReplacesTheTask(t *testing.T) {
	e, err := Parse([]byte("weights = \"random\"\nhidden = 4\n[task]\nname = \"anbn\"\nlo = 2\nhi = 5"), "my.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Set("task.name", "copy"); err != nil {
		t.Fatal(err)
	}
	r, err := e.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if want := task.DefaultChoice(); r.Task.Lo != want.Lo || r.Task.Hi != want.Hi || r.Task.Name != "copy" {
		t.Errorf("got %+v, want copy and no trace of the other task", r.Task)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range refusals {
		f.Add([]byte(c.file))
	}
	for _, name := range BuiltIn() {
		data, err := files.ReadFile("experiments/" + name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data, "f.toml")
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "f.toml:") || strings.ContainsAny(text, "\r\n") {
				t.Fatalf("not one line with a place: %q", text)
			}
			return
		}
		again, err := Parse(e.Encode(), "again.toml")
		if err != nil {
			t.Fatalf("%v\n%s", err, e.Encode())
		}
		point := plainCopy(e)
		point.Over = nil // the canonical form is that of one run
		if !reflect.DeepEqual(point, plainCopy(again)) {
			t.Fatalf("%s\nis read again as\n%s", e.Encode(), again.Encode())
		}
	})
}

func ExampleParse() {
	file := []byte("draws = 100_000\ncell = [\"gru\"]\n[task]\nhi = 16\n")
	e, err := Parse(file, "my.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Draws, e.Cells, e.Task.Name, e.Task.Lo, e.Task.Hi)
	_, err = Parse([]byte("draws = 4096\nhiden = 16"), "my.toml")
	fmt.Println(err)
	// Output:
	// 100000 [gru] anbn 1 16
	// my.toml:2: unknown key "hiden"; did you mean "hidden"?
}
