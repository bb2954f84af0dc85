package reports

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/verify"
)

// failedChecks names the checks that a run directory fails.
func failedChecks(t *testing.T, path string) []string {
	t.Helper()
	cases, err := Recheck(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range verify.Failures(cases) {
		if !slices.Contains(names, c.Check.Name) {
			names = append(names, c.Check.Name)
		}
	}
	return names
}

func TestRecheckHolds(t *testing.T) {
	path, _ := measureRun(t, tiny(), 2)
	cases, err := Recheck(path)
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]int{}
	for _, c := range cases {
		if !c.Passed() || c.Skipped != "" {
			t.Errorf("%s %+v: error %v %s %s", c.Check.Name, c.Subject, c.Error, c.Failure, c.Skipped)
		}
		compared[c.Check.Name]++
	}
	e := tiny()
	rows := len(e.Cells) * len(e.Estimators)
	if compared["exact gradient"] != len(e.Cells) || compared["summary"] != rows || compared["draws"] != rows || compared["columns"] != rows {
		t.Errorf("compared %v", compared)
	}
}

// A run with a warm-up is rebuilt from the kept symbols before the window, cells
// with two parts of the state and with spikes too; without them it is another.
func TestRecheckKnowsTheWarmUp(t *testing.T) {
	e := tiny()
	e.Cells, e.WarmUp, e.Scale = []string{"lstm", "alif"}, 21, 2
	path, _ := measureRun(t, e, 2)
	if got := failedChecks(t, path); len(got) > 0 {
		t.Errorf("fails %v", got)
	}
	rows, err := Sequence.Read(path)
	if err != nil || len(rows) != 21+12 || rows[0].Step != -20 || rows[20].Step != 0 || rows[32].Step != 12 {
		t.Fatalf("%d rows of the sequence (%v)", len(rows), err)
	}
	m, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	d := newDir(t)
	if err := Sequence.WriteAll(d, m.ConfigSHA256, rows[1:]); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(path, Sequence.File(0)), d.place(Sequence.File(0)))
	if got, want := failedChecks(t, path), []string{"files", "exact gradient"}; !holdsAll(got, want) {
		t.Errorf("with a symbol less before the window: fails %v, want %v", got, want)
	}
}

// holdsAll says whether all that is wanted fails: a fault shows in other checks as
// well. Where nothing is wanted, nothing may fail.
func holdsAll(got, want []string) bool {
	for _, name := range want {
		if !slices.Contains(got, name) {
			return false
		}
	}
	return len(want) > 0 || len(got) == 0
}

// forge changes the rows of a run and makes the manifest fit, as one would who
// wants a figure to pass.
func forge(t *testing.T, path string, change func(r *Report)) {
	t.Helper()
	r, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	change(&r)
	d := newDir(t)
	if err := errors.Join(Steps.WriteAll(d, m.ConfigSHA256, r.Steps), Summary.WriteAll(d, m.ConfigSHA256, r.Summary),
		Lambdas.WriteAll(d, m.ConfigSHA256, r.Lambdas)); err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Files() {
		at := slices.IndexFunc(m.Files, func(old FileEntry) bool { return old.Name == f.Name })
		m.Files[at] = f
		copyFile(t, filepath.Join(path, f.Name), d.place(f.Name))
	}
	var text bytes.Buffer
	if err := errors.Join(encodeJSON(&text, m), os.WriteFile(filepath.Join(path, ManifestName), text.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err = errors.Join(err, os.WriteFile(to, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// copyRun copies a run directory, for one test to spoil.
func copyRun(t *testing.T, run string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(path, os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	return path
}

// scaledBy returns a changed copy of a figure.
func scaledBy(x *float64, factor float64) *float64 {
	v := *x * factor
	return &v
}

// Every forged figure shows in the check that is there for it, and the manifest
// alone does not see it.
func TestRecheckSeesForgery(t *testing.T) {
	run, _ := measureRun(t, tiny(), 2)
	of := func(rows []SummaryRow, name string) *SummaryRow {
		return &rows[slices.IndexFunc(rows, func(s SummaryRow) bool { return s.Name() == name })]
	}
	for _, tt := range []struct {
		name   string
		change func(r *Report)
		want   []string
	}{
		{"nothing", func(*Report) {}, nil},
		{"var_trace of the summary", func(r *Report) {
			s := of(r.Summary, "uoro")
			s.VarTrace = scaledBy(s.VarTrace, 0.999)
		}, []string{"summary"}},
		{"var_ratio of the summary", func(r *Report) {
			s := of(r.Summary, "cv-uoro/snap1/trace")
			s.VarRatio = scaledBy(s.VarRatio, 0.999)
		}, []string{"summary"}},
		{"bias_sq of the summary", func(r *Report) {
			s := of(r.Summary, "uoro")
			s.BiasSq = scaledBy(s.BiasSq, 0.9)
		}, []string{"summary"}},
		{"a coefficient at a step", func(r *Report) {
			i := slices.IndexFunc(r.Lambdas, func(l LambdaRow) bool { return l.Step != nil && l.LambdaScope == "trace" })
			r.Lambdas[i].Lambda = scaledBy(r.Lambdas[i].Lambda, 1.0001)
		}, []string{"summary"}},
		{"a coefficient over all steps", func(r *Report) {
			r.Lambdas[0].Lambda = scaledBy(r.Lambdas[0].Lambda, 1.0001)
		}, []string{"summary"}},
		{"a step is gone", func(r *Report) { r.Steps = r.Steps[1:] }, []string{"summary"}},
		{"mse of a step", func(r *Report) {
			i := slices.IndexFunc(r.Steps, func(s StepRow) bool { return s.Name() == "uoro" })
			r.Steps[i].MSE = scaledBy(r.Steps[i].MSE, 1.001)
		}, []string{"summary", "draws"}},
		{"n_draws of a step", func(r *Report) {
			i := slices.IndexFunc(r.Steps, func(s StepRow) bool { return s.Name() == "uoro" })
			r.Steps[i].NDraws++
		}, []string{"draws"}},
		{"the exact gradient, everywhere", func(r *Report) {
			for i := range r.Steps {
				r.Steps[i].ExactNormSq *= 1.0001
			}
			for i := range r.Summary {
				r.Summary[i].ExactNormSq *= 1.0001
			}
		}, []string{"exact gradient", "summary", "draws"}},
		{"the exact gradient of one row", func(r *Report) { r.Steps[0].ExactNormSq *= 1.0001 }, []string{"exact gradient", "summary"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := copyRun(t, run)
			forge(t, path, tt.change)
			if got := failedChecks(t, path); !holdsAll(got, tt.want) {
				t.Errorf("fails %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRecheckSeesDamage(t *testing.T) {
	const params = "params-lstm.safetensors"
	run, _ := measureRun(t, tiny(), 2)
	for _, tt := range []struct {
		name   string
		damage func(path string) error
		want   []string
	}{
		{"a weight", func(path string) error {
			data, err := os.ReadFile(filepath.Join(path, params))
			data[len(data)-194] ^= 8 // of the mantissa, near its top
			return errors.Join(err, os.WriteFile(filepath.Join(path, params), data, 0o644))
		}, []string{"files", "exact gradient"}},
		{"no weights", func(path string) error { return os.Remove(filepath.Join(path, params)) }, []string{"files", "exact gradient"}},
		{"no draws", func(path string) error { return os.RemoveAll(filepath.Join(path, "draws")) }, []string{"files", "draws"}},
		{"no steps", func(path string) error { return os.RemoveAll(filepath.Join(path, "steps")) }, []string{"files", "summary"}},
		{"the report", func(path string) error { return os.WriteFile(filepath.Join(path, "summary.md"), nil, 0o644) }, []string{"files"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := copyRun(t, run)
			if err := tt.damage(path); err != nil {
				t.Fatal(err)
			}
			if got := failedChecks(t, path); !holdsAll(got, tt.want) {
				t.Errorf("fails %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRecheckNeedsAManifest(t *testing.T) {
	if _, err := Recheck(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a finished run directory") {
		t.Errorf("got %v", err)
	}
}
