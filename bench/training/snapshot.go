package training

import (
	"strconv"

	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// EvaluationSteps is the number of fresh symbols that a snapshot is scored on,
// those of evaluation seed 1.
const EvaluationSteps = 20000

// Snapshot is the weights after some steps, under PyTorch's names, with metadata
// that says where they come from: cell, hidden, task, method, seed, steps; and
// bits and endings, the score of the frozen weights on fresh symbols.
type Snapshot struct {
	Step     int
	Tensors  []weights.Tensor
	Metadata map[string]string
}

// Snapshot copies the present weights. The caller owns all of it.
func (t *Trainer) Snapshot() (Snapshot, error) { return t.snapshot(t.step, t.params) }

// Kept returns the weights that Keep put aside, in order.
func (t *Trainer) Kept() ([]Snapshot, error) {
	all := make([]Snapshot, len(t.kept))
	for i, k := range t.kept {
		p := &cell.Params{Theta: k.weights[0], ReadoutW: k.weights[1], ReadoutB: k.weights[2]}
		var err error
		if all[i], err = t.snapshot(k.step, p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *Trainer) snapshot(step int, p *cell.Params) (Snapshot, error) {
	c := &t.config
	score, err := Evaluate(t.cell, p, c.Task, 1, EvaluationSteps)
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Step: step, Metadata: map[string]string{
		"cell": c.Cell, "hidden": strconv.Itoa(c.Hidden), "task": c.Task.Name(), "method": c.Method,
		"seed": strconv.FormatUint(c.Seed, 10), "steps": strconv.Itoa(step),
		"bits": decimal(score.Bits), "endings": decimal(score.Endings),
	}}
	for _, x := range p.Tensors(t.cell.Layout()) {
		s.Tensors = append(s.Tensors, weights.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
	}
	return s, nil
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
