package bench

import (
	"fmt"
	"slices"

	"uorobench/bench/statedict"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// A network that the user brings is described by its file: the cell, its size and the
// readout are found there, and what the experiment says of them must not contradict
// it.

// maxWeights bounds a file of weights, in bytes, far above a cell's.
const maxWeights = 1 << 30

// dict opens the file of weights.
func (e *Experiment) dict() (*statedict.Dict, *weights.File, error) {
	data, err := e.inputs.Read(e.Weights, maxWeights)
	if err != nil {
		return nil, nil, fmt.Errorf("weights: %w", err)
	}
	file, err := weights.Open(data)
	if err != nil {
		return nil, nil, fmt.Errorf("weights %s: %w", e.Weights, err)
	}
	return statedict.Of(file), file, nil
}

// fromWeights is e with the cell and the number of hidden units of its file of weights,
// where e does not say them; what e says must be so. A key was said if it was given
// where the file was, or after it: a flag --weights does away with the cells of the
// experiment's file, as a flag --task does with the options of another task.
func (e *Experiment) fromWeights() (*Experiment, error) {
	if !isWeightsFile(e.Weights) {
		return e, nil
	}
	if e.said("cell") && len(e.Cells) > 1 {
		return nil, e.refuse(fmt.Sprintf("a weights file fits one cell, and there are %d", len(e.Cells)), "weights", "cell")
	}
	d, file, err := e.dict()
	if err != nil {
		return nil, e.refuse(err.Error(), "weights")
	}
	layer, err := d.Layer(e.Layer)
	if err != nil {
		return nil, e.refuse(err.Error(), "weights", "layer")
	}
	name := cellOf(layer, file)
	c := *e
	switch {
	case !e.said("cell"):
		c.Cells = []string{name}
	case len(e.Cells) == 1 && e.Cells[0] != name:
		if wrong := otherCell(e.Cells[0], name, layer, file); wrong != "" {
			return nil, e.refuse(wrong, "cell", "weights")
		}
	}
	if !e.said("hidden") {
		c.Hidden = layer.Hidden
	} else if e.Hidden != layer.Hidden {
		return nil, e.refuse(fmt.Sprintf("%d hidden units, the file has %d", e.Hidden, layer.Hidden), "hidden", "weights")
	}
	return &c, nil
}

// said tells whether the key was given beside the weights, or after them.
func (e *Experiment) said(key string) bool { return e.Fields().Rank(key) >= e.Fields().Rank("weights") }

// cellOf is the cell that a layer is taken for: the one that a file of this program
// names, or PyTorch's by the blocks of its matrices. One block is the plain network
// with tanh: the file does not tell its nonlinearity.
func cellOf(l *statedict.Layer, file *weights.File) string {
	if name := file.Metadata["cell"]; slices.Contains(cell.Names(), name) && gatesOf(name) == l.Gates {
		return name
	}
	return map[int]string{1: "rnn", 3: "gru", 4: "lstm"}[l.Gates]
}

func gatesOf(name string) int {
	c, err := cell.New(name, 1, 1)
	if err != nil {
		return 0
	}
	return c.Layout().Gates
}

// otherCell says what speaks against measuring the layer as another cell than the one
// that it is taken for; "" where the file leaves it open.
func otherCell(given, name string, l *statedict.Layer, file *weights.File) string {
	if gatesOf(given) != l.Gates {
		return fmt.Sprintf("cell %s has %d blocks of rows, the file has %d of %d units: it is of cell %s", given, gatesOf(given), l.Gates, l.Hidden, name)
	}
	if file.Metadata["cell"] == name {
		return fmt.Sprintf("cell %s, the file says that it is of cell %s", given, name)
	}
	return ""
}

// chosen finds the file's network, which must have the task's sizes.
func (e *Experiment) chosen(inputs, outputs int) (*statedict.Dict, *statedict.Network, error) {
	d, _, err := e.dict()
	if err != nil {
		return nil, nil, err
	}
	n, err := d.Choose(statedict.Choice{Layer: e.Layer, Readout: e.Readout, Outputs: outputs})
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("weights %s: %w", e.Weights, err)
	case n.Layer.Inputs != inputs:
		return nil, nil, fmt.Errorf("weights %s do not fit: the task %s has %d inputs, layer %s has %d", e.Weights, e.Task.Name, inputs, n.Layer.Prefix, n.Layer.Inputs)
	case n.Readout.Outputs != outputs:
		return nil, nil, fmt.Errorf("weights %s do not fit: the task %s has %d outputs, readout %s has %d", e.Weights, e.Task.Name, outputs, n.Readout.Name, n.Readout.Outputs)
	}
	return d, n, nil
}

// ownTensors are the tensors of the file's network, under a bare layer's names.
func (e *Experiment) ownTensors(inputs, outputs int) ([]weights.Tensor, error) {
	d, n, err := e.chosen(inputs, outputs)
	if err != nil {
		return nil, err
	}
	return d.Tensors(n)
}

// ownNetwork is the network of the experiment's file; nil for weights of this program.
func (e *Experiment) ownNetwork(name string, outputs int) (*OwnNetwork, error) {
	if !isWeightsFile(e.Weights) {
		return nil, nil
	}
	d, file, err := e.dict()
	if err != nil {
		return nil, err
	}
	n, err := d.Choose(statedict.Choice{Layer: e.Layer, Readout: e.Readout, Outputs: outputs})
	if err != nil {
		return nil, err
	}
	own := &OwnNetwork{Network: *n, File: e.Weights, Assumed: assumed(name, file)}
	for _, i := range e.Inputs() {
		if i.Path == e.Weights {
			own.SHA256 = i.SHA256
		}
	}
	return own, nil
}

// assumed says what the cell's name adds to what its tensors tell.
func assumed(name string, file *weights.File) string {
	if file.Metadata["cell"] == name || gatesOf(name) > 1 {
		return ""
	}
	if name == "rnn" {
		return "nonlinearity tanh"
	}
	return "cell " + name
}

// Inspected is a file of weights as inspect tells it.
type Inspected struct {
	Tensors []weights.Info
	Layers  []statedict.Layer
	Cells   []string // what each layer would be taken for; empty for one that is refused
	// Readouts are the linear layers behind each layer.
	Readouts [][]statedict.Readout
	Own      *OwnNetwork // what run would take; nil where it refuses the file
	Cell     string      // of Own
	Refused  error       // why it does
}

// Inspect looks into a file of weights as an experiment would; layer and readout
// choose where there are several.
func Inspect(path, layer, readout string) (*Inspected, error) {
	e := Default()
	e.Weights, e.Layer, e.Readout = path, layer, readout
	d, file, err := e.dict()
	if err != nil {
		return nil, err
	}
	found := &Inspected{Tensors: file.Tensors, Layers: d.Layers}
	for i := range d.Layers {
		l, name := &d.Layers[i], ""
		var readouts []statedict.Readout
		if l.Wrong == nil {
			name, readouts = cellOf(l, file), d.Readouts(l)
		}
		found.Cells, found.Readouts = append(found.Cells, name), append(found.Readouts, readouts)
	}
	chosen, err := d.Layer(layer)
	if err != nil {
		found.Refused = err
		return found, nil
	}
	found.Cell = cellOf(chosen, file)
	found.Own, found.Refused = e.ownNetwork(found.Cell, 0)
	return found, nil
}
