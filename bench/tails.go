package bench

import (
	"fmt"

	"uorobench/estimators"
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

// addTail takes in a draw's x at measured step m; i is the view's place in the
// worker's pass.
func (v *view) addTail(w *worker, i, lane, m int, x float64) {
	v.tails[w.inGroup][m].Add(x)
	if m == 0 {
		w.span[i][lane] = 0
	}
	w.span[i][lane] += x
	if m == len(v.exact)-1 {
		v.window[w.inGroup].Add(w.span[i][lane])
	}
}

// watch lets the engine's pass give the views' tails, where it can.
func (p *pass) watch(views []*view) {
	for _, v := range views {
		if v.watched = v.fromReading(); v.watched {
			p.watched = append(p.watched, v)
		}
	}
}

// fromReading says whether the engine tells enough for the tails.
func (v *view) fromReading() bool {
	for _, l := range v.lambda {
		if l.Scope == stats.ScopeCoordinate {
			return false
		}
	}
	return true
}

// watch takes in what the engine tells of a chunk at a measured step.
func (v *view) watch(w *worker, i int, r *estimators.Reading) {
	l := v.lambda[w.inGroup%len(v.lambda)]
	var x [Lanes]float64
	if l.Scope == stats.ScopeUnit {
		for unit := range len(r.UnitSq) / Lanes {
			v.addSquares(&x, l, r, unit, r.UnitSq[unit*Lanes:])
		}
	} else {
		v.addSquares(&x, l, r, 0, r.ThetaSq)
	}
	for lane, sq := range x {
		if r.Valid>>lane&1 != 0 {
			v.addTail(w, i, lane, r.Measured, sq)
		}
	}
}

// addSquares adds (a_0 − Σ λ_k a_k)²·thetaSq to every lane, λ of the given bin.
func (v *view) addSquares(x *[Lanes]float64, l *stats.Lambda, r *estimators.Reading, bin int, thetaSq []float64) {
	var weight [Lanes]float64
	copy(weight[:], r.Scale)
	for i, k := range v.variant.signals {
		lambda := l.Bin(r.Measured, i, bin)
		for lane := range weight {
			weight[lane] -= lambda * r.Scale[k*Lanes+lane]
		}
	}
	for lane, a := range weight {
		x[lane] += a * a * thetaSq[lane]
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
