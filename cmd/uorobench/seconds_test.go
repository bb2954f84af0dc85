package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The seconds of a run stand on stdout and nowhere else: the directory has the bytes that
// it had, and passes its own verification.
func TestReportSeconds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	if status, _, stderr := call(t, "run", "quick", "--draws", "512", "--hidden", "4", "--quiet", "--out", dir); status != statusDone {
		t.Fatal(stderr)
	}
	before := everyFile(t, dir)
	status, stdout, stderr := call(t, "report", dir, "--seconds", "1ms")
	if status != statusDone {
		t.Fatal(stderr)
	}
	for _, want := range []string{"ns a draw", "seconds·var / uoro's", "cv-uoro/snap1/trace", "not part of any dataset"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("lacks %q:\n%s", want, stdout)
		}
	}
	if after := everyFile(t, dir); after != before {
		t.Error("the run directory has changed")
	}
	if status, _, stderr := call(t, "verify", dir); status != statusDone {
		t.Error(stderr)
	}
	for _, bad := range [][]string{{"--seconds", "-1s"}, {"--seconds", "2m"}, {"--seconds", "1ms", "--format", "json"}, {"--seconds", "1ms", "--figure", "x.svg"}} {
		if status, _, stderr := call(t, append([]string{"report", dir}, bad...)...); status != statusUsage || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q", bad, status, stderr)
		}
	}
}

// everyFile is all names and contents under a directory.
func everyFile(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.WriteString(path + "\x00" + string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestBenchEstimators(t *testing.T) {
	status, stdout, stderr := call(t, "bench", "--estimators", "uoro,rtrl", "--cell", "rnn", "--hidden", "4", "--time", "1ms")
	if status != statusDone || !strings.Contains(stdout, "ns a draw") || !strings.Contains(stdout, "rtrl") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	for _, bad := range [][]string{{"--estimators", "nothing"}, {"--estimators", "rflo", "--cell", "rnn"}, {"--estimators", "uoro", "--training"}, {"--estimators", "uoro", "--inputs", "0"}, {"A", "--estimators", "uoro"}} {
		if status, _, stderr := call(t, append([]string{"bench", "--time", "1ms"}, bad...)...); status != statusUsage {
			t.Errorf("%v: status %d, %q", bad, status, stderr)
		}
	}
}
