package estimators

import (
	"context"
	"fmt"
	"math"
	"strings"

	"uorobench/estimators/cell"
)

// Training says how a covariate network is trained: to minimise Σ_t ‖ĝ_t − c_t‖²
// over fresh draws of UORO along the frozen trajectory. Every update takes Lanes
// draws and one step of Adam (Kingma & Ba 2015), whose rate falls linearly, to zero
// after the last update: what is averaged is noise of many times the gradient, and
// at a constant rate the weights would go on walking by it.
type Training struct {
	// Method is the way to the gradient by the covariate's own weights: one of
	// TrainingMethods. The first two agree to rounding; uoro agrees in the mean.
	Method   string
	Updates  int
	Rate     float64 // of Adam, at the first update
	Measured []int   // the 1-based steps t of the sum
	// Noise fills UORO's noise of a step (0-based) of an update, S×Lanes. It must
	// not be the noise that the covariate is measured with later.
	Noise func(update, step int, dst []float64)
	// Signs fills random signs for method uoro: those of a lane at a step of an
	// update, as many as dst is long.
	Signs func(update, lane, step int, dst []float64)
	// HeldOut, if not nil, fills UORO's noise of a step of HeldOutChunks chunks of
	// draws that no update sees. The loss over them is taken before every Every-th
	// update, and after the last.
	HeldOut       func(chunk, step int, dst []float64)
	HeldOutChunks int
	Every         int
}

// TrainingMethods lists the methods.
var TrainingMethods = []string{"bptt", "rtrl", "uoro"}

// Trainable lists the covariates that have weights to train.
var Trainable = []string{"linear-dense", "linear-rowwise", "learned-diagonal"}

// Trained is the outcome.
type Trained struct {
	Covariate string
	// Weights go into Options.Trained under the covariate's name.
	Weights []float64
	// Loss and Scale are, for every update before it is made, the means over its
	// draws and measured steps of ‖ĝ − c‖² and of ‖ĝ‖²: Loss/Scale is 1 for c = 0.
	// The weights have not seen those draws, but each update has others.
	Loss, Scale []float64
	// HeldOut is the same over one set of draws, and so what to compare.
	HeldOut []HeldOutLoss
}

// HeldOutLoss is the loss after so many updates, as in Trained, over the held-out
// draws.
type HeldOutLoss struct {
	Updates     int
	Loss, Scale float64
}

// Train trains the named covariate along tr with the UORO that o describes,
// starting from the untrained weights that o gives (or from o.Trained). It fails
// for a covariate without weights, a method that is not one, a rate that is not
// positive, no updates or no measured step, when the loss leaves the finite
// numbers, and with the context's cause when that ends.
func Train(ctx context.Context, tr *cell.Trajectory, o Options, covariate string, t Training) (*Trained, error) {
	if err := t.check(len(tr.Steps)); err != nil {
		return nil, fmt.Errorf("training %s: %w", covariate, err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	n, err := newNetwork(tr.Layout, o, covariate)
	if err != nil {
		return nil, err
	}
	out := &Trained{Covariate: covariate, Weights: n.weights()}
	grad := make([]float64, len(out.Weights))
	adam := newAdam(len(grad))
	for update := range t.Updates {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if t.HeldOut != nil && update%t.Every == 0 {
			out.HeldOut = append(out.HeldOut, t.heldOut(tr, o, n, update))
		}
		clear(grad)
		loss, scale := t.update(tr, o, n, update, grad)
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("training %s by %s: the loss is %v at update %d of %d with rate %v; a smaller rate may help",
				covariate, t.Method, loss, update+1, t.Updates, t.Rate)
		}
		out.Loss, out.Scale = append(out.Loss, loss), append(out.Scale, scale)
		adam.step(out.Weights, grad, t.Rate*(1-float64(update)/float64(t.Updates)))
	}
	if t.HeldOut != nil {
		out.HeldOut = append(out.HeldOut, t.heldOut(tr, o, n, t.Updates))
	}
	return out, nil
}

// heldOut is the loss over the held-out draws.
func (t *Training) heldOut(tr *cell.Trajectory, o Options, n network, updates int) HeldOutLoss {
	size, m := n.sizes()
	state, weights := make([]float64, size), make([]float64, m) // the derivatives, not needed
	out := HeldOutLoss{Updates: updates}
	count := float64(t.HeldOutChunks * Lanes * len(t.Measured))
	for chunk := range t.HeldOutChunks {
		for _, tape := range recordTapes(tr, o, t.Measured, func(step int, dst []float64) { t.HeldOut(chunk, step, dst) }) {
			tape.run(n)
			for k, g := range tape.goals {
				if g != nil {
					out.Loss += n.loss(weights, state, tape.states[k], g) / count
					out.Scale += inner(g.estimate, g.estimate) / count
				}
			}
		}
	}
	return out
}

func newNetwork(l *cell.Layout, o Options, covariate string) (network, error) {
	switch covariate {
	case "linear-dense":
		return newLinearNetwork(newDense(l, o)), nil
	case "linear-rowwise":
		return newLinearNetwork(newRowwise(l, o)), nil
	case "learned-diagonal":
		return &diagonalNetwork{newDiagonal(l, o)}, nil
	}
	return nil, fmt.Errorf("covariate %q has no weights to train; allowed: %s", covariate, strings.Join(Trainable, ", "))
}

func (t *Training) check(steps int) error {
	switch {
	case t.Method != "bptt" && t.Method != "rtrl" && t.Method != "uoro":
		return fmt.Errorf("unknown method %q; allowed: %s", t.Method, strings.Join(TrainingMethods, ", "))
	case t.Updates < 1:
		return fmt.Errorf("%d updates; want at least 1", t.Updates)
	case !(t.Rate > 0) || math.IsInf(t.Rate, 1):
		return fmt.Errorf("rate %v; it must be positive and finite", t.Rate)
	case len(t.Measured) == 0:
		return fmt.Errorf("no measured step")
	case t.HeldOut != nil && (t.HeldOutChunks < 1 || t.Every < 1):
		return fmt.Errorf("%d held-out chunks, every %d updates; want at least 1", t.HeldOutChunks, t.Every)
	}
	for _, s := range t.Measured {
		if s < 1 || s > steps {
			return fmt.Errorf("measured step %d; the trajectory has steps 1 to %d", s, steps)
		}
	}
	return nil
}

// update adds the gradient of an update, a mean over its draws and measured
// steps.
func (t *Training) update(tr *cell.Trajectory, o Options, n network, update int, grad []float64) (loss, scale float64) {
	tapes := recordTapes(tr, o, t.Measured, func(step int, dst []float64) { t.Noise(update, step, dst) })
	for lane, tape := range tapes {
		switch t.Method {
		case "bptt":
			loss += gradientBPTT(n, tape, grad)
		case "rtrl":
			loss += gradientRTRL(n, tape, grad)
		case "uoro":
			loss += gradientUORO(n, tape, grad, func(step int, dst []float64) { t.Signs(update, lane, step, dst) })
		}
		for _, g := range tape.goals {
			if g != nil {
				scale += inner(g.estimate, g.estimate)
			}
		}
	}
	count := float64(Lanes * len(t.Measured))
	for i := range grad {
		grad[i] /= count
	}
	return loss / count, scale / count
}

// adam is Adam with its usual constants. It does not see the scale of the loss,
// which UORO's variance drives over many orders of magnitude.
type adam struct {
	steps        int
	mean, square []float64
}

func newAdam(n int) *adam {
	return &adam{mean: make([]float64, n), square: make([]float64, n)}
}

func (a *adam) step(x, grad []float64, rate float64) {
	const beta1, beta2, tiny = 0.9, 0.999, 1e-300
	a.steps++
	c1, c2 := 1-math.Pow(beta1, float64(a.steps)), 1-math.Pow(beta2, float64(a.steps))
	for i, g := range grad {
		a.mean[i] += (1 - beta1) * (g - a.mean[i])
		a.square[i] += (1 - beta2) * (g*g - a.square[i])
		x[i] -= rate * (a.mean[i] / c1) / math.Sqrt(a.square[i]/c2+tiny)
	}
}
