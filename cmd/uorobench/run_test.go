package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"uorobench/bench"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
	"uorobench/reports"
)

// small are flags for a run of a moment.
func small(dir string, more ...string) []string {
	return append([]string{"run", "quick", "--draws", "512", "--steps", "16", "--hidden", "4", "--out", dir}, more...)
}

// One command measures, the other prints the same again from the files.
func TestRunThenReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	for _, format := range []string{"table", "markdown", "csv", "json"} {
		out := filepath.Join(dir, format)
		status, printed, stderr := call(t, small(out, "--format", format)...)
		if status != 0 || stderr != "uorobench: wrote "+out+"\n" {
			t.Fatalf("status %d, stderr %q", status, stderr)
		}
		if !strings.Contains(printed, "cv-uoro") {
			t.Errorf("%s: no row of cv-uoro in\n%s", format, printed)
		}
		status, again, stderr := call(t, "report", out, "--format", format)
		if status != 0 || stderr != "" || again != printed {
			t.Errorf("%s: status %d, stderr %q, printed\n%s\nand then\n%s", format, status, stderr, printed, again)
		}
	}
}

func TestRunWritesEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "run")
	status, _, stderr := call(t, small(dir, "--quiet", "--detail", "steps,coordinates,draws")...)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, name := range []string{
		"manifest.json", "config.toml", "params-gru.safetensors", "sequence.parquet", "steps/part-00000.parquet",
		"summary.parquet", "summary.md", "summary.json", "coordinates/part-00000.parquet", "draws/part-00000.parquet",
	} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := reports.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Exit != reports.Complete || m.Ended.Before(m.Started) || m.Started.Location() != time.UTC || m.Program.GoVersion == "" {
		t.Errorf("manifest: %+v", m)
	}
}

// config.toml is an experiment file, and gives the same run again: every dataset
// has the same bytes.
func TestConfigRunsAgain(t *testing.T) {
	tmp := t.TempDir()
	first, second := filepath.Join(tmp, "first"), filepath.Join(tmp, "second")
	if status, _, stderr := call(t, small(first, "--workers", "1")...); status != 0 {
		t.Fatal(stderr)
	}
	if status, _, stderr := call(t, "run", filepath.Join(first, "config.toml"), "--workers", "3", "--out", second); status != 0 {
		t.Fatal(stderr)
	}
	for _, name := range []string{"config.toml", "params-gru.safetensors", "sequence.parquet", "steps/part-00000.parquet", "summary.parquet", "summary.json"} {
		a, errA := os.ReadFile(filepath.Join(first, name))
		b, errB := os.ReadFile(filepath.Join(second, name))
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

func TestRunDirectoryName(t *testing.T) {
	e, err := bench.Load("quick")
	if err != nil {
		t.Fatal(err)
	}
	east := time.FixedZone("east", 3600)
	got := (&runCommand{}).directory(e, time.Date(2031, 2, 3, 0, 30, 15, 0, east))
	if want := filepath.Join("runs", "quick-20310202T233015Z-"+e.Hash()[:8]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (&runCommand{Out: "x"}).directory(e, time.Time{}); got != "x" {
		t.Errorf("--out x gives %s", got)
	}
}

// writeNaN writes the weights of the quick experiment's GRU with one entry that is
// no number.
func writeNaN(t *testing.T, path string) {
	t.Helper()
	c, err := cell.New("gru", 3, 8)
	if err != nil {
		t.Fatal(err)
	}
	var named []weights.Tensor
	for _, x := range cell.NewParams(c.Layout(), 3).Tensors(c.Layout()) {
		named = append(named, weights.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
	}
	named[1].Data[24*8-1] = math.NaN()
	var file bytes.Buffer
	if err := weights.Write(&file, named, nil, weights.F64); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Bad use is status 2, one line, and not a file or folder more than before.
func TestBadUse(t *testing.T) {
	tmp := t.TempDir()
	t.Chdir(tmp)
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("typo.toml", "hidden = 8\ndrawz = 5\n")
	write("bad.safetensors", "not one")
	writeNaN(t, "nan.safetensors")
	before := names(t, tmp)
	for _, c := range []struct{ args, want string }{
		{"", `uorobench: expected one of "run"`},
		{"walk", "uorobench: unexpected argument walk"},
		{"run --drawz 3", `uorobench: unknown flag --drawz, did you mean "--draws"?`},
		{"run --draws 0", "uorobench: --draws 0: must be a whole number from 1 to 2^40"},
		{"run --draws=-1", "uorobench: --draws -1: must be a whole number from 1 to 2^40"},
		{"run typo.toml", `uorobench: typo.toml:2: unknown key "drawz"; did you mean "draws"?`},
		{"run absent.toml", `uorobench: experiment "absent.toml": no such file, and not one of the built-in experiments `},
		{"run .", "uorobench: experiment: read .: is a directory"},
		{"run quick default", "uorobench: unexpected argument default"},
		{"run quick --cell gru,gru", `uorobench: --cell gru,gru: "gru" is listed twice`},
		{"run quick --stride 33", "uorobench: --stride 33: no step would be measured: stride = 33 is larger than steps = 32"},
		{"run quick --task copy --length 40", "uorobench: --length 40: task copy: 32 steps have no recall step: length 40 and delay 8 need at least 49"},
		{"run quick --weights mid", "uorobench: --weights mid: weights \"mid\" (embedded) do not fit cell gru with 3 inputs, 8 hidden units, 3 outputs: "},
		{"run quick --weights bad.safetensors", "uorobench: --weights bad.safetensors: weights bad.safetensors: "},
		{"run quick --weights nan.safetensors", "uorobench: --weights nan.safetensors: weights nan.safetensors do not fit cell gru with 3 inputs, 8 hidden units, 3 outputs: tensor \"weight_hh_l0\" at [23 7] is NaN: "},
		{"run quick --estimators uoro,cv-uoro", `uorobench: --estimators uoro,cv-uoro: estimator "cv-uoro": want cv-uoro/covariate[/scope]`},
		{"run quick --out .", "uorobench: run directory . is not empty (it holds bad.safetensors); give a new or an empty directory"},
		{"run quick --out typo.toml", "uorobench: run directory typo.toml: "},
		{"run quick --format pdf", `uorobench: --format: format "pdf": allowed are table, markdown, csv, json`},
		{"run quick --workers -1", "uorobench: --workers -1: must be a whole number from 0 (one per core) to 1024"},
		{"run quick --pprof 0.0.0.0:0", "uorobench: --pprof 0.0.0.0:0: must be a loopback address"},
		{"run quick --pprof 6060", "uorobench: --pprof 6060: must be host:port"},
		{"report", `uorobench: expected "<dir>"`},
	} {
		status, stdout, stderr := call(t, strings.Fields(c.args)...)
		if status != 2 || stdout != "" || !strings.HasPrefix(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("uorobench %s: status %d\nstdout %q\ngot    %swant   %s", c.args, status, stdout, stderr, c.want)
		}
		if after := names(t, tmp); after != before {
			t.Fatalf("uorobench %s: the folder holds %s, before %s", c.args, after, before)
		}
	}
}

// names lists all that is in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		found = append(found, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}

// What fails on the way is status 1 and leaves no dataset.
func TestFailures(t *testing.T) {
	tmp := t.TempDir()
	dir := filepath.Join(tmp, "run")
	// Without a guard and with weights of this size, in the chaotic range, the squared lengths of the draws
	// leave float64 at step 1790, those of the exact gradient at step 1800.
	status, stdout, stderr := call(t, "run", "quick", "--cell", "rnn", "--hidden", "16", "--scale", "8", "--guard", "none",
		"--steps", "1790", "--stride", "1790", "--draws", "32", "--pilot-draws", "32", "--plain-draws", "32", "--groups", "2", "--out", dir)
	named := regexp.MustCompile(`^uorobench: cell rnn, estimator uoro: pilot draw \d+ is not finite at step \d+; --nonfinite count `)
	if status != 1 || stdout != "" || !named.MatchString(stderr) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the run directory was left: %v", err)
	}
	// At this rate the weights of the covariate leave float64 in a few updates.
	status, _, stderr = call(t, "run", "quick", "--covariate-training", "bptt", "--covariate-rate", "1e6", "--out", dir)
	named = regexp.MustCompile(`^uorobench: cell gru: training linear-dense by bptt: the loss is \S+ at update \d+ of 400 with rate 1e\+06; a smaller rate may help\n$`)
	if status != 1 || !named.MatchString(stderr) {
		t.Errorf("a training that diverges: status %d, stderr %q", status, stderr)
	}
	for path, want := range map[string]string{
		tmp: " is not a finished run directory: it has no summary.parquet; a finished one holds summary.parquet, steps/part-*.parquet, ",
		dir: " is not a run directory: there is nothing of that name; a finished one holds summary.parquet, ",
	} {
		status, _, stderr = call(t, "report", path)
		if status != 1 || !strings.HasPrefix(stderr, "uorobench: "+path+want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("report %s: status %d, stderr %q", path, status, stderr)
		}
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestReportThatCannotBePrinted(t *testing.T) {
	var stderr bytes.Buffer
	for _, args := range [][]string{small(filepath.Join(t.TempDir(), "run"), "--quiet"), {"estimators"}, {"version"}} {
		stderr.Reset()
		if status := run(context.Background(), args, closedPipe{}, &stderr); status != 1 || !strings.Contains(stderr.String(), "closed") {
			t.Errorf("%s: status %d, stderr %q", args[0], status, stderr.String())
		}
	}
}
