package verify

import (
	"fmt"
	"slices"

	"uorobench/bench/task"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// Rebuild makes a run's trajectory again from what the run keeps, the weights
// (PyTorch's names) and the sequence of symbols, and the exact gradients by
// backpropagation through time at the given steps (1-based): one of length P
// per step. It fails where the weights do not fit or a step is not there.
func Rebuild(name string, hidden int, tensors []cell.Tensor, seq *task.Sequence, steps []int) (*cell.Trajectory, [][]float64, error) {
	c, err := cell.New(name, seq.X, hidden)
	if err != nil {
		return nil, nil, err
	}
	params := cell.NewParams(c.Layout(), seq.Y)
	if err := params.SetTensors(c.Layout(), tensors); err != nil {
		return nil, nil, err
	}
	tr, err := cell.Run(c, params, inputsOf(seq), nil)
	if err != nil {
		return nil, nil, err
	}
	var exact [][]float64
	for _, t := range steps {
		if t < 1 || t > len(tr.Steps) {
			return nil, nil, fmt.Errorf("step %d; the sequence has steps 1 to %d", t, len(tr.Steps))
		}
		exact = append(exact, oracle.BPTTAt(c, params, tr, t))
	}
	return tr, exact, nil
}

// inputsOf is the sequence as the network reads it.
func inputsOf(s *task.Sequence) *cell.Sequence {
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, X: s.Vectors(), Target: slices.Clone(s.Target)}
	if s.Real != nil {
		seq.Value = s.Real.Target
	}
	return seq
}
