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
