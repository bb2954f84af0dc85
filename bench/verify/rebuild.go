package verify

import (
	"fmt"
	"slices"

	"uorobench/bench/task"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// Rebuild makes a run's trajectory again from what the run keeps, the weights
// (PyTorch's names), the symbols of the warm-up (before, maybe none) and those of
// the window (seq), and the exact gradients by backpropagation through the window
// at the given steps (1-based): one of length P per step. It fails where the
// weights do not fit or a step is not there.
func Rebuild(name string, hidden int, tensors []cell.Tensor, before, seq *task.Sequence, steps []int) (*cell.Trajectory, [][]float64, error) {
	c, err := cell.New(name, seq.X, hidden)
	if err != nil {
		return nil, nil, err
	}
	params := cell.NewParams(c.Layout(), seq.Y)
	if err := params.SetTensors(c.Layout(), tensors); err != nil {
		return nil, nil, err
	}
	start, err := runBefore(c, params, before)
	if err != nil {
		return nil, nil, err
	}
	tr, err := cell.Run(c, params, inputsOf(seq), start)
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

// piece is how many steps of a warm-up are held at a time.
const piece = 256

// runBefore is the state at the window's start. A run finds it by the forward pass
// alone; here it is the end of trajectories with all their derivatives, piece by
// piece.
func runBefore(c cell.Cell, params *cell.Params, before *task.Sequence) (state []float64, err error) {
	for rest := *before; rest.Steps() > 0; {
		var first task.Sequence
		first, rest = rest.Split(min(piece, rest.Steps()))
		tr, err := cell.Run(c, params, inputsOf(&first), state)
		if err != nil {
			return nil, fmt.Errorf("warm-up: %w", err)
		}
		state = tr.States[len(tr.States)-1]
	}
	return state, nil
}

// inputsOf is the sequence as the network reads it.
func inputsOf(s *task.Sequence) *cell.Sequence {
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, X: s.Vectors(), Target: slices.Clone(s.Target)}
	if s.Squared() {
		seq.Value = s.Real.Target
	}
	return seq
}
