package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stateDicts are files that the real safetensors package wrote of PyTorch modules.
var stateDicts, errStateDicts = filepath.Abs(filepath.Join("..", "..", "bench", "statedict", "testdata"))

func stateDict(t *testing.T, name string) string {
	t.Helper()
	must(t, errStateDicts)
	return filepath.Join(stateDicts, name+".safetensors")
}

func own(out string, more ...string) []string {
	return append([]string{"run", "--steps", "12", "--draws", "512", "-q", "--out", out}, more...)
}

// A module's own names are found, in DataParallel too; both files hold the same
// numbers, and so do the datasets of both runs. Cell and size are the file's where the
// flags do not say them, which is the same measurement again.
func TestPyTorchPrefixes(t *testing.T) {
	t.Chdir(t.TempDir())
	for out, args := range map[string][]string{
		"a": {"--cell", "gru", "--hidden", "6", "--weights", stateDict(t, "gru-prefix")},
		"b": {"--cell", "gru", "--hidden", "6", "--weights", stateDict(t, "gru-module")},
		"c": {"--weights", stateDict(t, "gru-module")},
	} {
		status, printed, stderr := call(t, own(out, args...)...)
		if status != 0 || !strings.HasPrefix(printed, "gru, 6 hidden units, anbn") || !strings.Contains(printed, "taken for a gru, readout") {
			t.Fatalf("%s: status %d, stderr %q\n%s", out, status, stderr, printed)
		}
		if status, again, _ := call(t, "report", out); status != 0 || again != printed {
			t.Errorf("%s: the report reads back as\n%s", out, again)
		}
		if status, _, stderr := call(t, "verify", out); status != 0 {
			t.Errorf("%s: verify: %s", out, stderr)
		}
	}
	want, _ := tensorsOf(t, "a/params-gru.safetensors")
	for _, out := range []string{"b", "c"} {
		got, _ := tensorsOf(t, out+"/params-gru.safetensors")
		for i := range want {
			if got[i].Name != want[i].Name || !equalBits(got[i].Data, want[i].Data) {
				t.Errorf("%s: other weights: %s", out, want[i].Name)
			}
		}
	}
	sameBytes(t, "b/config.toml", "c/config.toml")
	text, err := os.ReadFile("a/manifest.json")
	must(t, err)
	if !strings.Contains(string(text), `"inputs": [`) || !strings.Contains(string(text), "gru-prefix.safetensors") {
		t.Error("the manifest does not tell the file of weights")
	}
}

// What the report says of such a network: its loss, what was assumed and left out. Of
// the program's own weights it says nothing, and writes no dataset.
func TestOwnWeightsInTheReport(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, wants := range map[string][]string{
		"rnn":        {"taken for a rnn", "bits per symbol", "assumed: nonlinearity tanh"},
		"gru-nobias": {"no biases of the layer and of the readout", "taken for a gru"},
		"lightning":  {"layer model.encoder.lstm taken for a lstm", "tensors of the file that were ignored: model.embedding.weight, model.norm.bias"},
	} {
		_, printed, stderr := call(t, own(name, "--weights", stateDict(t, name))...)
		flat := strings.Join(strings.Fields(printed), " ")
		for _, want := range wants {
			if !strings.Contains(flat, want) {
				t.Errorf("%s: no %q in\n%s%s", name, want, printed, stderr)
			}
		}
	}
	_, printed, _ := call(t, own("random", "--weights", "random", "--cell", "rnn", "--hidden", "4")...)
	if _, err := os.Stat("random/network.parquet"); strings.Contains(printed, "weights:") || err == nil {
		t.Errorf("random weights: %v\n%s", err, printed)
	}
}

// A flag that contradicts the file is refused in units, and so is a task that the
// network was not made for; nothing is written.
func TestContradictedWeights(t *testing.T) {
	t.Chdir(t.TempDir())
	gru := stateDict(t, "gru")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--weights", gru, "--hidden", "32"}, "--hidden 32: 32 hidden units, the file has 5"},
		{[]string{"--weights", gru, "--cell", "lstm"}, "--cell lstm: cell lstm has 4 blocks of rows, the file has 3 of 5 units: it is of cell gru"},
		{[]string{"--weights", gru, "--cell", "gru,rnn"}, "a weights file fits one cell"},
		{[]string{"--weights", gru, "--task", "copy", "--length", "2", "--delay", "2"}, "the task copy has 6 inputs, layer rnn has 3"},
		{[]string{"--weights", gru, "--layer", "encoder"}, `no recurrent layer "encoder"; there are rnn`},
		{[]string{"--weights", gru, "--readout", "head"}, `no readout "head" of 5 hidden units; there are fc`},
		{[]string{"--weights", "random", "--layer", "rnn"}, "--layer rnn: has a meaning only with a file of weights"},
		{[]string{"--weights", stateDict(t, "refused-two-candidates")}, "choose with --layer a or --layer b"},
		{[]string{"--weights", stateDict(t, "refused-two-candidates"), "--layer", "a"}, "choose with --readout fc or --readout value"},
		{[]string{"--weights", stateDict(t, "refused-two-layers")}, "second layer"},
		{[]string{"--weights", stateDict(t, "refused-bidirectional")}, "backward direction"},
		{[]string{"--weights", stateDict(t, "refused-projected")}, "proj_size"},
	} {
		status, stdout, stderr := call(t, own("x", c.args...)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q\ngot  %swant …%s…", c.args, status, stdout, stderr, c.want)
		}
	}
	if left := names(t, "."); left != "." {
		t.Errorf("left: %s", left)
	}
	if status, _, stderr := call(t, own("y", "--weights", stateDict(t, "refused-two-candidates"), "--layer", "a", "--readout", "fc")...); status != 0 {
		t.Errorf("chosen: %s", stderr)
	}
}

func TestInspect(t *testing.T) {
	status, printed, stderr := call(t, "inspect", stateDict(t, "lightning"))
	for _, want := range []string{"12 tensors", "I64  []           model.norm.num_batches_tracked",
		"taken: layer model.encoder.lstm for a lstm of 5 units and 3 inputs, readout model.encoder.head with 3 outputs"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
	if status != 0 || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	status, printed, stderr = call(t, "inspect", stateDict(t, "refused-two-candidates"))
	if status != 2 || !strings.Contains(printed, "layer b: lstm, 5 hidden units, 3 inputs, F32, bias; readouts: fc (3 outputs, bias), value") || !strings.Contains(stderr, "--layer a or --layer b") {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, printed)
	}
	if status, _, stderr := call(t, "inspect", "absent.safetensors"); status != 2 || !strings.Contains(stderr, "absent.safetensors") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}
