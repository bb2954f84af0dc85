package bench

import (
	"context"
	"fmt"
	"math"

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

// wholeRounds rounds draws up to the same number of full chunks for every group.
func (e *Experiment) wholeRounds(draws int64) int64 {
	round := Lanes * int64(e.Groups)
	return (draws + round - 1) / round * round
}

// mostDraws is what the chain may draw at most, in whole rounds.
func (r *runner) mostDraws(c *chainPlan) int64 {
	e := r.experiment
	most := e.MaxDraws
	if !c.engine {
		most = min(most, e.PlainDraws)
	}
	round := Lanes * int64(e.Groups)
	return most / round * round
}

// refine goes on with a pass until it is precise enough or may draw no more.
func (r *runner) refine(ctx context.Context, p *pass, lambdas [][]*stats.Lambda) error {
	e := r.experiment
	if e.Precision == 0 {
		return nil
	}
	for {
		p.wide = p.widest(lambdas, e.PrecisionOf)
		p.precision, p.precisionOf = e.Precision, e.PrecisionOf
		next := min(e.wholeRounds(int64(lookGrowth*float64(p.draws))), r.mostDraws(p.chain))
		if p.wide.width <= e.Precision || next <= p.draws {
			return nil
		}
		r.more(next - p.draws)
		p.draws = next
		if err := r.timed(ctx, p); err != nil {
			return err
		}
	}
}

// more adds draws to what progress counts towards.
func (r *runner) more(draws int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total += draws
}

// widest is the relative half-width of the least precise row.
type widest struct {
	width     float64
	estimator string
	step      int
}

// widest looks at every variant that is reported, at every measured step.
func (p *pass) widest(lambdas [][]*stats.Lambda, of string) (out widest) {
	plain := p.errorsOf(p.chain.variants[p.chain.plain], lambdas[p.chain.plain], nil)
	for i, v := range p.chain.variants {
		if v.hidden {
			continue
		}
		errors, base := p.errorsOf(v, lambdas[i], nil), plain
		if len(v.signals) == 0 {
			base = make([]*stats.Errors, len(plain))
		}
		for m, e := range errors {
			if w := halfWidth(e, base[m], of); w > out.width {
				out = widest{w, v.Label, p.problem.measured[m]}
			}
		}
	}
	return out
}

// halfWidth is relative; 0 where the figure does not exist or does not vary, and
// infinite where it does but has no interval yet. plain is nil for an estimator
// without covariates, which has no var_ratio.
func halfWidth(e, plain *stats.Errors, of string) float64 {
	figure, per := stats.Interval{}, e.ExactSq
	switch {
	case of == PrecisionBias:
		figure = stats.BiasOf(e).Sq
	case of == PrecisionVar:
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

// addPrecision warns where the draws ran out first.
func (row *StepResult) addPrecision(asked float64, of string, w widest) {
	if asked > 0 && w.width > asked {
		row.Warnings = append(row.Warnings, fmt.Errorf("the draws ran out before the precision was reached: the interval of %s of %s at step %d is still ± %.2g, asked for ± %g; raise max_draws (and plain_draws where the engine does not carry the estimator)",
			of, w.estimator, w.step, w.width, asked))
	}
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
