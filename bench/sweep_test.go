package bench

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/config"
)

func TestParseAxis(t *testing.T) {
	for text, want := range map[string]Axis{
		"hidden=8,16,32":        {Key: "hidden", Values: []string{"8", "16", "32"}},
		"weight-seed=1..3":      {Key: "weight_seed", Values: []string{"1", "2", "3"}},
		"task.hi = 4, 8":        {Key: "task.hi", Values: []string{"4", "8"}},
		"hi=4,8":                {Key: "task.hi", Values: []string{"4", "8"}},
		"weights=mid,a..b.file": {Key: "weights", Values: []string{"mid", "a..b.file"}},
	} {
		got, err := ParseAxis(text)
		if err != nil || got.Key != want.Key || !slices.Equal(got.Values, want.Values) {
			t.Errorf("ParseAxis(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"hidden":          "want FIELD=VALUE,VALUE,… or FIELD=FROM..TO",
		"hiden=8,16":      `did you mean "hidden"?`,
		"hidden=8":        "want at least two values, not 1",
		"hidden=8,,9":     "value 2 is empty",
		"hidden=8,9,8":    "value 8 is listed twice",
		"seed=3..1":       "want FROM below TO",
		"seed=1..1000000": "at most 10000 values",
		"seed=3..3":       "want at least two values",
	} {
		if _, err := ParseAxis(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), text) {
			t.Errorf("ParseAxis(%q): %v; want %q", text, err, want)
		}
	}
}

func axesOf(t *testing.T, texts ...string) []Axis {
	t.Helper()
	var axes []Axis
	for _, text := range texts {
		a, err := ParseAxis(text)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, a)
	}
	return axes
}

// A point is the experiment that the same flags give, and base is left alone.
func TestSweepPoints(t *testing.T) {
	base := small(nil)
	before := string(base.Encode())
	points, err := Sweep(base, axesOf(t, "hidden=4,8", "seed=1..3"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range points {
		names = append(names, p.Name())
		alone := small(nil)
		for _, s := range p.Settings {
			if err := alone.Set(s.Key, s.Value); err != nil {
				t.Fatal(err)
			}
		}
		want, err := alone.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.Experiment.Encode()); got != string(want.Encode()) {
			t.Errorf("%s:\n%s\nwant\n%s", p.Name(), got, want.Encode())
		}
	}
	if want := []string{"hidden=4 seed=1", "hidden=4 seed=2", "hidden=4 seed=3", "hidden=8 seed=1", "hidden=8 seed=2", "hidden=8 seed=3"}; !slices.Equal(names, want) {
		t.Errorf("points %v, want %v", names, want)
	}
	if string(base.Encode()) != before {
		t.Error("the sweep changed its base")
	}
}

func TestSweepRefuses(t *testing.T) {
	for _, c := range []struct {
		axes []string
		want string
	}{
		{nil, "no axis"},
		{[]string{"hidden=4,8", "hidden=16,32"}, "two axes of hidden"},
		{[]string{"hidden=4,x"}, "sweep at hidden=x: --hidden x: must be"},
		{[]string{"steps=8,4096", "stride=5000,4"}, "sweep at steps=8 stride=5000"},
		{[]string{"seed=1..200", "weight_seed=1..200"}, "more than 10000 points"},
	} {
		if _, err := Sweep(small(nil), axesOf(t, c.axes...)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want %q", c.axes, err, c.want)
		}
	}
}

// The axes of a file are those of the flags, and only a sweep takes them.
func TestAxesOfAFile(t *testing.T) {
	e, err := Parse([]byte("over = [\"hidden=4,8\", \"weight-seed=1..3\"] # a grid\nweights = \"random\"\n"), "x.toml")
	if err != nil {
		t.Fatal(err)
	}
	if want := axesOf(t, "hidden=4,8", "weight_seed=1..3"); !reflect.DeepEqual(e.Over, want) {
		t.Errorf("axes %+v, want %+v", e.Over, want)
	}
	if _, err := e.Resolve(); err == nil || err.Error() != `the experiment is a sweep, over hidden and weight_seed: use "uorobench sweep"` {
		t.Errorf("Resolve: %v", err)
	}
	points, err := Sweep(e, e.Over)
	if err != nil || len(points) != 6 {
		t.Errorf("%d points, %v", len(points), err)
	}
	for text, want := range map[string]string{
		"over = 3":               "x.toml:1: over = 3: must be a list of axes",
		"\nover = [3]":           "x.toml:2: over = [3]: must be a list of axes",
		"over = [\"hiden=4,8\"]": `x.toml:1: over: axis "hiden=4,8": unknown key "hiden"; did you mean "hidden"?`,
		"over = [\"hidden=4,8\"]\nover = [\"hidden=1,2\"]": "x.toml:2: not valid TOML",
	} {
		if _, err := Parse([]byte(text), "x.toml"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestAxisNumbers(t *testing.T) {
	for text, want := range map[string]bool{
		"hidden=4,8": true, "scale=0.5,1e1": true, "seed=1,2": false, "weights=mid,late": false, "task.delay=0,4": false,
	} {
		if _, ok := axesOf(t, text)[0].Numbers(); ok != want {
			t.Errorf("%s: numbers %v, want %v", text, ok, want)
		}
	}
}

func FuzzParseAxis(f *testing.F) {
	for _, seed := range []string{"hidden=8,16", "seed=1..3", "seed=9223372036854775806..9223372036854775807", "=", "a=b..c", "seed=-1..1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAxis(text)
		if err == nil && (Default().Fields().Lookup(a.Key) == nil || len(a.Values) < 2 || len(a.Values) > config.MaxValues && strings.Contains(text, "..")) {
			t.Errorf("ParseAxis(%q) = %+v", text, a)
		}
	})
}
