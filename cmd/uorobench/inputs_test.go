package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const hello = "hello pipe hello pipe hello pipe"

// A text may come from a pipe, which gives its bytes once: the run is that of a file
// with the same text.
func TestTextFromAPipe(t *testing.T) {
	if _, err := os.Stat("/dev/stdin"); err != nil {
		t.Skip("no /dev/stdin")
	}
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("text", []byte(hello), 0o600))
	args := func(file, out string) []string {
		return []string{"run", "--task", "text", "--file", file, "--cell", "gru", "--hidden", "4", "--steps", "12", "--draws", "512", "--weights", "random", "--out", out, "-q"}
	}
	cmd := exec.Command(os.Args[0], args("/dev/stdin", "piped")...)
	cmd.Env, cmd.Stdin = append(os.Environ(), asProgram+"=1"), strings.NewReader(hello) // a pipe to the process
	piped, err := cmd.CombinedOutput()
	must(t, err)
	status, read, stderr := call(t, args("text", "read")...)
	if status != 0 || read != string(piped) {
		t.Errorf("status %d, stderr %q; of the pipe\n%s\nof the file\n%s", status, stderr, piped, read)
	}
	text, err := os.ReadFile("piped/manifest.json")
	must(t, err)
	if want := `"path": "/dev/stdin"`; !bytes.Contains(text, []byte(want)) {
		t.Errorf("the manifest does not tell what was read: no %s", want)
	}
}

// A byte order mark before an experiment, as editors of some systems write it, is no
// part of it; one of another encoding is named.
func TestByteOrderMark(t *testing.T) {
	t.Chdir(t.TempDir())
	const experiment = "cell = [\"gru\"]\nhidden = 4\nsteps = 12\ndraws = 512\nweights = \"random\"\nestimators = [\"uoro\"]\n"
	must(t, os.WriteFile("plain.toml", []byte(experiment), 0o600), os.WriteFile("bom.toml", []byte("\xef\xbb\xbf"+experiment), 0o600),
		os.WriteFile("wide.toml", []byte("\xff\xfec\x00"), 0o600), os.WriteFile("train.toml", []byte("\xef\xbb\xbfsteps = 900\nrecord = 100\nhidden = 4\nseeds = 1\nmethods = [\"rtrl\"]\n"), 0o600),
		os.WriteFile("text", []byte("\xef\xbb\xbf"+hello), 0o600))
	for _, name := range []string{"plain", "bom"} {
		if status, _, stderr := call(t, "run", name+".toml", "--out", name, "-q"); status != 0 {
			t.Fatal(stderr)
		}
	}
	sameDatasets(t, "with a mark", "plain", "bom")
	for _, command := range []string{"run", "train"} {
		if status, _, stderr := call(t, command, "wide.toml", "--out", "wide"); status != 2 || !strings.Contains(stderr, "byte order mark") {
			t.Errorf("%s: status %d, stderr %q", command, status, stderr)
		}
	}
	if status, _, stderr := call(t, "train", "train.toml", "--out", "train", "-q"); status != 0 {
		t.Error(stderr)
	}
	for _, unit := range []string{"byte", "rune"} { // the mark is no symbol
		status, _, stderr := call(t, "run", "--task", "text", "--file", "text", "--unit", unit, "--cell", "gru", "--hidden", "4", "--steps", "12", "--draws", "512", "--weights", "random", "--out", unit, "-q")
		text, err := os.ReadFile(unit + "/manifest.json")
		if status != 0 || err != nil || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), `"symbols": [ " ", "e", "h", "i", "l", "o", "p" ]`) {
			t.Errorf("%s: status %d, %s, %v\n%s", unit, status, stderr, err, text)
		}
	}
}

// Whether all sign patterns can be taken is known from the fields: nothing is measured
// of a run that has one cell with too many.
func TestExhaustiveIsRefusedAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ cells, estimators string }{{"rnn,lstm", "rtrl,uoro"}, {"lstm", "rtrl,uoro"}, {"rnn", "multi-uoro-2"}, {"rnn", "rtrl,cv-uoro/snap1,ok-4"}} {
		status, stdout, stderr := call(t, "run", "--cell", c.cells, "--hidden", "2", "--steps", "8", "--weights", "random", "--noise", "exhaustive", "--estimators", c.estimators, "--out", "out")
		if status != 2 || stdout != "" || !strings.Contains(stderr, "--noise exhaustive: cell ") || !strings.Contains(stderr, "at most 24") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s, %s: status %d, stderr %q", c.cells, c.estimators, status, stderr)
		}
		if left := names(t, "."); left != "." {
			t.Errorf("left: %s", left)
		}
	}
	if status, _, stderr := call(t, "run", "--cell", "rnn", "--hidden", "2", "--steps", "8", "--weights", "random", "--noise", "exhaustive", "--estimators", "rtrl,uoro", "--out", "out", "-q"); status != 0 {
		t.Error(stderr)
	}
}
