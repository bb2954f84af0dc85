package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"uorobench/reports"
)

func smallSweep(dir string, more ...string) []string {
	return append([]string{"sweep", "quick", "--draws", "512", "--steps", "8", "--estimators", "uoro,snap1,cv-uoro/snap1",
		"--over", "hidden=4,6,8", "--over", "weight-seed=1..2", "--out", dir}, more...)
}

// datasets are the files of a sweep that must not depend on how it was carried
// out.
func datasets(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "manifest.json") || d.Name() == reports.SweepName {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		found[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func sameDatasets(t *testing.T, what, a, b string) {
	t.Helper()
	of, other := datasets(t, a), datasets(t, b)
	if len(of) != len(other) || len(of) == 0 {
		t.Fatalf("%s: %d and %d files", what, len(of), len(other))
	}
	for name := range of {
		if !bytes.Equal(of[name], other[name]) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

// A point is the run that the same flags give, and the report is made again from
// the files.
func TestSweepIsItsRuns(t *testing.T) {
	tmp := t.TempDir()
	dir := filepath.Join(tmp, "sweep")
	status, printed, stderr := call(t, smallSweep(dir)...)
	if status != 0 || strings.Count(stderr, "\n") != 7 || !strings.HasSuffix(stderr, "uorobench: wrote "+dir+"\n") {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	if _, again, _ := call(t, "report", dir); again != printed {
		t.Errorf("report gives\n%s\nthe sweep printed\n%s", again, printed)
	}
	alone := filepath.Join(tmp, "alone")
	if status, _, stderr := call(t, "run", "quick", "--draws", "512", "--steps", "8", "--estimators", "uoro,snap1,cv-uoro/snap1",
		"--hidden", "6", "--weight-seed", "2", "--out", alone); status != 0 {
		t.Fatal(stderr)
	}
	sameDatasets(t, "hidden=6 weight_seed=2", filepath.Join(dir, "axis_hidden=6", "axis_weight_seed=2"), alone)
	for _, format := range []string{"markdown", "csv", "json"} {
		status, out, stderr := call(t, "report", dir, "--format", format)
		if status != 0 || stderr != "" || !strings.Contains(out, "cv-uoro") {
			t.Errorf("%s: status %d, stderr %q, printed %q", format, status, stderr, out)
		}
		if format == "csv" && strings.Count(out, "\n") != 1+6*3 {
			t.Errorf("csv has %d lines, want a header and 18 rows", strings.Count(out, "\n"))
		}
	}
}

// An interrupted sweep that is taken up again ends on the same bytes.
func TestSweepResumes(t *testing.T) {
	tmp := t.TempDir()
	whole, parted := filepath.Join(tmp, "whole"), filepath.Join(tmp, "parted")
	if status, _, stderr := call(t, smallSweep(whole, "--quiet", "--workers", "1")...); status != 0 {
		t.Fatal(stderr)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := &stopAfter{lines: 2, stop: func() { cancel(interrupted{syscall.SIGINT}) }}
	if status := run(ctx, smallSweep(parted, "--workers", "2"), &bytes.Buffer{}, stop); status != 130 {
		t.Fatalf("the interrupted sweep ended with status %d: %s", status, stop.text.String())
	}
	if want := "uorobench: interrupted (interrupt): 2 of 6 points are kept in " + parted + "; go on with --resume\n"; !strings.Contains(stop.text.String(), want) {
		t.Errorf("said %q, want %q", stop.text.String(), want)
	}
	if reports.IsSweep(parted) {
		t.Error("an unfinished sweep has " + reports.SweepName)
	}
	// As a killed process leaves a point, and files lost of a finished one.
	half := filepath.Join(parted, "axis_hidden=6", "axis_weight_seed=2")
	for name, text := range map[string]string{
		"config.toml": "", ".summary.parquet.tmp-123": "half", ".steps.tmp-9/part-00000.parquet": "half",
		"unfinished.json": fmt.Sprintf("{\"config_sha256\":%q}", settings(t, parted).Points[3].ConfigSHA256),
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(half, name)), 0o755), os.WriteFile(filepath.Join(half, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(parted, "axis_hidden=4", "axis_weight_seed=1", "summary.parquet")); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := call(t, smallSweep(parted, "--resume")...)
	if status != 0 || strings.Count(stderr, "\n") != 6 {
		t.Fatalf("status %d, stderr %q; want the five points that were left", status, stderr)
	}
	sameDatasets(t, "resumed", parted, whole)
	if status, _, stderr := call(t, smallSweep(parted, "--resume")...); status != 2 || !strings.Contains(stderr, "the sweep is finished") {
		t.Errorf("a finished sweep: status %d, stderr %q", status, stderr)
	}
}

// settings are what an unfinished sweep was asked for.
func settings(t *testing.T, dir string) (m reports.SweepManifest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "sweep-settings.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// stopAfter is a stderr that stops the program after so many lines.
type stopAfter struct {
	text  bytes.Buffer
	lines int
	stop  func()
}

func (s *stopAfter) Write(p []byte) (int, error) {
	n, err := s.text.Write(p)
	if strings.Count(s.text.String(), "\n") >= s.lines {
		s.stop()
	}
	return n, err
}

func TestSweepBadUse(t *testing.T) {
	tmp := t.TempDir()
	t.Chdir(tmp)
	if err := os.Mkdir("full", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("full/x", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := names(t, tmp)
	for _, c := range []struct{ args, want string }{
		{"sweep quick", "uorobench: sweep: no axis: want --over"},
		{"sweep quick --over hidden", `uorobench: --over: axis "hidden": want FIELD=VALUE`},
		{"sweep quick --over hidden=4,0 --out new", "uorobench: sweep at hidden=0: --hidden 0: must be a whole number from 1 to 4096"},
		{"sweep quick --over hidden=4,8 --out full", "uorobench: run directory full is not empty"},
		{"sweep quick --over hidden=4,8 --resume", "uorobench: --resume: want --out DIR"},
		{"sweep quick --over hidden=4,8 --resume --out new", "uorobench: --resume: new is not a directory"},
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

// A sweep whose first point comes to nothing leaves nothing.
func TestSweepFailsAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("stopped by the test"))
	if status, _, stderr := callUnder(t, ctx, smallSweep(dir)...); status != 1 || !strings.Contains(stderr, "stopped by the test") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s was left (%v)", dir, err)
	}
}
