package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Profiles are whole when the run fails, too.
func TestProfilesOfAFailedRun(t *testing.T) {
	tmp := t.TempDir()
	cpu, mem, traced := filepath.Join(tmp, "cpu"), filepath.Join(tmp, "mem"), filepath.Join(tmp, "trace")
	full := filepath.Join(tmp, "full")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := call(t, small(full, "--cpuprofile", cpu, "--memprofile", mem, "--trace", traced)...)
	if status != 2 || !strings.Contains(stderr, "not empty") {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	checkCPUProfile(t, cpu)
	checkTrace(t, traced)
	out, err := exec.Command("go", "tool", "pprof", "-raw", mem).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("alloc_space/bytes")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// The time of a run is told apart by estimator and phase.
func TestCPUProfileHasLabels(t *testing.T) {
	tmp := t.TempDir()
	cpu := filepath.Join(tmp, "cpu")
	status, _, stderr := call(t, "run", "quick", "--draws", "40000", "--hidden", "16", "--quiet", "--out", filepath.Join(tmp, "run"), "--cpuprofile", cpu)
	if status != 0 {
		t.Fatal(stderr)
	}
	out, err := exec.Command("go", "tool", "pprof", "-tags", cpu).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"estimator:", "uoro", "phase:"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no %q among the tags:\n%s", want, out)
		}
	}
}

func TestProfileThatCannotBeWritten(t *testing.T) {
	tmp := t.TempDir()
	dir := filepath.Join(tmp, "run")
	for _, flag := range []string{"--cpuprofile", "--memprofile", "--trace"} {
		status, _, stderr := call(t, small(dir, flag, filepath.Join(tmp, "absent", "file"))...)
		if status != 1 || !strings.HasPrefix(stderr, "uorobench: profile: open ") {
			t.Errorf("%s: status %d, stderr %q", flag, status, stderr)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: a run directory was made: %v", flag, err)
		}
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	status, _, stderr := call(t, small(dir, "--quiet", "--memprofile", "/dev/full")...)
	if status != 1 || !strings.Contains(stderr, "profile /dev/full: ") {
		t.Errorf("full disk: status %d, stderr %q", status, stderr)
	}
}

func TestServe(t *testing.T) {
	var stderr bytes.Buffer
	f := profileFlags{Pprof: "127.0.0.1:0"}
	stop, err := f.serve(&stderr)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(stderr.String(), "uorobench: profiles at "))
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil || response.StatusCode != 200 || !bytes.Contains(body, []byte("goroutine")) {
		t.Errorf("%s: %s, %v", url, response.Status, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("still served after stop")
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		address      string
		public, want bool
	}{
		{"127.0.0.1:6060", false, true},
		{"127.8.8.8:6060", false, true},
		{"[::1]:6060", false, true},
		{"localhost:6060", false, true},
		{":6060", false, false},
		{"0.0.0.0:6060", false, false},
		{"192.168.1.5:6060", false, false},
		{"example.org:6060", false, false},
		{"localhost.example.org:6060", false, false},
		{"0.0.0.0:6060", true, true},
		{"6060", true, false},
	} {
		f := profileFlags{Pprof: c.address, PprofPublic: c.public}
		if err := f.checkAddress(); (err == nil) != c.want {
			t.Errorf("%s, public %v: %v", c.address, c.public, err)
		}
	}
}
