package statedict

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/weights"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

func open(t *testing.T, name string) (*Dict, *weights.File) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return Of(file), file
}

func choose(t *testing.T, d *Dict, c Choice) *Network {
	t.Helper()
	n, err := d.Choose(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// testdata is written by bench/peers/state_dicts.py with the real packages: state_dicts
// of modules, and what PyTorch computes with them.
var modules = []struct {
	name, cell, prefix, readout string
	bias                        bool
	ignored                     []string
}{
	{"rnn", "rnn", "rnn", "fc", true, nil},
	{"rnn-cell", "rnn", "cell", "fc", true, nil},
	{"rnn-nobias", "rnn", "rnn", "fc", false, nil},
	{"gru", "gru", "rnn", "fc", true, nil},
	{"gru-cell", "gru", "cell", "fc", true, nil},
	{"gru-nobias", "gru", "rnn", "fc", false, nil},
	{"gru-f64", "gru", "rnn", "fc", true, nil},
	{"gru-f16", "gru", "rnn", "fc", true, nil},
	{"gru-bf16", "gru", "rnn", "fc", true, nil},
	{"lstm", "lstm", "rnn", "fc", true, nil},
	{"lstm-cell", "lstm", "cell", "fc", true, nil},
	{"lstm-nobias", "lstm", "rnn", "fc", false, nil},
	{"lstm-parallel", "lstm", "module.rnn", "module.fc", true, nil},
	{"lightning", "lstm", "model.encoder.lstm", "model.encoder.head", true, []string{
		"model.embedding.weight", "model.norm.bias", "model.norm.num_batches_tracked", "model.norm.running_mean", "model.norm.running_var", "model.norm.weight"}},
}

// The network that is found is the one that PyTorch runs: its loss, and the gradient of
// the last step's loss by autograd, to rounding.
func TestNetworksArePyTorchs(t *testing.T) {
	for _, m := range modules {
		d, _ := open(t, m.name)
		n := choose(t, d, Choice{Outputs: 3})
		if n.Layer.Prefix != m.prefix || n.Readout.Name != m.readout || n.Layer.Bias != m.bias || n.Readout.Bias != m.bias || !slices.Equal(n.Ignored, m.ignored) {
			t.Errorf("%s: found %+v", m.name, n)
		}
		tensors, err := d.Tensors(n)
		if err != nil {
			t.Fatal(err)
		}
		c, err := cell.New(m.cell, n.Layer.Inputs, n.Layer.Hidden)
		if err != nil {
			t.Fatal(err)
		}
		p := cell.NewParams(c.Layout(), n.Readout.Outputs)
		if err := p.SetTensors(c.Layout(), asCells(tensors)); err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		checkReference(t, m.name, c, p)
	}
}

func asCells(tensors []weights.Tensor) []cell.Tensor {
	var out []cell.Tensor
	for _, t := range tensors {
		out = append(out, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
	}
	return out
}

func checkReference(t *testing.T, name string, c cell.Cell, p *cell.Params) {
	t.Helper()
	_, reference := open(t, name+".reference")
	read := func(what string) []float64 {
		tensor, err := reference.Tensor(what)
		if err != nil {
			t.Fatal(err)
		}
		return tensor.Data
	}
	symbols, target := read("input"), read("target")
	seq := &cell.Sequence{Inputs: 3, Outputs: 3, Target: make([]int, len(target))}
	for i, s := range symbols {
		x := make([]float64, 3)
		x[int(s)] = 1
		seq.X, seq.Target[i] = append(seq.X, x), int(target[i])
	}
	tr, err := cell.Run(c, p, seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tr.Loss/float64(tr.Losses), read("loss")[0]; math.Abs(got-want) > 1e-12*want {
		t.Errorf("%s: loss %v, PyTorch has %v", name, got, want)
	}
	worst, largest, none := 0.0, 0.0, 0
	l := c.Layout()
	for j, got := range oracle.BPTTAt(c, p, tr, len(tr.Steps)) {
		tensor, row, col := l.Coordinate(j)
		info, ok := reference.Find("grad_" + tensor)
		if !ok {
			none++ // a bias that the module has not
			continue
		}
		at := row
		if col >= 0 {
			at = row*info.Shape[1] + col
		}
		want := read("grad_" + tensor)[at]
		worst, largest = max(worst, math.Abs(got-want)), max(largest, math.Abs(want))
	}
	if !(worst <= 1e-12*largest) || largest == 0 || none > 2*l.Gates*l.H {
		t.Errorf("%s: the gradient differs by %v of %v from autograd's", name, worst, largest)
	}
}

// What is no single layer in one direction is refused by name, and several candidates
// are listed with the flag to choose.
func TestRefusedNetworks(t *testing.T) {
	for _, c := range []struct {
		name   string
		choice Choice
		want   string
	}{
		{"refused-two-layers", Choice{}, "layer rnn: bias_hh_l1 is of a second layer"},
		{"refused-two-layers", Choice{Layer: "rnn"}, "second layer"},
		{"refused-bidirectional", Choice{}, "_reverse is of a backward direction"},
		{"refused-projected", Choice{}, "layer rnn: weight_hr_l0 is the projection of proj_size"},
		{"refused-no-layer", Choice{}, "no recurrent layer: no tensor's name ends in weight_ih_l0 and weight_hh_l0 (nn.RNN, nn.GRU, nn.LSTM), or in weight_ih and weight_hh (nn.*Cell); there are fc.bias, fc.weight"},
		{"refused-two-candidates", Choice{}, "there are 2 recurrent layers: choose with --layer a or --layer b"},
		{"refused-two-candidates", Choice{Layer: "c"}, `no recurrent layer "c"; there are a, b`},
		{"refused-two-candidates", Choice{Layer: "b"}, "there are 2 linear layers of 5 hidden units: choose with --readout fc or --readout value"},
		{"refused-two-candidates", Choice{Layer: "a", Readout: "norm"}, `no readout "norm" of 5 hidden units; there are fc, value`},
	} {
		d, _ := open(t, c.name)
		if n, err := d.Choose(c.choice); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: found %+v, %v; want …%s…", c.name, c.choice, n, err, c.want)
		}
	}
	d, _ := open(t, "refused-two-candidates")
	for _, c := range []Choice{{Layer: "a", Readout: "value"}, {Layer: "a", Readout: "value.weight"}} {
		n := choose(t, d, c)
		if n.Layer.Gates != 3 || n.Readout.Name != "value" || len(n.Ignored) != 6 {
			t.Errorf("%+v: found %+v", c, n)
		}
	}
}

// Prefixes of any kind: none, a module's, DataParallel's.
func TestPrefixes(t *testing.T) {
	for name, want := range map[string]string{"gru-prefix": "rnn fc", "gru-module": "module.rnn module.fc"} {
		d, _ := open(t, name)
		n := choose(t, d, Choice{})
		if got := n.Layer.Prefix + " " + n.Readout.Name; got != want || n.Layer.Hidden != 6 || n.Layer.Inputs != 3 || n.Layer.Gates != 3 {
			t.Errorf("%s: %s, %+v", name, got, n.Layer)
		}
	}
	file := &weights.File{Tensors: []weights.Info{
		{Name: "bias", DType: weights.F32, Shape: []int{2}}, {Name: "weight", DType: weights.F32, Shape: []int{2, 4}},
		{Name: "weight_hh_l0", DType: weights.F32, Shape: []int{4, 4}}, {Name: "weight_ih_l0", DType: weights.F32, Shape: []int{4, 3}},
	}}
	if n := choose(t, Of(file), Choice{Layer: Bare, Readout: "weight"}); n.Layer.Prefix != Bare || n.Readout.Name != Bare || !n.Readout.Bias || n.Layer.Bias {
		t.Errorf("bare: %+v", n)
	}
	file.Tensors[2].Shape = []int{8, 4}
	if _, err := Of(file).Choose(Choice{}); err == nil || !strings.Contains(err.Error(), "layer .: weight_ih_l0 has shape [4 3] and weight_hh_l0 [8 4]") {
		t.Errorf("shapes that do not fit: %v", err)
	}
}
