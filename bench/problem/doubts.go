package problem

import (
	"errors"
	"fmt"
	"math"

	"uorobench/bench/task"
)

// doubts says what makes the network a poor subject, whatever the estimator: what is
// measured on it is right, and says little of networks that one wants to train.
func (p *Problem) doubts(t task.Task) (out []error) {
	if p.gradientIsZero() {
		out = append(out, errors.New("the exact gradient is 0 at every measured step: there is nothing to estimate, and no test can fail"))
	}
	if p.silent() {
		out = append(out, errors.New("the network is silent: its hidden vector (of lif and alif the spikes) is 0 at every step, so that nothing goes from unit to unit; take larger weights"))
	}
	if untrained := p.untrained(t); untrained != nil {
		out = append(out, untrained)
	}
	return out
}

func (p *Problem) gradientIsZero() bool {
	for _, g := range p.Exact {
		for _, v := range g {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// silent says whether the hidden vector is 0 after every step of the window.
func (p *Problem) silent() bool {
	h := make([]float64, p.Trajectory.Layout.H)
	for _, s := range p.Trajectory.States[1:] {
		p.Cell.Hidden(h, s)
		for _, v := range h {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// untrained compares the network's loss with that of a guess that looks at no input;
// nil where it is better, or the task does not tell.
func (p *Problem) untrained(t task.Task) error {
	blind, ok := t.(task.Blind)
	if !ok {
		return nil
	}
	level, loss := blind.BlindLoss(&p.Sequence), p.MeanLoss()
	switch {
	case !(loss >= level):
		return nil
	case p.Sequence.Squared():
		return fmt.Errorf("the network is untrained: its loss, %.3g, is no better than that of predicting the mean, %.3g", loss, level)
	}
	return fmt.Errorf("the network is untrained: its %.3g bits per symbol are no better than the %.3g of guessing by the symbols' frequencies", loss/math.Ln2, level/math.Ln2)
}

// checkFinite refuses exact gradients whose squared length is no number: nothing could
// be compared with them, and it is known before the first draw.
func (p *Problem) checkFinite() error {
	for m, sq := range p.ExactSq {
		if math.IsNaN(sq) || math.IsInf(sq, 0) {
			return fmt.Errorf("cell %s: ‖g‖² of the exact gradient is %v at step %d: a squared length up to 1e308 can be told; take smaller weights or fewer steps",
				p.Cell.Name(), sq, p.Measured[m])
		}
	}
	if l := p.Trajectory.Loss; math.IsNaN(l) || math.IsInf(l, 0) {
		return fmt.Errorf("cell %s: the network's loss over the window is %v: take smaller weights or fewer steps", p.Cell.Name(), l)
	}
	return nil
}
