package task

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"uorobench/bench/config"
)

// fileTask makes the task of a file with that content.
func fileTask(t *testing.T, content string, change func(*Options)) (*File, error) {
	t.Helper()
	o := Defaults()
	o.Data = writeFile(t, content)
	if change != nil {
		change(&o)
	}
	return NewFile(o)
}

// All four meetings of vectors and symbols, with a mask where what does not count may
// be anything.
func TestFileSequences(t *testing.T) {
	for _, c := range []struct {
		name, content string
		change        func(*Options)
		want          Sequence
	}{
		{"vectors", "x0,x1,y0,mask\n1,2,3,1\n4,5,,0\n6,7,8,1\n", nil,
			Sequence{X: 2, Y: 1, Real: &Real{Input: [][]float64{{1, 2}, {4, 5}, {6, 7}}, Target: [][]float64{{3}, nil, {8}}}}},
		{"classifier", "x,target,mask\n1.5,-100,0\n2.5,,0\n3.5,1,1\n", nil,
			Sequence{X: 1, Y: 2, Target: []int{NoTarget, NoTarget, 1}, Symbols: []string{"0", "1"}, Real: &Real{Input: [][]float64{{1.5}, {2.5}, {3.5}}}}},
		{"symbols", "input,target\n0,1\n2,0\n1,2\n", nil,
			Sequence{X: 3, Y: 3, Input: []int{0, 2, 1}, Target: []int{1, 0, 2}, Symbols: []string{"0", "1", "2"}}},
		{"symbols to vectors", "input,y1,y0\n0,1,.5\n1,0,.25\n1,2,.75\n", nil,
			Sequence{X: 2, Y: 2, Input: []int{0, 1, 1}, Symbols: []string{"0", "1"}, Real: &Real{Target: [][]float64{{.5, 1}, {.25, 0}, {.75, 2}}}}},
		{"more symbols", "input,target\n0,1\n0,0\n0,1\n", func(o *Options) { o.InputSymbols, o.TargetSymbols = 4, 3 },
			Sequence{X: 4, Y: 3, Input: []int{0, 0, 0}, Target: []int{1, 0, 1}, Symbols: []string{"0", "1", "2", "3"}}},
		{"repetition", "sequence,x,y\n0,1,2\n7,3,4\n7,5,6\n0,9,9\n7,7,8\n", func(o *Options) { o.Repetition = 7 },
			Sequence{X: 1, Y: 1, Real: &Real{Input: [][]float64{{3}, {5}, {7}}, Target: [][]float64{{4}, {6}, {8}}}}},
		{"both losses", "x,y,target\n1,2,0\n2,3,1\n3,4,0\n", func(o *Options) { o.Loss = LossCrossEntropy },
			Sequence{X: 1, Y: 2, Target: []int{0, 1, 0}, Symbols: []string{"0", "1"}, Real: &Real{Input: [][]float64{{1}, {2}, {3}}}}},
	} {
		f, err := fileTask(t, c.content, c.change)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := f.Sequence(nil, 3)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v %+v, %v\nwant %+v %+v", c.name, got, got.Real, err, c.want, c.want.Real)
		}
		before, after := got.Split(1)
		if before.Steps() != 1 || after.Steps() != 2 || after.Squared() != got.Squared() || before.HasLoss(0) != got.HasLoss(0) || after.HasLoss(1) != got.HasLoss(2) || len(after.Vectors()) != 2 || len(after.Vectors()[0]) != got.X {
			t.Errorf("%s: split into %+v and %+v", c.name, before, after)
		}
		if got.Real != nil && got.Real.Input != nil {
			got.Real.Input[0][0] = 77
			if again, _ := f.Sequence(nil, 3); again.Real.Input[0][0] == 77 {
				t.Errorf("%s: sequences share memory", c.name)
			}
		}
	}
}

// One array without a name is to be predicted one step ahead, in the repetition that is
// asked for.
func TestFileOfOneArray(t *testing.T) {
	for _, c := range []struct {
		name, file string
		repetition int
		steps      int
		alphabet   bool
	}{{"vectors", "walk.npy", 0, 10, false}, {"symbols", "symbols.npy", 1, 10, false}} {
		o := Defaults()
		o.Data, o.Repetition = filepath.Join("../testdata/own-data", c.file), c.repetition
		f, err := NewFile(o)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Sequence(nil, c.steps)
		if err != nil {
			t.Fatal(err)
		}
		for at := 1; at < c.steps; at++ {
			if s.Real != nil && !reflect.DeepEqual(s.Real.Input[at], s.Real.Target[at-1]) || s.Real == nil && s.Input[at] != s.Target[at-1] {
				t.Errorf("%s: the target of step %d is not the next value", c.name, at)
			}
		}
		if _, err := f.Sequence(nil, c.steps+1); err == nil || !strings.Contains(err.Error(), "11 steps are wanted, warm-up and window, the file has 10") {
			t.Error(err)
		}
	}
}

func TestFileRefused(t *testing.T) {
	long := strings.Repeat("x", 3)
	for _, c := range []struct {
		content string
		change  func(*Options)
		want    string
	}{
		{"y\n1\n", nil, "no array x [T, X] or input [T]: there are y"},
		{"x\n1\n", nil, "no array y [T, Y] or target [T]: there are x"},
		{"x,input,y\n1,1,1\n", nil, "there are both x and input"},
		{"x,y,reset\n1,1,1\n", nil, "reset: a state that starts anew within a sequence is not measured"},
		{"x,y,h00\n1,1,1\n", nil, `array "h" is not known`},
		{"x,y,h0\n1,1,1\n", nil, `array "h" is not known`},
		{"x,y," + long + "\n1,1,1\n", nil, `array "xxx" is not known: want x or input, y or target, and maybe mask`},
		{"x,y,target\n1,1,1\n", nil, "the file has both y and target: choose mse or cross-entropy"},
		{"x,y\n1,1\n", func(o *Options) { o.Loss = LossCrossEntropy }, "cross-entropy is of target [T], and the file has only y"},
		{"x,target\n1,1\n", func(o *Options) { o.Loss = LossSquared }, "mse is of y [T, Y], and the file has only target"},
		{"x,target\n1,1\n", func(o *Options) { o.Loss = "bernoulli" }, "must be one of by-name, cross-entropy, mse"},
		{"x,y\n1,1\n", func(o *Options) { o.TargetSymbols = 3 }, "has a meaning only for cross-entropy"},
		{"x,y\n1,1\n", func(o *Options) { o.InputSymbols = 3 }, "has a meaning only for data with input"},
		{"x,y\n", nil, "x has no step"},
		{"x0,x1,y\n1,nan,1\n", nil, "line 2, column 2: x is NaN: want a finite number"},
		{"x,y\n1,2\n1,1e999\n", nil, "line 3, column 2: y is +Inf: want a finite number"},
		{"x,y,mask\n1,2,1\n1,,1\n", nil, "line 3, column 2: y is NaN"},
		{"x,y,mask\n1,2,0.5\n", nil, "line 2, column 3: mask is 0.5: want 0, no loss there, or 1"},
		{"input,y\n1.5,2\n", nil, "line 2, column 1: input is 1.5: want a symbol, a whole number from 0 to 1023"},
		{"input,y\n1000000000,2\n", nil, "want a symbol, a whole number from 0 to 1023"},
		{"input,target\n0,1\n0,3\n", func(o *Options) { o.TargetSymbols = 3 }, "line 3, column 2: target is 3: want a symbol, a whole number from 0 to 2"},
		{"input,target\n0,-100\n", nil, "target is -100"},
		{"input,target\n0,0\n", nil, "there is nothing to predict"},
		{"sequence,x,y\n0,1,1\n", func(o *Options) { o.Repetition = 1 }, "none of the file's 1 steps is of it"},
		{"sequence,x,y\n0.5,1,1\n", nil, "line 2, column 1: sequence is 0.5"},
		{"x,y\n1,1\n", func(o *Options) { o.Repetition = 1 }, "one repetition, without a leading axis,: must be a whole number from 0 to 0"},
	} {
		f, err := fileTask(t, c.content, c.change)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, %v\nwant …%s…", c.content, f, err, c.want)
		}
	}
	f, err := fileTask(t, "x,y,mask\n1,1,0\n1,1,0\n1,1,1\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Sequence(nil, 2); err == nil || !strings.Contains(err.Error(), "none of the first 2 steps has a loss") {
		t.Error(err)
	}
}

// What does not fit together in arrays with shapes.
func TestFileShapes(t *testing.T) {
	o := Defaults()
	o.Data = filepath.Join("../testdata/own-data", "mse.npz")
	if f, err := NewFile(o); err != nil || f.whole.X != 3 || f.whole.Y != 2 || f.whole.Steps() != 11 {
		t.Fatalf("%+v, %v", f, err)
	}
	o.Repetition = 2
	if _, err := NewFile(o); err == nil || !strings.Contains(err.Error(), "the file has 2 repetitions: must be a whole number from 0 to 1") {
		t.Error(err)
	}
	for want, shape := range map[string]string{
		"y has 3 steps, x has 2":                   "(3,)",
		"y has shape []: want [T, n], [T]":         "()",
		"y has 3 repetitions, x has one":           "(3, 2, 1)",
		"y has 0 numbers a step: want 1 to 1024":   "(2, 0)",
		"y has 1025 numbers a step":                "(2, 1025)",
		"y has shape [1 1 1 2]: want [T, n], [T],": "(1, 1, 1, 2)",
	} {
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, npzOf(t, map[string]string{"x": "(2, 2)", "y": shape}), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Data, o.Repetition = path, 0
		if _, err := NewFile(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", shape, err, want)
		}
	}
}

// npzOf is an .npz of zeros with arrays of those shapes.
func npzOf(t *testing.T, shapes map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, shape := range shapes {
		f, err := w.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		for _, digits := range strings.FieldsFunc(shape, func(r rune) bool { return r < '0' || r > '9' }) {
			d, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			n *= d
		}
		header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': %s, }", shape)
		fmt.Fprintf(f, "\x93NUMPY\x01\x00%c\x00%s%s", len(header), header, make([]byte, n))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The task has options of its own only with a file; a file that is gone is named.
func TestFileIsNeeded(t *testing.T) {
	o := Defaults()
	if _, err := NewFile(o); err == nil || err.(*config.FieldError).Key != "data" {
		t.Error(err)
	}
	o.Data = filepath.Join(t.TempDir(), "gone.npz")
	if _, err := NewFile(o); err == nil || !strings.Contains(err.Error(), "gone.npz") {
		t.Error(err)
	}
}
