package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be the command itself, for the tests that
// need a process: signals.
const asProgram = "UOROBENCH_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(supervised(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// call runs the command in the test's process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return callUnder(t, context.Background(), args...)
}

func callUnder(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(ctx, args, &out, &errs)
	return status, out.String(), errs.String()
}

// endless is a run that no test waits for: 2^40 draws.
func endless(dir string, more ...string) []string {
	return append([]string{"run", "quick", "--draws", "1099511627776", "--plain-draws", "1099511627776", "--pilot-draws", "512", "--out", dir}, more...)
}

// A signal ends the run with the shell's status, one line, and nothing under
// the run directory's name; the profiles of what was done are whole.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		want   int
		line   string
	}{
		{syscall.SIGINT, 130, "uorobench: interrupted (interrupt): nothing was kept\n"},
		{syscall.SIGTERM, 143, "uorobench: interrupted (terminated): nothing was kept\n"},
		{syscall.SIGHUP, 129, "uorobench: interrupted (hangup): nothing was kept\n"},
	} {
		tmp := t.TempDir()
		dir, cpu, traced := filepath.Join(tmp, "run"), filepath.Join(tmp, "cpu"), filepath.Join(tmp, "trace")
		cmd := exec.Command(os.Args[0], endless(dir, "--detail", "draws", "--cpuprofile", cpu, "--trace", traced)...)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, dir)
		if err := cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != c.want || stderr.String() != c.line || stdout.Len() > 0 {
			t.Errorf("%s: status %d (%v), want %d\nstdout %q\nstderr %q", c.signal, got, err, c.want, stdout.String(), stderr.String())
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: the run directory was left: %v", c.signal, err)
		}
		checkCPUProfile(t, cpu)
		checkTrace(t, traced)
	}
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			time.Sleep(50 * time.Millisecond) // into the draws, most likely
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not appear", path)
}

// checkCPUProfile lets pprof read the file: a profile that was cut off is not
// readable.
func checkCPUProfile(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command("go", "tool", "pprof", "-raw", path).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("cpu/nanoseconds")) {
		t.Errorf("%s: %v\n%s", path, err, out)
	}
}

// checkTrace looks at the trace's head; its reader is no part of the toolchain's
// stable interface.
func checkTrace(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(data, []byte("go 1.")) || len(data) < 1000 {
		t.Errorf("%s: %v, %d bytes", path, err, len(data))
	}
}

// The same without a process: any cause that a caller gives is what is said.
func TestCancelledBeforeTheFirstDraw(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(interrupted{syscall.SIGTERM})
	dir := filepath.Join(t.TempDir(), "run")
	status, stdout, stderr := callUnder(t, ctx, endless(dir)...)
	if status != 143 || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the run directory was left: %v", err)
	}
}

// Whoever reads the report may stop after a line: the run directory and the profiles
// are whole all the same, the status is the shell's for SIGPIPE, and nothing is said.
func TestReaderThatLeaves(t *testing.T) {
	tmp := t.TempDir()
	dir, cpu, mem, traced := filepath.Join(tmp, "run"), filepath.Join(tmp, "cpu"), filepath.Join(tmp, "mem"), filepath.Join(tmp, "trace")
	r, w, err := os.Pipe()
	must(t, err)
	cmd := exec.Command(os.Args[0], small(dir, "--cpuprofile", cpu, "--memprofile", mem, "--trace", traced, "-q", "--draws", "4096")...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	must(t, cmd.Start(), w.Close(), r.Close())
	_ = cmd.Wait() // its status is what is looked at
	if got := cmd.ProcessState.ExitCode(); got != 141 || stderr.Len() > 0 {
		t.Errorf("status %d, stderr %q", got, stderr.String())
	}
	checkCPUProfile(t, cpu)
	checkTrace(t, traced)
	checkAllocations(t, mem)
	if status, _, stderr := call(t, "verify", dir); status != 0 {
		t.Errorf("verify: %d, %s", status, stderr)
	}
}

// A process that was started to outlive its terminal does.
func TestIgnoredSignalStaysIgnored(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	dir := filepath.Join(t.TempDir(), "run")
	cmd := exec.Command(sh, append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0]}, small(dir, "--draws", "65536", "--steps", "32", "-q")...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	must(t, cmd.Start())
	waitFor(t, filepath.Join(dir, "config.toml"))
	must(t, cmd.Process.Signal(syscall.SIGHUP))
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v, stderr %q", err, stderr.String())
	}
}
