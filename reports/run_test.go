package reports

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"uorobench/bench"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

func tiny() *bench.Experiment {
	e := bench.Default()
	e.Cells, e.Hidden, e.Weights = []string{"lstm", "rnn"}, 3, bench.WeightsRandom
	e.Steps, e.Stride, e.Draws, e.Pilot, e.Groups = 12, 4, 200, 128, 8
	e.Task.Hi = 4
	e.Detail = []string{bench.DetailSteps, bench.DetailCoordinates, bench.DetailDraws}
	return e
}

// measureRun runs e and writes it into a new directory.
func measureRun(t *testing.T, e *bench.Experiment, workers int) (string, Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	dir, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewRunWriter(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bench.Run(context.Background(), e, bench.RunOptions{Workers: workers, Draws: w.Sink()})
	if err != nil {
		t.Fatal(err)
	}
	report, err := w.Finish(r, Origin{Started: time.Unix(1, 0), Ended: time.Unix(2, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return path, report
}

func TestRunDirectoryIsTheSameForAnyWorkers(t *testing.T) {
	one, _ := measureRun(t, tiny(), 1)
	seven, _ := measureRun(t, tiny(), 7)
	m, err := ReadManifest(one)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) < 10 {
		t.Errorf("only %d files", len(m.Files))
	}
	for _, f := range m.Files {
		a, errA := os.ReadFile(filepath.Join(one, f.Name))
		b, errB := os.ReadFile(filepath.Join(seven, f.Name))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: other bytes with 7 workers than with 1", f.Name)
		}
	}
	if err := m.Check(one); err != nil {
		t.Error(err)
	}
}

func TestReportReadsBack(t *testing.T) {
	path, want := measureRun(t, tiny(), 2)
	got, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the report from the Parquet is not the one of the run")
	}
	for _, f := range Formats() {
		var a, b bytes.Buffer
		if err := errors.Join(got.Write(&a, f), want.Write(&b, f)); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() || a.Len() == 0 {
			t.Errorf("format %s differs", f)
		}
	}
}

// The draws are a third path to the figures: sums over draws.parquet must give
// those of steps.parquet.
func TestDrawsAddUpToSteps(t *testing.T) {
	path, _ := measureRun(t, tiny(), 2)
	draws, err := Draws.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := Steps.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.Estimator == "rtrl" {
			continue
		}
		n, mse := 0.0, 0.0
		for _, d := range draws {
			if d.Cell == s.Cell && d.Estimator == s.Estimator && d.Covariate == s.Covariate && d.LambdaScope == s.LambdaScope && d.Step == s.Step {
				n++
				mse += d.NormSq - 2*d.Dot + s.ExactNormSq
			}
		}
		want := *s.VarTrace*(n-1)/n + *s.BiasSq + *s.VarTrace/n
		if n != 200 || math.Abs(mse/n-want) > 1e-10*(want+s.ExactNormSq) {
			t.Errorf("%s %s step %d: %v from %v draws, want %v", s.Cell, s.Name(), s.Step, mse/n, n, want)
		}
	}
}

// Whoever has the directory can rebuild the trajectory: weights and sequence
// give the loss that the manifest states, and the sum of the coordinates'
// squares is ‖g‖².
func TestTrajectoryCanBeRebuilt(t *testing.T) {
	path, _ := measureRun(t, tiny(), 1)
	m, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Sequence.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lstm", "rnn"} {
		data, err := os.ReadFile(filepath.Join(path, "params-"+name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		tensors, _, err := weights.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		x := len(m.Symbols)
		c, err := cell.New(name, x, 3)
		if err != nil {
			t.Fatal(err)
		}
		p := cell.NewParams(c.Layout(), x)
		var named []cell.Tensor
		for _, ts := range tensors {
			named = append(named, cell.Tensor{Name: ts.Name, Shape: ts.Shape, Data: ts.Data})
		}
		if err := p.SetTensors(c.Layout(), named); err != nil {
			t.Fatal(err)
		}
		seq := &cell.Sequence{Inputs: x, Outputs: x}
		for _, r := range rows {
			v := make([]float64, x)
			v[r.Input] = 1
			seq.X, seq.Target = append(seq.X, v), append(seq.Target, int(*r.Target))
		}
		tr, err := cell.Run(c, p, seq, nil)
		if err != nil {
			t.Fatal(err)
		}
		bits := tr.Loss / float64(tr.Losses) / math.Ln2
		if math.Abs(bits-m.Bits[name]) > 1e-12 {
			t.Errorf("%s: %v bits rebuilt, the manifest says %v", name, bits, m.Bits[name])
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	dir, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	e := tiny()
	w, err := NewRunWriter(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = bench.Run(ctx, e, bench.RunOptions{Draws: func(d []bench.DrawValue) error {
		cancel()
		return w.Sink()(d)
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if kept, err := w.Abort(); kept != "" || err != nil {
		t.Fatal(kept, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		entries, _ := os.ReadDir(path)
		t.Errorf("left behind: %v", entries)
	}
}

func TestLambdaFitIsMarked(t *testing.T) {
	e := tiny()
	e.Detail, e.LambdaFit, e.Pilot = []string{bench.DetailSteps}, bench.FitInSample, 0
	_, r := measureRun(t, e, 1)
	marked := 0
	for _, s := range r.Summary {
		if s.LambdaFit == bench.FitInSample {
			marked++
		}
		if (s.LambdaFit != "") != strings.HasPrefix(s.Estimator, "cv-") {
			t.Errorf("%s: lambda_fit %q", s.Name(), s.LambdaFit)
		}
	}
	if marked == 0 {
		t.Error("no row says in-sample")
	}
}

// The schedule of guard fixed reads back as it was used, and stands in no other
// run; exact figures come with it and only with it.
func TestFixedScheduleReadsBack(t *testing.T) {
	for _, guard := range []string{"fixed", "code"} {
		e := tiny()
		e.Detail, e.Guard = []string{bench.DetailSteps}, guard
		path, report := measureRun(t, e, 1)
		r, err := bench.Run(context.Background(), e, bench.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := Scales.Read(path)
		if (err == nil) != (guard == "fixed") {
			t.Fatalf("guard %s: reading the schedule: %v", guard, err)
		}
		for _, c := range r.Cells {
			if c.Schedule != nil && !reflect.DeepEqual(ScheduleOf(rows, c.Cell), c.Schedule) {
				t.Errorf("%s: the schedule reads back otherwise", c.Cell)
			}
		}
		for _, s := range report.Steps {
			if (s.VarTraceExact != nil) != (guard == "fixed" && s.Estimator != "rtrl" && !strings.HasPrefix(s.Covariate, "linear")) {
				t.Errorf("guard %s: %s step %d: var_trace_exact %v", guard, s.Name(), s.Step, s.VarTraceExact)
			}
		}
	}
}

// A run over all sign patterns says so, and prints no error but 0.
func TestExhaustiveRunSaysSo(t *testing.T) {
	e := tiny()
	e.Cells, e.Hidden, e.Steps, e.Stride, e.Noise, e.Pilot = []string{"rnn"}, 2, 4, 2, bench.NoiseExhaustive, 0
	e.Detail, e.Estimators = []string{bench.DetailSteps}, []string{"uoro", "cv-uoro/snap1/trace"}
	_, report := measureRun(t, e, 1)
	var out bytes.Buffer
	if err := report.Write(&out, Table); err != nil {
		t.Fatal(err)
	}
	if want := "all 256 sign patterns, so every figure is exact and has no Monte Carlo error"; !strings.Contains(out.String(), want) {
		t.Errorf("the report does not say %q:\n%s", want, out.String())
	}
	for _, s := range report.Steps {
		if *s.BiasSq != 0 || *s.VarTraceMCSE != 0 || *s.CosineMCSE != 0 || s.Covariate != "" && (*s.LambdaMCSE != 0 || s.LambdaFit != "exact") {
			t.Errorf("%s step %d: %+v", s.Name(), s.Step, s.Figures)
		}
	}
}

// The rows of the sums read back with the report, and stand in its table.
func TestTotalsReadBack(t *testing.T) {
	e := tiny()
	e.Detail = []string{bench.DetailSteps, bench.DetailTotal}
	path, want := measureRun(t, e, 1)
	got, err := ReadReport(path)
	if err != nil || len(want.Total) != len(want.Summary) || !reflect.DeepEqual(got, want) {
		t.Fatalf("%d rows, want %d; error %v", len(got.Total), len(want.Summary), err)
	}
	var out bytes.Buffer
	if err := got.Write(&out, Table); err != nil || strings.Count(out.String(), totalTitle) != len(e.Cells) {
		t.Errorf("error %v, report:\n%s", err, out.String())
	}
}

// Wherever the disk fills up, nothing stands under the run's name, and what is kept
// beside it has whole files only and no manifest.
func TestFullDiskSetsTheRunAside(t *testing.T) {
	e := tiny()
	result, err := bench.Run(context.Background(), e, bench.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e.Detail, result.Experiment.Detail = nil, nil
	aside, full := 0, math.MaxInt
	for limit := 0; limit < full; limit += 7001 {
		path := filepath.Join(t.TempDir(), "run")
		dir, err := CreateDir(path)
		if err != nil {
			t.Fatal(err)
		}
		left := &brokenWriter{left: limit}
		dir.wrap = func(w io.Writer) io.Writer { return &limited{w, left} }
		w, err := NewRunWriter(dir, e)
		if errors.Is(err, errBroken) { // before the first draw
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("limit %d: something was left: %v", limit, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finish(result, Origin{}); err == nil {
			full = limit
		} else if !errors.Is(err, errBroken) {
			t.Fatalf("limit %d: %v", limit, err)
		}
		kept, err := w.Abort()
		if err != nil {
			t.Fatal(err)
		}
		if full == limit {
			if _, err := ReadManifest(path); err != nil || kept != "" {
				t.Errorf("limit %d: a finished run was aborted: %q, %v", limit, kept, err)
			}
			continue
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("limit %d: the name is taken", limit)
		}
		if kept == "" {
			continue
		}
		aside++
		if kept != path+Unfinished {
			t.Errorf("limit %d: kept in %s", limit, kept)
		}
		for _, name := range names(t, kept) {
			if strings.Contains(name, ".tmp-") || name == ManifestName {
				t.Errorf("limit %d: kept %s", limit, name)
			}
		}
	}
	if aside < 3 {
		t.Errorf("only %d runs were set aside; the test shows little", aside)
	}
}

// A second run that fails under one name does not take the place of the first.
func TestSetAsideTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	for _, want := range []string{path + Unfinished, path + Unfinished + "-2", path + Unfinished + "-3"} {
		dir, err := CreateDir(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.WriteFile("a", func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if kept, err := dir.SetAside(); kept != want || err != nil {
			t.Errorf("kept in %q, %v; want %q", kept, err, want)
		}
	}
}
