package training

import (
	"context"
	"fmt"
	"math"

	"uorobench/bench/task"
	"uorobench/estimators/cell"
)

// tagEvaluation is the data stream's tag of the sequences that frozen weights
// are scored on: other symbols than those that are trained on.
const tagEvaluation = 3

// Score is how well frozen weights predict.
type Score struct {
	Bits    float64 // loss, bits per symbol that carries a loss
	Endings float64 // fraction of strings whose end was predicted; NaN for tasks without
}

// Evaluate scores frozen weights on steps symbols of the task that no training
// sees: they are drawn from the seed, under a tag of their own. The error names
// a loss that is not finite, or says why the task has no such sequence.
func Evaluate(c cell.Cell, p *cell.Params, t task.Task, seed uint64, steps int) (Score, error) {
	symbols, err := t.Sequence(data(seed).Uniforms(tagEvaluation), steps)
	if err != nil {
		return Score{}, fmt.Errorf("evaluation: %w", err)
	}
	l := c.Layout()
	r := newRecorder(&Config{Task: t, Steps: steps, Record: steps, Window: 1}, &symbols)
	feed := newFeed(&symbols)
	s, j := cell.NewStepper(c, p), cell.NewJacobian(l)
	prev, next := make([]float64, l.S()), make([]float64, l.S())
	for step := range steps {
		s.Step(j, feed.at(step), 0, prev, next)
		r.add(j, s.Y, step, 0)
		prev, next = next, prev
	}
	score := Score{Bits: r.points[0].Bits, Endings: r.points[0].Endings}
	if math.IsNaN(score.Bits) || math.IsInf(score.Bits, 0) {
		return score, fmt.Errorf("evaluation: the loss is %v; the weights are too large for float64", score.Bits)
	}
	return score, nil
}

// feed shows a sequence one step at a time, as a window of one step.
type feed struct {
	symbols *task.Sequence
	rows    [][]float64 // one-hot vectors of the codes
	window  cell.Sequence
}

func newFeed(s *task.Sequence) *feed {
	f := &feed{symbols: s, window: cell.Sequence{
		Inputs: s.X, Outputs: s.Y, X: make([][]float64, 1), Target: make([]int, 1),
	}}
	for i := range s.X {
		f.rows = append(f.rows, make([]float64, s.X))
		f.rows[i][i] = 1
	}
	return f
}

// at returns a sequence whose step 0 is step t (0-based) of the whole. It is the
// same one every time.
func (f *feed) at(t int) *cell.Sequence {
	f.window.X[0], f.window.Target[0] = f.rows[f.symbols.Input[t]], f.symbols.Target[t]
	return &f.window
}

// Train takes steps until `until` are done, at most to the end of the config.
// It stops early with the context's error; the trainer can then go on later.
func (t *Trainer) Train(ctx context.Context, until int) error {
	for until = min(until, t.config.Steps); t.step < until; {
		if err := ctx.Err(); err != nil {
			return err
		}
		for end := min(t.step+stepsPerLook, until); t.step < end; {
			if err := t.Step(); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepsPerLook is how many steps pass between looks at the context: well under
// a second of the dearest method.
const stepsPerLook = 64
