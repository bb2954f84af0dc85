package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyProgram(t *testing.T) {
	status, stdout, stderr := call(t, "verify", "--cell", "rnn", "--estimator", "rtrl", "--estimator", "tbptt-K")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
	for _, want := range []string{"exact gradient", "biased references", "replayed run", "0 fail"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "closed form") {
		t.Errorf("checks of uoro were not asked for:\n%s", stdout)
	}
}

func TestVerifyRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if status, _, stderr := call(t, "run", "-q", "--cell", "rnn", "--hidden", "3", "--weights", "random", "--steps", "8", "--stride", "4",
		"--draws", "512", "--estimators", "uoro,cv-uoro/snap1", "--out", dir); status != 0 {
		t.Fatal(stderr)
	}
	status, stdout, stderr := call(t, "verify", dir)
	if status != 0 || stderr != "" || !strings.Contains(stdout, "0 fail") {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
	if err := os.WriteFile(filepath.Join(dir, "summary.md"), []byte("better figures\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = call(t, "verify", dir)
	if status != 1 || !strings.Contains(stdout, "FAIL files") || !strings.Contains(stderr, "cases fail") {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--cell", "gur"}, 2, `unknown cell "gur"; allowed: rnn`},
		{[]string{"--estimator", "uoru"}, 2, `estimator "uoru" is not verified by that name`},
		{[]string{"--cell", "rnn", "--estimator", "rflo"}, 2, "nothing to check"},
		{[]string{"--workers", "-1"}, 2, "--workers -1"},
		{[]string{"--format", "xml"}, 2, "xml"},
		{[]string{"somewhere", "--cell", "gru"}, 2, "a run directory is checked whole"},
		{[]string{filepath.Join(t.TempDir(), "none")}, 1, "is not a run directory: there is nothing of that name; a finished one holds"},
	} {
		status, stdout, stderr := call(t, append([]string{"verify"}, tt.args...)...)
		if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stderr %q", tt.args, status, stderr)
		}
	}
}

// A sweep is verified point by point, in order, and then as a whole.
func TestVerifySweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	if status, _, stderr := call(t, "sweep", "quick", "-q", "--draws", "512", "--steps", "8", "--estimators", "uoro,cv-uoro/snap1",
		"--over", "warm_up=0,5,9", "--out", dir); status != 0 {
		t.Fatal(stderr)
	}
	status, stdout, stderr := call(t, "verify", dir)
	if status != 0 || stderr != "" || !strings.Contains(stdout, "3 points and the sweep itself, ") || !strings.Contains(stdout, " 0 fail") {
		t.Fatalf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
	at := 0
	for _, name := range []string{"axis_warm_up=0", "axis_warm_up=5", "axis_warm_up=9", "\n sweep"} {
		next := strings.Index(stdout[at:], name)
		if next < 0 {
			t.Fatalf("no line of %s after the others in\n%s", name, stdout)
		}
		at += next
	}
	if status, cases, _ := call(t, "verify", dir, "--format", "csv"); status != 0 || !strings.HasPrefix(cases, "point,check,against,") {
		t.Errorf("status %d\n%s", status, cases)
	}
	if err := os.Remove(filepath.Join(dir, "axis_warm_up=5", "manifest.json")); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = call(t, "verify", dir)
	if status != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "cases fail") ||
		!strings.Contains(stdout, "FAIL axis_warm_up=5: points: the point is not finished: it has no manifest.json\n") {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
	if err := os.Remove(filepath.Join(dir, "sweep.json")); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = call(t, "verify", dir)
	if status != 1 || stdout != "" || !strings.Contains(stderr, "is a sweep that is not finished") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
}
