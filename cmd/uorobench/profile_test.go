package main

import (
	"bytes"
	"context"
	"errors"
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
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("stopped by the test"))
	status, _, stderr := callUnder(t, ctx, small(filepath.Join(tmp, "run"), "--cpuprofile", cpu, "--memprofile", mem, "--trace", traced)...)
	if status != 1 || !strings.Contains(stderr, "stopped by the test") {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	checkCPUProfile(t, cpu)
	checkTrace(t, traced)
	checkAllocations(t, mem)
}

func checkAllocations(t *testing.T, path string) {
	t.Helper()
	out, err := exec.Command("go", "tool", "pprof", "-raw", path).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("alloc_space/bytes")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// A refused run leaves the file that a profile would have replaced, and makes none.
func TestRefusedRunLeavesProfiles(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	must(t, os.WriteFile("p.prof", []byte("precious\n"), 0o600), os.MkdirAll("full/x", 0o755), os.Mkdir("e", 0o755), os.Symlink("e", "link"), os.Symlink("p.prof", "q.prof"))
	before := tree(t, base)
	for _, c := range []struct {
		status int
		out    string
		flags  []string
		want   string
	}{
		{2, "full", []string{"--cpuprofile", "p.prof"}, "run directory full is not empty (it holds x)"},
		{2, "full", []string{"--memprofile", "p.prof", "--trace", "new"}, "run directory full is not empty"},
		{2, "new", []string{"--cpuprofile", "p.prof", "--draws", "0"}, "--draws 0: must be"},
		{2, "e", []string{"--cpuprofile", "e/cpu.prof"}, "--cpuprofile e/cpu.prof: lies in the run directory e, "},
		{2, "link", []string{"--trace", "e/t"}, "--trace e/t: lies in the run directory link, "},
		{2, "e", []string{"--memprofile", "link/m"}, "--memprofile link/m: lies in the run directory e, "},
		{2, "fresh/run", []string{"--memprofile", "fresh/run/m"}, "lies in the run directory fresh/run, "},
		{2, "n", []string{"--cpuprofile", "same", "--memprofile", "same"}, "--memprofile and --cpuprofile are both written to same: "},
		{2, "n", []string{"--trace", "./same", "--memprofile", "link/../same"}, "are both written to "},
		{2, "n", []string{"--cpuprofile", "p.prof", "--trace", "q.prof"}, "are both written to "},
		{2, "n", []string{"--cpuprofile", "p.prof", "--pprof", "nowhere"}, "--pprof nowhere: must be host:port"},
		{1, "n", []string{"--cpuprofile", "p.prof", "--trace", "absent/file", "--memprofile", "m"}, "profile: open absent/file: "},
		{1, "n", []string{"--cpuprofile", "p.prof", "--pprof", "127.0.0.1:99999"}, "--pprof: "},
	} {
		status, stdout, stderr := call(t, small(c.out, c.flags...)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s %v: status %d, stdout %q\ngot  %swant …%s…", c.out, c.flags, status, stdout, stderr, c.want)
		}
		if after := tree(t, base); after != before {
			t.Fatalf("%s %v: before\n%safter\n%s", c.out, c.flags, before, after)
		}
	}
	// A run that goes on replaces the whole of the old file.
	must(t, os.WriteFile("p.prof", make([]byte, 1<<20), 0o600))
	if status, _, stderr := call(t, small("n", "--cpuprofile", "p.prof", "-q")...); status != 0 {
		t.Fatal(stderr)
	}
	checkCPUProfile(t, "p.prof")
	if info, err := os.Stat("p.prof"); err != nil || info.Size() > 1<<19 {
		t.Errorf("%v, %v", info.Size(), err)
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
