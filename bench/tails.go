package bench

import (
	"errors"
	"fmt"

	"uorobench/stats"
)

// Tails are taken of x = ‖ĝ − c‖², where c is what no draw changes (the offset
// and λ times the covariates' means): the length of the noise, which is what
// var_trace is an average of. It needs no estimate to be formed where λ does not
// differ by coordinate and all signals share a basis: then it is the square of
// one scalar times ‖θ̃‖², or the same by hidden unit, and the engine tells both.

// allocateTails makes empty tails.
func (v *view) allocateTails(groups, measured int) {
	v.window = stats.NewTails(groups)
	v.tails = make([][]stats.Tails, groups)
	for g := range v.tails {
		v.tails[g] = stats.NewTails(measured)
	}
}

// shiftTails are a worker's x of the chunks that a group does in a shift, by view
// and measured step. They go into the tails when the group is done: its histograms
// are too large to stay in the cache beside the engine's rows, and are fetched once
// a shift so, not once a chunk.
type shiftTails struct {
	views [][]chunkTails // views × measured steps and the window, chunksPerShift each
	chunk int            // within the shift
	per   int
}

// chunkTails are the x of a chunk, and the lanes that count.
type chunkTails struct {
	x    [Lanes]float64
	live uint32
}

func newShiftTails(views, measured, per int) *shiftTails {
	t := &shiftTails{per: per}
	for range views {
		t.views = append(t.views, make([]chunkTails, (measured+1)*per))
	}
	return t
}

// at is the place of view i and measured step m, or of the window behind the last.
func (t *shiftTails) at(i, m int) *chunkTails { return &t.views[i][m*t.per+t.chunk] }

// begin readies the next chunk, and end makes the chunks of the shift count.
func (t *shiftTails) begin() {
	for _, view := range t.views {
		for at := t.chunk; at < len(view); at += t.per {
			view[at].live = 0
		}
	}
}

func (t *shiftTails) end(views []*view, group int) {
	for i, v := range views {
		if v.tails == nil {
			continue
		}
		for m := range v.tails[group] {
			t.flush(&v.tails[group][m], i, m)
		}
		t.flush(&v.window[group], i, len(v.tails[group]))
	}
	t.chunk = 0
}

func (t *shiftTails) flush(to *stats.Tails, i, m int) {
	for c := range t.views[i][m*t.per:][:t.chunk] {
		chunk := &t.views[i][m*t.per+c]
		to.AddLanes(&chunk.x, chunk.live)
	}
}

// addTails notes the draws' x, which stand in the worker's scratch, at measured
// step m, of the lanes in live; i is the view's place in the worker's pass.
func (v *view) addTails(w *worker, i, m int, live uint32) {
	step, window := w.tails.at(i, m), w.tails.at(i, len(v.exact))
	step.x, step.live = w.scalar.noiseSq, live
	if m == 0 {
		window.x = step.x
	} else {
		for lane, sq := range step.x {
			window.x[lane] += sq
		}
	}
	if m == len(v.exact)-1 {
		window.live = live
	}
}

// tailsOf merges the groups' tails at the given measured steps: of one step, or
// of all of them as one long vector.
func (v *view) tailsOf(steps []int) *stats.Tails {
	var all stats.Tails
	for g := range v.tails {
		if len(steps) == 1 {
			all.Merge(&v.tails[g][steps[0]])
		} else {
			all.Merge(&v.window[g])
		}
	}
	return &all
}

// addTails puts the tails into a row, and what they warn of.
func (row *StepResult) addTails(t *stats.Tails) {
	if t.N == 0 {
		return
	}
	row.Kurtosis, row.TopShare = t.Kurtosis(), t.TopShare(0.01)
	row.MaxNormSq = stats.Interval{Value: t.Max, OK: true}
	if row.Sampling != SamplingRandom {
		return
	}
	row.Warnings = append(row.Warnings, t.Warnings()...)
	if t.Unsampled() {
		row.withholdBias()
	}
}

// withholdBias takes out what rests on the mean of draws whose tail was not drawn.
// The cosine of a draw lies between −1 and 1 and stays.
func (row *StepResult) withholdBias() {
	row.WithholdBias()
	row.AlongExact, row.Shared = stats.Interval{}, stats.Interval{}
	row.Withheld = true
}

// mostRelVar is the rel_var above which a warning says so.
const mostRelVar = 1e6

// addVariance warns of an estimator that has come apart: so many draws as rel_var
// must be averaged for an error as long as the gradient.
func (row *StepResult) addVariance() {
	if row.Sampling == SamplingRandom && row.RelVar.OK && row.RelVar.Value > mostRelVar {
		row.Warnings = append(row.Warnings, fmt.Errorf("rel_var is above %.0e: the estimate is noise, and as good as none for training; take another guard or estimator, or smaller weights", mostRelVar))
	}
}

// addWarnings says what else makes a row doubtful.
func (row *StepResult) addWarnings(v variant, lambda []*stats.Lambda, steps []int) {
	dropped := 0
	for _, l := range lambda {
		for _, m := range steps {
			dropped += l.DroppedAt(m)
		}
	}
	if dropped > 0 {
		row.Warnings = append(row.Warnings, fmt.Errorf("%d coefficients were set to 0, because the covariates before explain all of one of %s: leave it out, or put it first",
			dropped, v.Covariate()))
	}
	if row.Draws > 1 && !row.Var.OK {
		row.Warnings = append(row.Warnings, errors.New("the sums of squares over the draws left the finite numbers, so there is no variance and nothing that rests on it; take another guard or smaller weights"))
	}
	if row.NonFinite > 0 {
		row.Warnings = append(row.Warnings, fmt.Errorf("%d draws left the finite numbers and count no longer: the figures are those of the other draws; take smaller weights, fewer steps or another guard",
			row.NonFinite))
	}
	switch {
	case row.Sampling != SamplingRandom || row.Withheld || row.Groups >= stats.MaxZGroups:
	case row.Groups < 4:
		row.Warnings = append(row.Warnings, fmt.Errorf("%d groups are too few for the error of bias_sq and the tests of bias: take at least %d, better 32", row.Groups, stats.MaxZGroups))
	default:
		row.Warnings = append(row.Warnings, fmt.Errorf("%d groups are too few for max |z|: take at least %d, better 32", row.Groups, stats.MaxZGroups))
	}
}

// holm adjusts the p of max |z| over all estimators, cells and steps of the run;
// the rows over all steps are a family of their own.
func (r *Result) holm() {
	var steps, pooled []*StepResult
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			for m := range est.Steps {
				steps = append(steps, &est.Steps[m])
			}
			pooled = append(pooled, &est.Pooled)
		}
	}
	adjust(steps)
	adjust(pooled)
}

func adjust(rows []*StepResult) {
	var tested []*StepResult
	var p []float64
	for _, row := range rows {
		if row.MaxZP.OK {
			tested, p = append(tested, row), append(p, row.MaxZP.Value)
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tested[i].MaxZHolm = stats.Interval{Value: adjusted, OK: true}
	}
}
