package cell

import (
	"fmt"
	"math"
)

// Sequence is what a task gives a network: T input vectors and the losses.
type Sequence struct {
	Inputs  int         // X
	Outputs int         // Y
	X       [][]float64 // T vectors of length X
	// Target is the class that softmax cross-entropy asks for at each step;
	// negative where the step carries no loss.
	Target []int
	// Value, when not nil, replaces Target by squared error ½‖y − Value[t]‖²;
	// a nil entry carries no loss.
	Value [][]float64
}

// Steps is T.
func (q *Sequence) Steps() int { return len(q.X) }

// Trajectory is a run of a cell with frozen weights: the states, and every
// derivative that an estimator needs. It is read-only once made and shared by
// all draws.
type Trajectory struct {
	Cell   Cell
	Layout *Layout
	Steps  []*Jacobian // T; Steps[t-1] is step t
	States [][]float64 // T+1 states; States[0] is h_0
	Loss   float64     // Σ_t L_t
	Losses int         // steps that carry a loss
}

// Run computes the trajectory of c at weights p over seq from state s0 (nil:
// zero). It fails when a number is not finite, naming the step.
func Run(c Cell, p *Params, seq *Sequence, s0 []float64) (*Trajectory, error) {
	l := c.Layout()
	tr := &Trajectory{Cell: c, Layout: l}
	state := make([]float64, l.S())
	copy(state, s0)
	tr.States = append(tr.States, state)
	step := NewStepper(c, p)
	for t := range seq.X {
		j, next := NewJacobian(l), make([]float64, l.S())
		step.Step(j, seq, t, tr.States[t], next)
		if err := j.finite(next); err != nil {
			return nil, fmt.Errorf("cell %s: step %d: %w", c.Name(), t+1, err)
		}
		tr.Steps = append(tr.Steps, j)
		tr.States = append(tr.States, next)
		tr.Loss += j.Loss
		if j.HasLoss {
			tr.Losses++
		}
	}
	return tr, nil
}

// StateAfter is the state that Run from s0 (nil: zero) over seq ends on, to the
// bit, without the derivatives: its memory does not grow with the steps. The
// caller owns the slice. It fails as Run does.
func StateAfter(c Cell, p *Params, seq *Sequence, s0 []float64) ([]float64, error) {
	l := c.Layout()
	state, next := make([]float64, l.S()), make([]float64, l.S())
	h, z := make([]float64, l.H), NewJacobian(l).Z
	copy(state, s0)
	for t, x := range seq.X {
		c.Hidden(h, state)
		l.features(z, x, h)
		c.Advance(p.Theta, z, state, next)
		if err := finite("state", next); err != nil {
			return nil, fmt.Errorf("cell %s: step %d: %w", c.Name(), t+1, err)
		}
		state, next = next, state
	}
	return state, nil
}

// Stepper runs a cell one step at a time and allocates nothing: the online
// form of Run.
type Stepper struct {
	cell   Cell
	params *Params
	h      []float64 // H
	// Y is the readout of the last step and DY = ∂L_t/∂y: for cross-entropy,
	// softmax(y) − onehot(target).
	Y, DY []float64
	dh    []float64
}

// NewStepper binds a cell to weights; the weights may change between steps.
func NewStepper(c Cell, p *Params) *Stepper {
	h, y := c.Layout().H, len(p.ReadoutB)
	return &Stepper{
		cell: c, params: p,
		h: make([]float64, h), dh: make([]float64, h),
		Y: make([]float64, y), DY: make([]float64, y),
	}
}

// Hidden is h_t after Step; it is overwritten by the next Step.
func (s *Stepper) Hidden() []float64 { return s.h }

// Step takes the 0-based step t of seq from state prev to next and fills j.
func (s *Stepper) Step(j *Jacobian, seq *Sequence, t int, prev, next []float64) {
	l := s.cell.Layout()
	s.cell.Hidden(s.h, prev)
	l.features(j.Z, seq.X[t], s.h)
	s.cell.Linearize(s.params.Theta, prev, next, j)
	s.cell.Hidden(s.h, next)
	s.readout()
	j.Loss, j.HasLoss = seq.loss(t, s.Y, s.DY)
	clear(j.Delta)
	s.pullReadout()
	s.cell.PullHidden(j.Delta, next, s.dh)
	j.pullQ()
}

func (s *Stepper) readout() {
	h := len(s.h)
	for y := range s.Y {
		s.Y[y] = s.params.ReadoutB[y] + dot(s.params.ReadoutW[y*h:(y+1)*h], s.h)
	}
}

func (s *Stepper) pullReadout() {
	h := len(s.h)
	clear(s.dh)
	for y, d := range s.DY {
		axpy(d, s.params.ReadoutW[y*h:(y+1)*h], s.dh)
	}
}

// loss returns L_t and writes dy = ∂L_t/∂y.
func (q *Sequence) loss(t int, y, dy []float64) (float64, bool) {
	clear(dy)
	switch {
	case q.Value != nil && q.Value[t] != nil:
		return squaredError(y, q.Value[t], dy), true
	case q.Value == nil && q.Target[t] >= 0:
		return crossEntropy(y, q.Target[t], dy), true
	}
	return 0, false
}

// crossEntropy is −log softmax(y)[target] in nats, and its gradient.
func crossEntropy(y []float64, target int, dy []float64) float64 {
	top := math.Inf(-1)
	for _, v := range y {
		top = math.Max(top, v)
	}
	sum := 0.0
	for i, v := range y {
		dy[i] = math.Exp(v - top)
		sum += dy[i]
	}
	for i := range dy {
		dy[i] /= sum
	}
	dy[target]--
	return math.Log(sum) - (y[target] - top)
}

func squaredError(y, value, dy []float64) float64 {
	loss := 0.0
	for i, v := range value {
		dy[i] = y[i] - v
		loss += dy[i] * dy[i] / 2
	}
	return loss
}

// finite reports the first quantity of the step that is not finite.
func (j *Jacobian) finite(next []float64) error {
	for _, part := range []struct {
		name string
		of   []float64
	}{{"state", next}, {"state Jacobian", j.F}, {"gain", j.Gain}, {"delta", j.Delta}, {"loss", []float64{j.Loss}}} {
		if err := finite(part.name, part.of); err != nil {
			return err
		}
	}
	return nil
}

func finite(name string, of []float64) error {
	for i, v := range of {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s entry %d is %v; the weights are too large for float64", name, i, v)
		}
	}
	return nil
}
