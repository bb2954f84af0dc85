package oracle

import (
	"math"

	"uorobench/estimators/cell"
)

// BPTT returns the exact gradients ∂L_t/∂θ of every step t by backpropagation
// through time over the window 1 … t: T slices of length P, owned by the
// caller. It takes δ_t from tr and everything else from c.Backward, which
// shares no derivative code with c.Linearize; c may be tr.Cell unless that is
// in use elsewhere. It costs T²/2 backward steps.
func BPTT(c cell.Cell, p *cell.Params, tr *cell.Trajectory) [][]float64 {
	grads := make([][]float64, len(tr.Steps))
	for t := range grads {
		grads[t] = BPTTAt(c, p, tr, t+1)
	}
	return grads
}

// BPTTAt is BPTT for one step, 1-based. It panics when tr has no such step.
func BPTTAt(c cell.Cell, p *cell.Params, tr *cell.Trajectory, step int) []float64 {
	s := len(tr.States[0])
	grad := make([]float64, len(p.Theta))
	next, dprev := make([]float64, s), make([]float64, s)
	ds := append([]float64(nil), tr.Steps[step-1].Delta...)
	for t := step - 1; t >= 0; t-- {
		z, prev := tr.Steps[t].Z, tr.States[t]
		c.Advance(p.Theta, z, prev, next)
		c.Backward(p.Theta, z, prev, ds, dprev, grad)
		ds, dprev = dprev, ds
	}
	return grad
}

// FiniteDifference returns ∂L_t/∂θ by the five-point central difference
// (8(f(h)−f(−h)) − (f(2h)−f(−2h)))/12h (Abramowitz & Stegun 25.3.6) with
// h = 10⁻³: its error is about h⁴/30 of the fifth derivative plus 10⁻¹³ of
// rounding. The forward pass, the readout and the loss are written out here
// and use c.Advance and c.Hidden alone. s0 may be nil for zero. It panics when
// seq has no such step.
func FiniteDifference(c cell.Cell, p *cell.Params, seq *cell.Sequence, s0 []float64, step int) []float64 {
	const h = 1e-3
	grad := make([]float64, len(p.Theta))
	theta := append([]float64(nil), p.Theta...)
	for j := range theta {
		at := func(d float64) float64 {
			theta[j] = p.Theta[j] + d
			return lossAt(c, theta, p, seq, s0, step)
		}
		near, far := at(h)-at(-h), at(2*h)-at(-2*h)
		grad[j] = (8*near - far) / (12 * h)
		theta[j] = p.Theta[j]
	}
	return grad
}

// lossAt is L_t as a function of θ.
func lossAt(c cell.Cell, theta []float64, p *cell.Params, seq *cell.Sequence, s0 []float64, step int) float64 {
	state := make([]float64, c.Layout().S())
	copy(state, s0)
	h := make([]float64, c.Layout().H)
	for _, x := range seq.X[:step] {
		c.Hidden(h, state)
		z := append(append(append([]float64{}, x...), 1), h...)
		next := make([]float64, len(state))
		c.Advance(theta, append(z, 1), state, next)
		state = next
	}
	c.Hidden(h, state)
	y := readout(p, h)
	if seq.Value != nil {
		return halfSquares(y, seq.Value[step-1])
	}
	return softmaxLoss(y, seq.Target[step-1])
}

// readout is y = W h + b.
func readout(p *cell.Params, h []float64) []float64 {
	y := append([]float64(nil), p.ReadoutB...)
	for i := range y {
		for k, v := range h {
			y[i] += p.ReadoutW[i*len(h)+k] * v
		}
	}
	return y
}

// halfSquares is ½‖y − value‖²; nil carries no loss.
func halfSquares(y, value []float64) float64 {
	loss := 0.0
	for i, v := range value {
		loss += (y[i] - v) * (y[i] - v) / 2
	}
	return loss
}

// softmaxLoss is log Σ exp(y) − y[target] in nats; a negative target carries no
// loss.
func softmaxLoss(y []float64, target int) float64 {
	if target < 0 {
		return 0
	}
	sum := 0.0
	for _, v := range y {
		sum += math.Exp(v - y[target])
	}
	return math.Log(sum)
}
