package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// tree is everything under a path, with contents.
func tree(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			fmt.Fprintln(&all, name, d.Type())
			return err
		}
		text, err := os.ReadFile(name)
		fmt.Fprintf(&all, "%s %x\n", name, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// --resume refuses a sweep of other settings, and what is no sweep's directory or
// not this sweep's point, with a line that says what, and changes nothing.
func TestResumeRefusesAndDeletesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	sweep := func(out, over string, more ...string) []string {
		return append([]string{"sweep", "quick", "--steps", "12", "--cell", "gru", "--estimators", "rtrl,uoro", "-q", "--weights", "random",
			"--draws", "512", "--over", over, "--out", out}, more...)
	}
	must(t, os.MkdirAll("other/axis_hidden=2", 0o755), os.WriteFile("other/axis_hidden=2/notes.txt", []byte("precious"), 0o600), os.Mkdir("empty", 0o755))
	for _, dir := range []string{"done", "parted", "foreign"} {
		if status, _, stderr := call(t, sweep(dir, "hidden=2,4")...); status != 0 {
			t.Fatal(stderr)
		}
	}
	if status, _, stderr := call(t, "run", "quick", "--steps", "12", "--cell", "gru", "--estimators", "rtrl,uoro", "-q", "--weights", "random", "--draws", "512", "--out", "run"); status != 0 {
		t.Fatal(stderr)
	}
	// An interrupted sweep: no manifest, but the settings; of one point the user has made something else.
	for _, dir := range []string{"parted", "foreign"} {
		text, err := os.ReadFile(filepath.Join(dir, "sweep.json"))
		must(t, err, os.WriteFile(filepath.Join(dir, "sweep-settings.json"), text, 0o600), os.Remove(filepath.Join(dir, "sweep.json")),
			os.RemoveAll(filepath.Join(dir, "axis_hidden=4")))
	}
	must(t, os.Mkdir("foreign/axis_hidden=4", 0o755), os.WriteFile("foreign/axis_hidden=4/summary.md", []byte("mine"), 0o600))
	before := tree(t, ".")
	for _, c := range []struct {
		args []string
		want string
	}{
		{sweep("done", "hidden=2,4", "--draws", "1024", "--resume"), "done was made with other settings: draws was 512, is 1024; resume with the same"},
		{sweep("parted", "hidden=2,4", "--draws", "1024", "--guard", "paper", "--resume"), `other settings: draws was 512, is 1024; guard was 'code', is 'paper'; resume`},
		{sweep("parted", "hidden=2,4,8", "--resume"), "axes were hidden=2,4, are hidden=2,4,8"},
		{sweep("parted", "hidden=2,4", "--estimators", "rtrl", "--resume"), `estimators was ['rtrl', 'uoro'], is ['rtrl']`},
		{sweep("done", "hidden=2,4", "--resume"), "nothing to resume in done: the sweep is finished"},
		{sweep("foreign", "hidden=2,4", "--resume"), "axis_hidden=4 is not finished, and not marked as left by this sweep; it holds summary.md"},
		{sweep("other", "hidden=2,4", "--resume"), "other is not the directory of a sweep"},
		{sweep("empty", "hidden=2,4", "--resume"), "empty is not the directory of a sweep"},
		{sweep("run", "hidden=2,4", "--resume"), "run is not the directory of a sweep"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q\ngot  %swant …%s…", c.args, status, stdout, stderr, c.want)
		}
		if after := tree(t, "."); after != before {
			t.Fatalf("%v: the files are others than before", c.args)
		}
	}
	if status, _, stderr := call(t, sweep("parted", "hidden=2,4", "--resume")...); status != 0 {
		t.Error(stderr)
	}
	sameDatasets(t, "resumed", "parted", "done")
}

// The text that a sweep reads is one of its settings.
func TestResumeWantsTheSameText(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("text", []byte(strings.Repeat("hello text ", 9)), 0o600))
	args := []string{"sweep", "default", "--task", "text", "--file", "text", "--steps", "8", "--cell", "gru", "--estimators", "uoro", "-q", "--weights", "random",
		"--draws", "512", "--over", "hidden=2,4", "--out", "s"}
	if status, _, stderr := call(t, args...); status != 0 {
		t.Fatal(stderr)
	}
	must(t, os.RemoveAll("s/axis_hidden=4"), os.WriteFile("text", []byte(strings.Repeat("hellO text ", 9)), 0o600))
	if status, _, stderr := call(t, append(args, "--resume")...); status != 2 || !strings.Contains(stderr, "text had SHA-256 ") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// A path is a path and no pattern: what lies in a sibling that the pattern would
// match stays.
func TestTrainResumeKeepsToItsDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.MkdirAll("g1/checkpoints", 0o755), os.WriteFile("g1/.x.tmp-1", nil, 0o600), os.WriteFile("g1/checkpoints/.x.tmp-1", nil, 0o600))
	if status := run(newTired(20), brief("g[1]"), &bytes.Buffer{}, &bytes.Buffer{}); status != 130 {
		t.Fatalf("status %d", status)
	}
	// Files of the user's beside those that the end of a training leaves half.
	must(t, os.WriteFile("g[1]/.goals.parquet.tmp-77", nil, 0o600), os.WriteFile("g[1]/.notes.tmp-1", []byte("mine"), 0o600),
		os.Mkdir("g[1]/curves", 0o755), os.WriteFile("g[1]/curves/part-00000.parquet", nil, 0o600))
	if status, _, stderr := call(t, brief("g[1]", "--resume")...); status != 0 {
		t.Fatal(stderr)
	}
	for _, kept := range []string{"g1/.x.tmp-1", "g1/checkpoints/.x.tmp-1", "g[1]/.notes.tmp-1"} {
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat("g[1]/.goals.parquet.tmp-77"); err == nil {
		t.Error("a half file of the training's own was left")
	}
	// What the user put among the datasets is not deleted either.
	if status := run(newTired(20), brief("h"), &bytes.Buffer{}, &bytes.Buffer{}); status != 130 {
		t.Fatalf("status %d", status)
	}
	must(t, os.Mkdir("h/curves", 0o755), os.WriteFile("h/curves/notes", nil, 0o600))
	before := tree(t, "h")
	if status, _, stderr := call(t, brief("h", "--resume")...); status != 2 || !strings.Contains(stderr, "notes") || tree(t, "h") != before {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	must(t, os.RemoveAll("h/curves"), os.RemoveAll("h/checkpoints"))
	if status, _, stderr := call(t, brief("h", "--resume")...); status != 2 || !strings.Contains(stderr, "checkpoints") {
		t.Errorf("without checkpoints: status %d, stderr %q", status, stderr)
	}
}

// An interrupted run empties a directory that was there before, a link to one and
// the working directory, and leaves them.
func TestInterruptedRunLeavesTheUsersDirectory(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	must(t, os.Mkdir("pre", 0o755), os.Mkdir("big", 0o755), os.Symlink("big", "lnk"))
	before := tree(t, base)
	for _, c := range []struct{ cwd, out string }{{base, "pre"}, {base, "lnk"}, {base, "new/deep"}, {filepath.Join(base, "big"), "."}} {
		t.Chdir(c.cwd)
		status, _, stderr := interruptedRun(t, c.out)
		if want := "uorobench: interrupted (interrupt): nothing was kept\n"; status != 130 || stderr != want {
			t.Errorf("--out %s: status %d, stderr %q", c.out, status, stderr)
		}
		if after := tree(t, base); after != before {
			t.Errorf("--out %s: before\n%safter\n%s", c.out, before, after)
		}
	}
}

// interruptedRun is a run that a signal ends among its draws.
func interruptedRun(t *testing.T, out string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		waitFor(t, filepath.Join(out, "config.toml"))
		cancel(interrupted{syscall.SIGINT})
	}()
	return callUnder(t, ctx, endless(out, "--detail", "draws")...)
}

// A mount point stays what it is.
func TestInterruptedRunOnAMountPoint(t *testing.T) {
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no right to mount a tmpfs: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", disk).Run() }) //nolint:errcheck // the test is over
	status, _, stderr := interruptedRun(t, disk)
	if left, err := os.ReadDir(disk); status != 130 || stderr != "uorobench: interrupted (interrupt): nothing was kept\n" || err != nil || len(left) > 0 {
		t.Errorf("status %d, stderr %q, left %v, %v", status, stderr, left, err)
	}
}

// A directory that the user may not write to is refused before the first draw, and
// left. Root may write anywhere, so the program runs as nobody then.
func TestUnwritableDirectory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("credentials of a process are set as Linux does it")
	}
	base := t.TempDir()
	must(t, os.Chmod(filepath.Dir(base), 0o755), os.Chmod(base, 0o755), os.Mkdir(filepath.Join(base, "d"), 0o555))
	program := filepath.Join(base, "program") // nobody may not look into go test's own folder
	text, err := os.ReadFile(os.Args[0])
	must(t, err, os.WriteFile(program, text, 0o755))
	for _, out := range []string{"d", "d/new", "new"} {
		cmd := exec.Command(program, small(out)...)
		cmd.Dir, cmd.Env = base, append(os.Environ(), asProgram+"=1")
		if os.Getuid() == 0 {
			asNobody(cmd)
		}
		said, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !bytes.Contains(said, []byte("permission denied")) || bytes.Count(said, []byte("\n")) != 1 {
			if os.Getuid() != 0 && out == "new" {
				continue // one's own folder
			}
			t.Errorf("--out %s: %v, said %q", out, err, said)
		}
		if left, err := os.ReadDir(filepath.Join(base, "d")); err != nil || len(left) > 0 {
			t.Errorf("--out %s: left %v, %v", out, left, err)
		}
	}
}

// A run whose directory is taken away while it draws keeps its figures under the
// name that was asked for.
func TestDirectoryTakenAway(t *testing.T) {
	for what, take := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"renamed": func(dir string) error { return os.Rename(dir, dir+"-moved") },
	} {
		dir := filepath.Join(t.TempDir(), "run")
		taken := make(chan error, 1)
		go func() {
			waitFor(t, filepath.Join(dir, "config.toml"))
			taken <- take(dir)
		}()
		status, stdout, stderr := call(t, small(dir, "--draws", "65536", "--steps", "32")...)
		must(t, <-taken)
		if status != 0 || !strings.Contains(stdout, "cv-uoro") {
			t.Errorf("%s: status %d, stderr %q", what, status, stderr)
		}
		if status, _, stderr := call(t, "verify", dir); status != 0 {
			t.Errorf("%s: verify: status %d, stderr %q", what, status, stderr)
		}
	}
}

// No pattern is made of a path: filepath.Glob has no way to quote one on every
// system, and deleted in a sibling once.
func TestNoPatternsOverPaths(t *testing.T) {
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, call := range []string{"filepath.Glob(", "os.RemoveAll(d.path", "os.RemoveAll(w.dir"} {
			if bytes.Contains(text, []byte(call)) {
				t.Errorf("%s calls %s…", path, call)
			}
		}
		return err
	})
	must(t, err)
}
