package task

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/config"
	"uorobench/bench/noise"

	"pgregory.net/rapid"
)

// numbers is the sequence of random numbers of a seed.
func numbers(seed uint64) *noise.Uniforms {
	return noise.New(seed, noise.Data).Uniforms(0)
}

// writeFile returns the path of a file with the given content.
func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every task: codes in range, symbols named once, a loss somewhere, and the
// sequence a function of the seed of which a shorter one is the start.
func TestConformance(t *testing.T) {
	o := Defaults()
	o.File = writeFile(t, strings.Repeat("to be, or not to be\n", 60))
	o.Episode = 8
	o.Data = writeFile(t, "input,target\n"+strings.Repeat("0,1\n1,2\n2,0\n", 400))
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			task, err := New(name, o)
			if err != nil {
				t.Fatal(err)
			}
			if task.Name() != name {
				t.Errorf("Name() = %q", task.Name())
			}
			rapid.Check(t, func(r *rapid.T) { checkTask(r, task) })
			if _, err := task.Sequence(numbers(1), 0); err == nil {
				t.Error("0 steps are accepted")
			}
		})
	}
}

func checkTask(r *rapid.T, task Task) {
	seed := rapid.Uint64().Draw(r, "seed")
	steps := rapid.IntRange(20, 1000).Draw(r, "steps")
	s, err := task.Sequence(numbers(seed), steps)
	if err != nil {
		r.Fatal(err)
	}
	checkSequence(r, s, steps)
	if !slices.Equal(s.Symbols, task.Alphabet()) {
		r.Fatalf("symbols %q, alphabet %q", s.Symbols, task.Alphabet())
	}
	short := rapid.IntRange(17, steps).Draw(r, "short")
	p, err := task.Sequence(numbers(seed), short)
	if err != nil {
		r.Fatal(err)
	}
	if s.Real != nil {
		checkStart(r, p.Real, s.Real)
	} else if !slices.Equal(p.Input, s.Input[:short]) || !slices.Equal(p.Target, s.Target[:short]) {
		r.Fatalf("the sequence of %d steps is not the start of that of %d", short, steps)
	}
}

// checkStart: a is the start of b.
func checkStart(r *rapid.T, a, b *Real) {
	for t := range a.Input {
		if !slices.Equal(a.Input[t], b.Input[t]) || !slices.Equal(a.Target[t], b.Target[t]) {
			r.Fatalf("step %d is %v → %v, and %v → %v in the longer sequence", t, a.Input[t], a.Target[t], b.Input[t], b.Target[t])
		}
	}
}

func checkSequence(r *rapid.T, s Sequence, steps int) {
	if s.Real != nil {
		checkReal(r, s, steps)
		return
	}
	if s.Steps() != steps || len(s.Target) != steps {
		r.Fatalf("%d inputs and %d targets, want %d", len(s.Input), len(s.Target), steps)
	}
	if s.X != s.Y || s.X != len(s.Symbols) {
		r.Fatalf("X = %d, Y = %d, %d symbols", s.X, s.Y, len(s.Symbols))
	}
	names := slices.Sorted(slices.Values(s.Symbols))
	if len(slices.Compact(names)) != s.X || s.Symbols[0] == "" {
		r.Fatalf("symbols do not have names of their own: %q", s.Symbols)
	}
	losses := 0
	for i := range s.Input {
		if s.Input[i] < 0 || s.Input[i] >= s.X || s.Target[i] < NoTarget || s.Target[i] >= s.Y {
			r.Fatalf("step %d: input %d, target %d", i, s.Input[i], s.Target[i])
		}
		if s.HasLoss(i) {
			losses++
		}
	}
	if losses == 0 {
		r.Fatal("no step has a loss")
	}
}

// checkReal: vectors of the stated lengths, a loss somewhere, no symbols.
func checkReal(r *rapid.T, s Sequence, steps int) {
	if s.Steps() != steps || len(s.Real.Target) != steps || s.Input != nil || s.Target != nil || s.Symbols != nil {
		r.Fatalf("%d inputs and %d targets, want %d, and no symbols", s.Steps(), len(s.Real.Target), steps)
	}
	losses := 0
	for t, x := range s.Vectors() {
		if len(x) != s.X || s.HasLoss(t) && len(s.Real.Target[t]) != s.Y {
			r.Fatalf("step %d: vectors of %d and %d numbers, want %d and %d", t, len(x), len(s.Real.Target[t]), s.X, s.Y)
		}
		if s.HasLoss(t) {
			losses++
		}
	}
	if losses == 0 {
		r.Fatal("no step has a loss")
	}
}

func TestOptionErrors(t *testing.T) {
	with := func(change func(*Options)) Options {
		o := Defaults()
		change(&o)
		return o
	}
	tests := []struct {
		task    string
		options Options
		want    string
	}{
		{"anbm", Defaults(), `task = "anbm": must be one of ` + strings.Join(Names(), ", ")},
		{"anbn", with(func(o *Options) { o.Lo = 0 }), "lo = 0: must be a whole number from 1 to 2^20"},
		{"anbn", with(func(o *Options) { o.Lo = 33 }), "hi = 32: must be 33 to 1048576"},
		{"anbn", with(func(o *Options) { o.Hi = MaxN + 1 }), "hi = 1048577: must be a whole number from 1 to 2^20"},
		{"anbn", with(func(o *Options) { o.Layout = "Run" }), `layout = "Run": must be one of newline, run`},
		{"adding", with(func(o *Options) { o.Episode = 1 }), "episode = 1: must be a whole number from 2 to 2^16"},
		{"copy", with(func(o *Options) { o.Symbols = 1 }), "symbols = 1: must be a whole number from 2 to 64"},
		{"copy", with(func(o *Options) { o.Length = 0 }), "length = 0: must be a whole number from 1 to 2^16"},
		{"copy", with(func(o *Options) { o.Delay = -1 }), "delay = -1: must be a whole number from 0 to 2^16"},
		{"text", Defaults(), `file = "": task text needs a file: must be the path of a text file`},
		{"text", with(func(o *Options) { o.Unit = "word" }), `unit = "word": must be one of byte, rune`},
		{"text", with(func(o *Options) { o.Offset = -2 }), "offset = -2: must be a whole number from 0 to 2^24"},
	}
	for _, tt := range tests {
		got, err := New(tt.task, tt.options)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %q", tt.task, err, tt.want)
			continue
		}
		if got != nil {
			t.Errorf("%s: a task with the error %v", tt.task, err)
		}
		if o := new(config.FieldError); !errors.As(err, &o) || !strings.HasPrefix(tt.want, o.Key+" = ") {
			t.Errorf("%s: %T with field %q", tt.task, err, o.Key)
		}
	}
}

// The defaults build every task that needs no file of the user's.
func TestDefaults(t *testing.T) {
	for _, name := range Names() {
		if _, err := New(name, Defaults()); err != nil && name != "text" && name != "file" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The receiver owns the slices: writing to them changes no later sequence.
func TestSequencesShareNothing(t *testing.T) {
	o := Defaults()
	o.File, o.Data = writeFile(t, strings.Repeat("abc", 30)), writeFile(t, "input,target\n"+strings.Repeat("0,1\n1,0\n", 30))
	for _, name := range Names() {
		task, err := New(name, o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := task.Sequence(numbers(1), 40)
		if err != nil {
			t.Fatal(err)
		}
		if a.Real != nil {
			a.Real.Input[0][0], a.Real.Target[39] = 77, []float64{77}
			if b, err := task.Sequence(numbers(1), 40); err != nil || b.Real.Input[0][0] == 77 || slices.Equal(b.Real.Target[39], a.Real.Target[39]) {
				t.Errorf("%s: sequences share memory: %v, %v", name, b, err)
			}
			continue
		}
		a.Input[0], a.Target[1], a.Symbols[0] = 77, 77, "?"
		b, err := task.Sequence(numbers(1), 40)
		if err != nil {
			t.Fatal(err)
		}
		if b.Input[0] == 77 || b.Target[1] == 77 || b.Input[1] == 77 || b.Symbols[0] == "?" {
			t.Errorf("%s: sequences share memory: %v", name, b)
		}
	}
}
