package training

import (
	"strconv"

	"uorobench/bench/weights"
)

// EvaluationSteps is the number of fresh symbols that a snapshot is scored on,
// those of evaluation seed 1.
const EvaluationSteps = 20000

// Snapshot copies the weights under PyTorch's names, with metadata that says
// where they come from: cell, hidden, task, method, seed, steps; and bits and
// endings, the score of the frozen weights on fresh symbols. The caller owns
// both.
func (t *Trainer) Snapshot() ([]weights.Tensor, map[string]string, error) {
	c := &t.config
	score, err := Evaluate(t.cell, t.params, c.Task, 1, EvaluationSteps)
	if err != nil {
		return nil, nil, err
	}
	var tensors []weights.Tensor
	for _, x := range t.params.Tensors(t.cell.Layout()) {
		tensors = append(tensors, weights.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
	}
	return tensors, map[string]string{
		"cell": c.Cell, "hidden": strconv.Itoa(c.Hidden), "task": c.Task.Name(), "method": c.Method,
		"seed": strconv.FormatUint(c.Seed, 10), "steps": strconv.Itoa(t.step),
		"bits": decimal(score.Bits), "endings": decimal(score.Endings),
	}, nil
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
