package bench

import (
	"context"
	"fmt"
	"math"

	"uorobench/bench/draw"
	"uorobench/bench/result"
	"uorobench/stats"
)

// With a precision, a chain goes on drawing in rounds until the interval of the
// chosen figure is narrow enough at every measured step, for every variant.
//
// The looks are few: each has half as many draws again as the one before, in
// whole chunks for every group. So the draws that a chain ends with give what a
// fixed run of that many draws gives, byte for byte. An interval that is looked at
// repeatedly stops where its width happens to be small; the fixed number of groups
// keeps the width itself noisy (13 % with 32 groups) however many draws there are,
// and what a rule costs that stops at the first narrow look is measured for every
// figure (docs/coverage.md). Tried on paper and left: confidence sequences, which are
// valid at every look, but half as wide again.
const lookGrowth = 1.5

// Values of PrecisionOf. The half-width is relative to the figure; that of bias_sq,
// which may be zero, to ‖g‖².
const (
	PrecisionVar   = "var_trace"
	PrecisionRatio = "var_ratio"
	PrecisionBias  = "bias_sq"
)

// round is a chunk for every group.
func (e *Experiment) round() int64 { return Lanes * int64(e.Groups) }

// wholeRounds rounds draws up to the same number of full chunks for every group.
func (e *Experiment) wholeRounds(draws int64) int64 {
	return (draws + e.round() - 1) / e.round() * e.round()
}

// refine puts the sums of the pass of the measured draws, which has run, into d, and
// goes on with it until it is precise enough or may draw no more.
func (r *runner) refine(ctx context.Context, pass *draw.Pass, w *chainPlan, d *result.Draws) (*precision, error) {
	e := r.experiment
	d.Moments, d.NonFinite = pass.Moments(), pass.NonFinite()
	if e.Precision == 0 {
		return nil, nil
	}
	for {
		reached := leastPrecise(d, e)
		next := min(e.wholeRounds(int64(lookGrowth*float64(pass.Draws))), w.limit)
		if reached.width <= e.Precision || next <= pass.Draws {
			return reached, nil
		}
		r.progress.add(next - pass.Draws)
		pass.Draws = next
		if err := r.result.Timing.run(ctx, pass); err != nil {
			return nil, err
		}
	}
}

// precision is the relative half-width of the least precise row.
type precision struct {
	experiment *Experiment
	width      float64
	estimator  string
	step       int
}

// leastPrecise looks at every variant that is reported, at every measured step.
func leastPrecise(d *result.Draws, e *Experiment) *precision {
	out := &precision{experiment: e}
	plain := d.Errors(d.Chain.Plain, nil)
	for i, v := range d.Chain.Variants {
		if v.Hidden {
			continue
		}
		errors, base := d.Errors(i, nil), plain
		if len(v.Signals) == 0 {
			base = make([]*stats.Errors, len(plain))
		}
		for m, errs := range errors {
			if w := halfWidth(errs, base[m], e.PrecisionOf); w > out.width {
				out.width, out.estimator, out.step = w, v.Label, d.Problem.Measured[m]
			}
		}
	}
	return out
}

// halfWidth is relative; 0 where the figure does not exist or does not vary, and
// infinite where it does but has no interval yet. plain is nil for an estimator
// without covariates, which has no var_ratio.
func halfWidth(e, plain *stats.Errors, name string) float64 {
	figure, per := stats.Interval{}, e.ExactSq
	switch {
	case name == PrecisionBias:
		figure = stats.BiasOf(e).Sq
	case name == PrecisionVar:
		figure = stats.VarOf(e)
		per = figure.Value
	case plain != nil:
		figure = stats.RatioOf(e, plain)
		per = figure.Value
	}
	if v, _ := e.Variance(-1); !figure.OK || per == 0 || v == 0 {
		return 0
	}
	if !figure.HasCI {
		return math.Inf(1)
	}
	return (figure.Hi - figure.Lo) / 2 / per
}

// warn says in an estimator's rows that the draws ran out first. A nil precision was
// not asked for.
func (p *precision) warn(est *EstimatorResult) {
	if p == nil || p.width <= p.experiment.Precision {
		return
	}
	est.EachRow(1, func(row *StepResult, _ []int) {
		row.Warnings = append(row.Warnings, fmt.Errorf("the draws ran out before the precision was reached: the interval of %s of %s at step %d is still ± %.2g, asked for ± %g; raise max_draws (and plain_draws where the engine does not carry the estimator)",
			p.experiment.PrecisionOf, p.estimator, p.step, p.width, p.experiment.Precision))
	})
}

// checkPrecision refuses what does not go with a precision.
func (e *Experiment) checkPrecision() error {
	d := Default()
	switch {
	case e.Precision == 0 && e.MaxDraws != d.MaxDraws:
		return e.refuse("has a meaning only with precision above 0", "max_draws")
	case e.Precision == 0 && e.PrecisionOf != d.PrecisionOf:
		return e.refuse("has a meaning only with precision above 0", "precision_of")
	case e.Precision == 0:
		return nil
	case e.Noise == NoiseExhaustive:
		return e.refuse("has no meaning where all sign patterns are taken: the figures are exact", "precision", "noise")
	case e.LambdaFit != FitPilot:
		return e.refuse(fmt.Sprintf("needs lambda_fit = %q: λ must be known before the number of draws is", FitPilot), "precision", "lambda_fit")
	case e.MaxDraws < e.wholeRounds(e.Draws):
		return e.refuse(fmt.Sprintf("must be at least draws = %d, in whole rounds %d", e.Draws, e.wholeRounds(e.Draws)), "max_draws", "draws")
	}
	return nil
}
