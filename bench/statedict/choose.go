package statedict

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/bench/weights"
)

// Choice says which of several candidates is meant. Empty: the only one.
type Choice struct {
	Layer   string // prefix of the recurrent layer
	Readout string // name of the readout
	Outputs int    // of the task; 0 for any
}

// Network is a recurrent layer with its readout.
type Network struct {
	Layer   Layer
	Readout Readout
	Ignored []string // names of the tensors that are of neither, in order
}

// Choose finds the layer and the readout. The error lists the candidates and the flag
// to choose with, or says why the one cannot be measured.
func (d *Dict) Choose(c Choice) (*Network, error) {
	layer, err := d.Layer(c.Layer)
	if err != nil {
		return nil, err
	}
	readout, err := d.readout(layer, c)
	if err != nil {
		return nil, err
	}
	n := &Network{Layer: *layer, Readout: *readout}
	for _, t := range d.file.Tensors {
		prefix, end := cut(t.Name)
		if slices.Contains(readout.names, t.Name) || prefix == layer.Prefix && layer.names[end] == t.Name {
			continue
		}
		n.Ignored = append(n.Ignored, t.Name)
	}
	return n, nil
}

// Layer finds the recurrent layer of that prefix, or the only one where it is empty.
func (d *Dict) Layer(prefix string) (*Layer, error) {
	var names []string
	for i := range d.Layers {
		if names = append(names, d.Layers[i].Prefix); d.Layers[i].Prefix == prefix {
			return &d.Layers[i], d.Layers[i].Wrong
		}
	}
	switch {
	case len(d.Layers) == 0:
		return nil, fmt.Errorf("no recurrent layer: no tensor's name ends in weight_ih_l0 and weight_hh_l0 (nn.RNN, nn.GRU, nn.LSTM), or in weight_ih and weight_hh (nn.*Cell); there are %s", d.listed())
	case prefix != "":
		return nil, fmt.Errorf("no recurrent layer %q; there are %s", prefix, strings.Join(names, ", "))
	case len(d.Layers) > 1:
		return nil, fmt.Errorf("there are %d recurrent layers: choose with --layer %s", len(names), strings.Join(names, " or --layer "))
	}
	return &d.Layers[0], d.Layers[0].Wrong
}

// maxListed is how many tensors a message names.
const maxListed = 12

func (d *Dict) listed() string {
	var names []string
	for _, t := range d.file.Tensors {
		names = append(names, t.Name)
	}
	return Listed(names)
}

// Listed joins names, the first of many.
func Listed(names []string) string {
	if len(names) == 0 {
		return "no tensors"
	}
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
}

// Readouts lists the linear layers that read the layer's hidden units.
func (d *Dict) Readouts(l *Layer) []Readout {
	var all []Readout
	for _, t := range d.file.Tensors {
		prefix, end := cut(t.Name)
		if end != "weight" || len(t.Shape) != 2 || t.Shape[1] != l.Hidden || !t.DType.Decodes() {
			continue
		}
		r := Readout{Name: prefix, Outputs: t.Shape[0], names: []string{t.Name}}
		bias := strings.TrimSuffix(t.Name, "weight") + "bias"
		if info, ok := d.file.Find(bias); ok && slices.Equal(info.Shape, []int{r.Outputs}) {
			r.Bias, r.names = true, append(r.names, bias)
		}
		all = append(all, r)
	}
	return all
}

func (d *Dict) readout(l *Layer, c Choice) (*Readout, error) {
	all := d.Readouts(l)
	wanted := strings.TrimSuffix(c.Readout, ".weight")
	if wanted == "weight" {
		wanted = Bare
	}
	var names []string
	for i, r := range all {
		if names = append(names, r.Name); wanted != "" && r.Name == wanted {
			return &all[i], nil
		}
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("no readout: no tensor NAME.weight has shape [outputs, %d] for the %d hidden units; there are %s", l.Hidden, l.Hidden, d.listed())
	case wanted != "":
		return nil, fmt.Errorf("no readout %q of %d hidden units; there are %s", c.Readout, l.Hidden, strings.Join(names, ", "))
	}
	fits := slices.DeleteFunc(slices.Clone(all), func(r Readout) bool { return c.Outputs > 0 && r.Outputs != c.Outputs })
	switch {
	case len(fits) == 1:
		return &fits[0], nil
	case len(all) == 1:
		return &all[0], nil // its size is the caller's to refuse
	}
	return nil, fmt.Errorf("there are %d linear layers of %d hidden units: choose with --readout %s", len(names), l.Hidden, strings.Join(names, " or --readout "))
}

// Tensors are the network's six tensors under the names of a bare layer and readout,
// widened to float64. Biases that the file has not are zero.
func (d *Dict) Tensors(n *Network) ([]weights.Tensor, error) {
	rows := n.Layer.Gates * n.Layer.Hidden
	parts := []struct {
		name, from string
		shape      []int
	}{
		{"weight_ih_l0", n.Layer.names["weight_ih"+n.Layer.suffix], nil},
		{"weight_hh_l0", n.Layer.names["weight_hh"+n.Layer.suffix], nil},
		{"bias_ih_l0", n.Layer.names["bias_ih"+n.Layer.suffix], []int{rows}},
		{"bias_hh_l0", n.Layer.names["bias_hh"+n.Layer.suffix], []int{rows}},
		{"weight", n.Readout.names[0], nil},
		{"bias", "", []int{n.Readout.Outputs}},
	}
	if n.Readout.Bias {
		parts[5].from = n.Readout.names[1]
	}
	var tensors []weights.Tensor
	for _, p := range parts {
		if p.from == "" {
			tensors = append(tensors, weights.Tensor{Name: p.name, Shape: p.shape, Data: make([]float64, p.shape[0])})
			continue
		}
		t, err := d.file.Tensor(p.from)
		if err != nil {
			return nil, err
		}
		t.Name = p.name
		tensors = append(tensors, t)
	}
	return tensors, nil
}
