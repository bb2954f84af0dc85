package result

import (
	"errors"
	"fmt"

	"uorobench/stats"
)

// WithholdFigures takes out what rests on the mean of draws whose tail was not drawn.
// The cosine of a draw lies between −1 and 1 and stays.
func (row *Step) WithholdFigures() {
	row.WithholdBias()
	row.AlongExact, row.Shared = stats.Interval{}, stats.Interval{}
	row.Withheld = true
}

// Warn adds to every row of variant i what makes it doubtful.
func (d *Draws) Warn(i int, e *Estimator) {
	e.EachRow(1, func(row *Step, steps []int) { d.WarnRow(i, row, steps) })
}

// largestRelVar is the rel_var above which a warning says so.
const largestRelVar = 1e6

// WarnRow is Warn for one row, whose λ are those of the given measured steps.
func (d *Draws) WarnRow(i int, row *Step, steps []int) {
	warn := func(err error) { row.Warnings = append(row.Warnings, err) }
	dropped := 0
	for _, l := range d.Lambdas[i] {
		for _, m := range steps {
			dropped += l.DroppedAt(m)
		}
	}
	sampled := row.Sampling == SamplingRandom
	if sampled && row.RelVar.OK && row.RelVar.Value > largestRelVar {
		// So many draws must be averaged for an error as long as the gradient.
		warn(fmt.Errorf("rel_var is above %.0e: the estimate is noise, and as good as none for training; take another guard or estimator, or smaller weights", largestRelVar))
	}
	if dropped > 0 {
		warn(fmt.Errorf("%d coefficients were set to 0, because the covariates before explain all of one of %s: leave it out, or put it first",
			dropped, d.Chain.Variants[i].Covariate()))
	}
	if row.Draws > 1 && !row.Var.OK {
		warn(errors.New("the sums of squares over the draws left the finite numbers, so there is no variance and nothing that rests on it; take another guard or smaller weights"))
	}
	if row.NonFinite > 0 {
		warn(fmt.Errorf("%d draws left the finite numbers and count no longer: the figures are those of the other draws; take smaller weights, fewer steps or another guard",
			row.NonFinite))
	}
	switch {
	case !sampled || row.Withheld || row.Groups >= stats.MaxZGroups:
	case row.Groups < 4:
		warn(fmt.Errorf("%d groups are too few for the error of bias_sq and the tests of bias: take at least %d, better 32", row.Groups, stats.MaxZGroups))
	default:
		warn(fmt.Errorf("%d groups are too few for max |z|: take at least %d, better 32", row.Groups, stats.MaxZGroups))
	}
}
