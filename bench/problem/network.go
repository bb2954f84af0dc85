package problem

import (
	"fmt"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// Tags of the data stream: one counter range per purpose, so that a longer
// sequence never moves the initial weights.
const (
	tagSequence   = 0
	tagWeights    = 1
	tagDirections = 1 << 32 // and the numbers after it
)

// Values of Config.Weights, apart from stages and files.
const (
	// Random weights are drawn from WeightSeed, as PyTorch does it.
	Random = "random"
	// Balancing is the linear system of influence balancing, which goes with that
	// task, cell linear and task.BalancingUnits hidden units alone.
	Balancing = "balancing"
)

// Network makes the cell and its weights: drawn, embedded, or from a file. The
// task gives the numbers of inputs and outputs.
func (c *Config) Network(inputs, outputs int) (cell.Cell, *cell.Params, error) {
	network, err := cell.New(c.Cell, inputs, c.Hidden)
	if err != nil {
		return nil, nil, err
	}
	p := cell.NewParams(network.Layout(), outputs)
	if c.Weights == Random {
		p.Init(network.Layout(), c.Scale, noise.New(c.WeightSeed, noise.Data).Uniforms(tagWeights).Next)
		return network, p, nil
	}
	raw, from, err := c.loadTensors(inputs, outputs)
	if err != nil {
		return nil, nil, err
	}
	if err := p.SetTensors(network.Layout(), tensors(raw)); err != nil {
		return nil, nil, fmt.Errorf("weights %s do not fit cell %s with %d inputs, %d hidden units, %d outputs: %w",
			from, c.Cell, inputs, c.Hidden, outputs, err)
	}
	return network, p, nil
}

// tensors are the weights as a cell takes them.
func tensors(raw []weights.Tensor) []cell.Tensor {
	var out []cell.Tensor
	for _, t := range raw {
		out = append(out, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
	}
	return out
}

// loadTensors reads an embedded stage or the user's file; from names it in messages.
func (c *Config) loadTensors(inputs, outputs int) (raw []weights.Tensor, from string, err error) {
	switch {
	case weights.IsStage(c.Weights):
		raw, _, err = weights.Stage(c.Cell, c.Weights)
		return raw, fmt.Sprintf("%q (embedded)", c.Weights), err
	case c.Weights == Balancing:
		raw, err = c.balancingWeights()
		return raw, fmt.Sprintf("%q", c.Weights), err
	}
	raw, err = c.Own(inputs, outputs)
	return raw, c.Weights, err
}

// balancingWeights are those of influence balancing, refused for any other
// network and task.
func (c *Config) balancingWeights() ([]weights.Tensor, error) {
	name := (task.InfluenceBalancing{}).Name()
	if c.Task.Name() != name || c.Cell != "linear" || c.Hidden != task.BalancingUnits {
		return nil, fmt.Errorf("weights %q are a system of their own: task.name = %q, cell = [\"linear\"], hidden = %d; these are task %s, cell %s, hidden %d",
			Balancing, name, task.BalancingUnits, c.Task.Name(), c.Cell, c.Hidden)
	}
	return task.BalancingWeights(), nil
}

// sharedDirection is ∂θ/∂ϑ in the order of cell.Layout; nil where the weights have
// no parameter ϑ in common. A system whose weights all come from one parameter has
// one derivative that matters, ∂L/∂ϑ = g·∂θ/∂ϑ; that of influence balancing is such
// a system, and the sign of the derivative is what it is about.
func (c *Config) sharedDirection(network cell.Cell, outputs int) ([]float64, error) {
	if c.Weights != Balancing {
		return nil, nil
	}
	p := cell.NewParams(network.Layout(), outputs)
	return p.Theta, p.SetTensors(network.Layout(), tensors(task.BalancingDirection()))
}
