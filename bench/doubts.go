package bench

import (
	"errors"
	"fmt"
	"math"

	"uorobench/bench/task"
)

// doubts says what makes the network a poor subject, whatever the estimator: what is
// measured on it is right, and says little of networks that one wants to train.
func (p *problem) doubts(e *Experiment) ([]error, error) {
	var out []error
	if p.gradientIsZero() {
		out = append(out, errors.New("the exact gradient is 0 at every measured step: there is nothing to estimate, and no test can fail"))
	}
	if p.silent() {
		out = append(out, errors.New("the network is silent: its hidden vector (of lif and alif the spikes) is 0 at every step, so that nothing goes from unit to unit; take larger weights"))
	}
	untrained, err := p.untrained(e)
	if untrained != nil {
		out = append(out, untrained)
	}
	return out, err
}

func (p *problem) gradientIsZero() bool {
	for _, g := range p.exact {
		for _, v := range g {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// silent says whether the hidden vector is 0 after every step of the window.
func (p *problem) silent() bool {
	h := make([]float64, p.tr.Layout.H)
	for _, s := range p.tr.States[1:] {
		p.cell.Hidden(h, s)
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
func (p *problem) untrained(e *Experiment) (doubt, err error) {
	t, err := e.MakeTask()
	if err != nil {
		return nil, err
	}
	blind, ok := t.(task.Blind)
	if !ok {
		return nil, nil
	}
	level, loss := blind.BlindLoss(&p.sequence), p.meanLoss()
	switch {
	case !(loss >= level):
		return nil, nil
	case p.sequence.Real != nil:
		return fmt.Errorf("the network is untrained: its loss, %.3g, is no better than that of predicting the mean, %.3g", loss, level), nil
	}
	return fmt.Errorf("the network is untrained: its %.3g bits per symbol are no better than the %.3g of guessing by the symbols' frequencies", loss/math.Ln2, level/math.Ln2), nil
}

// checkFinite refuses exact gradients whose squared length is no number: nothing could
// be compared with them, and it is known before the first draw.
func (p *problem) checkFinite() error {
	for m, sq := range p.exactSq {
		if math.IsNaN(sq) || math.IsInf(sq, 0) {
			return fmt.Errorf("cell %s: ‖g‖² of the exact gradient is %v at step %d: a squared length up to 1e308 can be told; take smaller weights or fewer steps",
				p.cell.Name(), sq, p.measured[m])
		}
	}
	if l := p.tr.Loss; math.IsNaN(l) || math.IsInf(l, 0) {
		return fmt.Errorf("cell %s: the network's loss over the window is %v: take smaller weights or fewer steps", p.cell.Name(), l)
	}
	return nil
}

// finiteScales refuses a schedule that no draw could be taken with.
func finiteScales(name string, rho ...[]float64) error {
	for _, scales := range rho {
		for t, v := range scales {
			if !(v > 0) || math.IsInf(v, 1) {
				return fmt.Errorf("cell %s, guard fixed: the pilot draws give %v as a scale at step %d: it must be a positive number; take another guard or smaller weights", name, v, t+1)
			}
		}
	}
	return nil
}
