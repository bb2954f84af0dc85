package bench

import (
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
	v.window = make([]stats.Tails, groups)
	v.tails = make([][]stats.Tails, groups)
	for g := range v.tails {
		v.tails[g] = make([]stats.Tails, measured)
	}
}

// addTails takes in the draws' x, which stand in the worker's scratch, at measured
// step m, of the lanes in live; i is the view's place in the worker's pass.
func (v *view) addTails(w *worker, i, m int, live uint32) {
	x, span := &w.scalar.noiseSq, &w.span[i]
	v.tails[w.inGroup][m].AddLanes(x, live)
	if m == 0 {
		*span = *x
	} else {
		for lane, sq := range x {
			span[lane] += sq
		}
	}
	if m == len(v.exact)-1 {
		v.window[w.inGroup].AddLanes(span, live)
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
	if row.Sampling == SamplingRandom {
		row.Warnings = append(row.Warnings, t.Warnings()...)
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
	if row.NonFinite > 0 {
		row.Warnings = append(row.Warnings, fmt.Errorf("%d draws left the finite numbers and count no longer: the figures are those of the other draws; take smaller weights, fewer steps or another guard",
			row.NonFinite))
	}
	if row.Groups < 4 && !row.BiasSq.HasErr {
		row.Warnings = append(row.Warnings, fmt.Errorf("%d groups are too few for the error of bias_sq and its test: take at least 4, better 32", row.Groups))
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
