package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ownData is data as a user of PyTorch has them, and networks: bench/peers/own_data.py.
var ownData, errOwnData = filepath.Abs(filepath.Join("..", "..", "bench", "testdata", "own-data"))

func dataFile(t *testing.T, name string) string {
	t.Helper()
	must(t, errOwnData)
	data, err := os.ReadFile(filepath.Join(ownData, name))
	must(t, err, os.WriteFile(name, data, 0o600))
	return name
}

func onData(command, out string, more ...string) []string {
	return append([]string{command, "--task", "file", "--steps", "8", "--stride", "2", "--draws", "512", "--estimators", "rtrl,uoro", "--out", out, "-q"}, more...)
}

// A run on one's own data is self-contained: it is verified, the warm-up too, when the
// file is gone or another is in its place. The report says on what data it was, and
// where the weights come from.
func TestRunOnOwnData(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"npz":    {[]string{"--data", dataFile(t, "mse.npz"), "--sequence", "1", "--warm-up", "3", "--weights", dataFile(t, "gru-mse.safetensors")}, "sequence 1: reads vectors of 3; loss at 6 of 8 steps: ½‖y − target‖² of 2 numbers, mean"},
		"end":    {[]string{"--data", dataFile(t, "end.safetensors"), "--warm-up", "3", "--weights", dataFile(t, "lstm-end.safetensors")}, "sequence 0: reads vectors of 3; loss at 1 of 8 steps: cross-entropy over 5 symbols, mean"},
		"npy":    {[]string{"--data", dataFile(t, "symbols.npy"), "--weights", "random", "--cell", "rnn", "--hidden", "3", "--input-symbols", "8"}, "reads 8 symbols; loss at 8 of 8 steps: cross-entropy"},
		"vector": {[]string{"--data", dataFile(t, "walk.npy"), "--warm-up", "2", "--weights", "random", "--cell", "rnn,gru", "--hidden", "3"}, "weights: random, seed 1, scale 1"},
	} {
		status, printed, stderr := call(t, onData("run", name, c.args...)...)
		flat := strings.Join(strings.Fields(printed), " ")
		if status != 0 || !strings.Contains(flat, c.want) || !strings.Contains(flat, "data: task file, "+c.args[1]+" (SHA-256 ") {
			t.Fatalf("%s: status %d, %s, no %q in\n%s", name, status, stderr, c.want, printed)
		}
		if status, again, _ := call(t, "report", name); status != 0 || again != printed {
			t.Errorf("%s: the report reads back as\n%s", name, again)
		}
		manifest, err := os.ReadFile(name + "/manifest.json")
		must(t, err)
		if !bytes.Contains(manifest, []byte(`"path": "`+c.args[1]+`"`)) {
			t.Errorf("%s: the manifest does not tell the data", name)
		}
		for what, change := range map[string]func() error{
			"there": func() error { return nil },
			"other": func() error { return os.WriteFile(c.args[1], []byte("input,target\n0,1\n"), 0o600) },
			"gone":  func() error { return os.Remove(c.args[1]) },
		} {
			must(t, change())
			status, table, stderr := call(t, "verify", name)
			if status != 0 || !strings.Contains(table, " 0 fail") {
				t.Errorf("%s, data %s: verify: status %d, %s%s", name, what, status, table, stderr)
			}
			for _, line := range strings.Split(table, "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "exact gradient") && !strings.HasSuffix(line, "pass") {
					t.Errorf("%s, data %s: %s", name, what, line)
				}
			}
			dataFile(t, c.args[1])
		}
	}
}

// What cannot be measured is refused in one line, and nothing is written.
func TestOwnDataRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	mse, end, gru := dataFile(t, "mse.npz"), dataFile(t, "end.safetensors"), dataFile(t, "gru-mse.safetensors")
	must(t, os.WriteFile("bad.csv", []byte("x0,y0\n1,2\n3,nan\n"), 0o600), os.WriteFile("reset.csv", []byte("x0,y0,reset\n1,2,0\n"), 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{}, "task file needs data"},
		{[]string{"--data", "gone.npz"}, "gone.npz"},
		{[]string{"--data", "bad.csv"}, "bad.csv: line 3, column 2: y is NaN"},
		{[]string{"--data", "reset.csv"}, "reset: a state that starts anew"},
		{[]string{"--data", mse, "--sequence", "2"}, "--sequence 2: the file has 2 repetitions"},
		{[]string{"--data", mse, "--loss", "bernoulli"}, "--loss bernoulli"},
		{[]string{"--data", mse, "--loss", "cross-entropy"}, "the file has only y"},
		{[]string{"--data", mse, "--warm-up", "4"}, "12 steps are wanted, warm-up and window, the file has 11"},
		{[]string{"--data", end}, "the first 8 steps has a loss"},
		{[]string{"--data", end, "--warm-up", "3", "--weights", gru}, "the task file has 5 outputs, readout head has 2"},
		{[]string{"--data", "/dev/null"}, "neither a regular file nor a pipe"},
	} {
		args := c.args
		if !strings.Contains(strings.Join(args, " "), "--weights") {
			args = append(args, "--weights", "random")
		}
		status, stdout, stderr := call(t, onData("run", "x", args...)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q\ngot  %swant …%s…", c.args, status, stdout, stderr, c.want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("something was written")
	}
}

// A pipe is read once, by a sweep over the repetitions too.
func TestSweepOverOwnDataFromAPipe(t *testing.T) {
	if _, err := os.Stat("/dev/stdin"); err != nil {
		t.Skip("no /dev/stdin")
	}
	t.Chdir(t.TempDir())
	data, err := os.ReadFile(dataFile(t, "mse.csv"))
	must(t, err)
	args := func(file, out string) []string {
		return onData("sweep", out, "--data", file, "--weights", "random", "--cell", "gru", "--hidden", "3", "--over", "sequence=0,1")
	}
	cmd := exec.Command(os.Args[0], args("/dev/stdin", "piped")...)
	cmd.Env, cmd.Stdin = append(os.Environ(), asProgram+"=1"), bytes.NewReader(data)
	piped, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, piped)
	}
	status, read, stderr := call(t, args("mse.csv", "read")...)
	if status != 0 || read != string(piped) {
		t.Errorf("status %d, stderr %q; of the pipe\n%s\nof the file\n%s", status, stderr, piped, read)
	}
	if status, table, stderr := call(t, "verify", "piped"); status != 0 {
		t.Errorf("verify: %s%s", table, stderr)
	}
}

// Training takes data of symbols whose codes are the same in and out; others are
// refused in a line.
func TestTrainOnOwnData(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("s.csv", []byte("input,target\n"+strings.Repeat("0,1\n1,2\n2,0\n", 300)), 0o600))
	train := func(out string, more ...string) (int, string, string) {
		return call(t, append([]string{"train", "--task", "file", "--cell", "rnn", "--hidden", "4", "--steps", "800", "--record", "100", "--seeds", "1", "--methods", "rtrl,uoro", "--out", out, "-q"}, more...)...)
	}
	if status, _, stderr := train("a", "--data", "s.csv"); status != 0 {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, table, stderr := call(t, "verify", "a"); status != 0 {
		t.Errorf("verify: %s%s", table, stderr)
	}
	if status, _, stderr := train("b", "--data", dataFile(t, "walk.npy")); status != 2 || !strings.Contains(stderr, "training is on tasks of symbols") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// The vectors of two runs are compared, and a difference is told.
func TestCompareOwnData(t *testing.T) {
	t.Chdir(t.TempDir())
	for out, sequence := range map[string]string{"a": "0", "b": "1", "c": "0"} {
		if status, _, stderr := call(t, onData("run", out, "--data", dataFile(t, "mse.npz"), "--sequence", sequence, "--weights", "random", "--cell", "gru", "--hidden", "3")...); status != 0 {
			t.Fatal(stderr)
		}
	}
	if _, table, stderr := call(t, "compare", "a", "b"); !strings.Contains(strings.Join(strings.Fields(table+stderr), " "), "vectors differ, first at step 1") {
		t.Errorf("%s%s", table, stderr)
	}
	if status, table, stderr := call(t, "compare", "a", "c"); status != 0 || strings.Contains(table, "vectors differ") {
		t.Errorf("%d %s%s", status, table, stderr)
	}
}
