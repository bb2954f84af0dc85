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

// hasOwnWeights is the need of the fields that are about a file of weights.
func hasOwnWeights(e *Experiment) (met bool, want string) {
	return isWeightsFile(e.Weights), "with a file of weights (weights = \"FILE.safetensors\")"
}

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
func (e *Experiment) said(key string) bool { return e.rank(key) >= e.rank("weights") }

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

// ownTensors are the tensors of the file's network, under a bare layer's names.
func (e *Experiment) ownTensors(name string, inputs, outputs int) ([]weights.Tensor, error) {
	d, _, err := e.dict()
	if err != nil {
		return nil, err
	}
	n, err := d.Choose(statedict.Choice{Layer: e.Layer, Readout: e.Readout, Outputs: outputs})
	switch {
	case err != nil:
		return nil, fmt.Errorf("weights %s: %w", e.Weights, err)
	case n.Layer.Inputs != inputs:
		return nil, fmt.Errorf("weights %s do not fit: the task %s has %d inputs, layer %s has %d", e.Weights, e.Task.Name, inputs, n.Layer.Prefix, n.Layer.Inputs)
	case n.Readout.Outputs != outputs:
		return nil, fmt.Errorf("weights %s do not fit: the task %s has %d outputs, readout %s has %d", e.Weights, e.Task.Name, outputs, n.Readout.Name, n.Readout.Outputs)
	}
	return d.Tensors(n)
}
