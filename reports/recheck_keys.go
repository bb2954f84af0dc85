package reports

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strings"

	"uorobench/bench"
	"uorobench/bench/verify"
	"uorobench/estimators"
)

var reflectFigures = reflect.TypeFor[Figures]()

// formed are the columns that are formed again wherever they exist, so that a
// figure which is there although the draws give none is a fault.
var formed = map[string]bool{
	"bias_sq": true, "var_trace": true, "rel_var": true, "mse": true, "var_ratio": true, "correlation": true, "lambda_used": true,
	"along_exact": true, "shared": true, "shared_exact": true, "kurtosis": true, "top_share": true,
	"var_trace_exact": true, "var_exact_spatial": true, "var_exact_temporal": true, "var_exact_k1": true, "var_exact_k3": true,
	"var_ratio_exact": true, "var_ratio_best": true, "yardstick_time": true, "yardstick_unit": true,
}

// bounded are the columns that no other code forms again, and what holds them.
var bounded = map[string]string{
	"max_z_p":  "between the p of the largest test alone and that times the number of directions; one with max_z",
	"warning":  "has the sentence on draws that were left out, and that on few draws, where n_nonfinite, kurtosis and top_share ask for them",
	"loss":     "is there but in the last row, and not negative",
	"held_out": "is there at the start and the end, and not negative",
}

// notOfSums are the columns that the rows of total do not have.
var notOfSums = map[string]bool{
	"cosine": true, "cosine_mcse": true, "cosine_q05": true, "cosine_q50": true, "cosine_q95": true, "along_exact": true, "along_exact_mcse": true,
	"shared_exact": true, "shared": true, "shared_mcse": true, "correlation": true, "max_z_holm": true, "kurtosis": true, "top_share": true, "max_norm_sq": true,
	"var_exact_spatial": true, "var_exact_temporal": true, "var_exact_k1": true, "var_exact_k3": true, "lambda_exact": true, "var_ratio_best": true, "yardstick_time": true, "yardstick_unit": true,
}

// withheld says whether the row may have no such figure although the draws give one:
// all that rests on the mean of draws whose tail was not drawn.
func withheld(name string, row *Figures) bool { return ofBias[name] && row.tailNotDrawn() }

// ofBias are the columns that say something of the mean of the draws.
var ofBias = map[string]bool{"bias_sq": true, "bias_sq_mcse": true, "bias_sq_lo": true, "bias_sq_hi": true, "bias_p": true, "bias_bound": true, "bias_detectable": true,
	"max_z": true, "max_z_p": true, "max_z_holm": true, "along_exact": true, "along_exact_mcse": true, "shared": true, "shared_mcse": true}

// tailNotDrawn: the largest hundredth of the draws carries six tenths, and the draws
// weigh no more than sixty equal ones would. The sum over the steps has no tail of its
// own; its warning tells.
func (f *Figures) tailNotDrawn() bool {
	if f.Kurtosis == nil || f.TopShare == nil {
		return strings.Contains(f.Warning, "the tail was not drawn")
	}
	return f.Sampling == "random" && f.NDraws >= 2 && *f.TopShare >= 0.6 && float64(f.NDraws) < 60**f.Kurtosis
}

// checkKeys compares the rows' keys with the experiment's cells and estimators, in
// order, and their steps.
func (r *runRows) checkKeys(f *finding, keys []Key) {
	var summary []Key
	for _, s := range r.Summary {
		summary = append(summary, s.Key)
	}
	f.holds(slices.Equal(summary, keys), "summary: its keys are not the experiment's cells and estimators in order")
	at := 0
	for _, k := range keys {
		steps := r.stepsOf(k)
		for m, s := range steps {
			f.holds(at < len(r.Steps) && &r.Steps[at] == s, "steps: the rows of %s are not in order", k.Name())
			f.holds(int(s.Step)%r.experiment.Stride == 0 && int(s.Step) <= r.experiment.Steps && (m == 0 || steps[m-1].Step < s.Step), "steps: step %d of %s is not measured, or not in order", s.Step, k.Name())
			at++
		}
	}
	f.holds(at == len(r.Steps), "steps has %d rows of no estimator of the experiment", len(r.Steps)-at)
	r.checkTotalKeys(f, keys)
	r.checkLambdaKeys(f, keys)
	r.checkOtherKeys(f, keys)
}

func (r *runRows) checkTotalKeys(f *finding, keys []Key) {
	for i, t := range r.Total {
		f.holds(i < len(keys) && t.Key == keys[i], "total: row %d is of no estimator of the experiment, or not in order", i+1)
	}
}

// checkLambdaKeys: the mean over the steps first, then the steps, each with all
// covariates by name.
func (r *runRows) checkLambdaKeys(f *finding, keys []Key) {
	at := 0
	next := func() *LambdaRow {
		if at == len(r.Lambdas) {
			return new(LambdaRow)
		}
		at++
		return &r.Lambdas[at-1]
	}
	for _, k := range keys {
		if k.Covariate == "" {
			continue
		}
		steps := []int32{0}
		for _, s := range r.stepsOf(k) {
			steps = append(steps, s.Step)
		}
		for _, step := range steps {
			for i, part := range strings.Split(k.Covariate, "+") {
				l := next()
				f.holds(l.Key == k && orZeroStep(l.Step) == step && int(l.Position) == i+1 && l.Part == part,
					"lambdas: row %d is of %s, covariate %d %s at step %d; must be %s, %d %s at %d", at, l.Name(), l.Position, l.Part, orZeroStep(l.Step), k.Name(), i+1, part, step)
				f.holds(!(numberOf(l.Lo) > numberOf(l.Lambda)) && !(numberOf(l.Hi) < numberOf(l.Lambda)), "lambdas: the interval does not hold lambda")
				f.holds(k.LambdaScope != "one" || (l.Hi == nil && l.Lo == nil && l.MCSE == nil && numberOf(l.Lambda) == 1), "lambdas: of scope one is not 1 without an error")
				r.checkLambdaExact(f, k, l)
			}
		}
	}
	f.holds(at == len(r.Lambdas), "lambdas has %d rows too many", len(r.Lambdas)-at)
}

// checkLambdaExact: the first covariate's coefficients are those of steps and
// summary.
func (r *runRows) checkLambdaExact(f *finding, k Key, l *LambdaRow) {
	if l.Position != 1 {
		return
	}
	row := r.figuresAt(k, orZeroStep(l.Step))
	if row == nil {
		return
	}
	for name, pair := range map[string][2]*float64{"lambda": {l.Lambda, row.LambdaUsed}, "lambda_mcse": {l.MCSE, row.LambdaMCSE}, "lambda_exact": {l.Exact, row.LambdaExact}} {
		f.holds((pair[0] == nil) == (pair[1] == nil), "lambdas: %s is NULL in one of two datasets", name)
		if pair[0] != nil && pair[1] != nil {
			f.compare("lambdas", name, *pair[0], *pair[1], 0)
		}
	}
}

// figuresAt are those of a step, or of the summary at step 0.
func (r *runRows) figuresAt(k Key, step int32) *Figures {
	if step == 0 {
		if at := slices.IndexFunc(r.Summary, func(s SummaryRow) bool { return s.Key == k }); at >= 0 {
			return &r.Summary[at].Figures
		}
		return nil
	}
	for _, s := range r.stepsOf(k) {
		if s.Step == step {
			return &s.Figures
		}
	}
	return nil
}

// checkOtherKeys looks at coordinates, draws, convergence and the trainings.
func (r *runRows) checkOtherKeys(f *finding, keys []Key) {
	known := map[drawKey]bool{}
	exact := map[drawKey]float64{}
	for _, s := range r.Steps {
		known[keyOfStep(s.Key, s.Step)] = true
		exact[keyOfStep(s.Key, s.Step)] = s.ExactNormSq
	}
	for k := range r.draws {
		f.holds(known[k], "draws: rows of no row of steps: %+v", k)
	}
	for i := range r.coordinates {
		c := &r.coordinates[i]
		f.holds(known[drawKey{c.Cell, c.Estimator, c.Covariate, c.LambdaScope, c.Convention, c.Step}] && c.Task == r.experiment.Task.Name, "coordinates: row %d is of no row of steps", i+1)
	}
	for i := range r.Convergence {
		c := &r.Convergence[i]
		f.holds(slices.Contains(keys, c.Key) && known[keyOfStep(c.Key, c.Step)], "convergence: row %d is of no row of steps", i+1)
		f.holds(c.Group >= 0 && int(c.Group) < r.experiment.Groups && c.MeanOf >= 1 && c.MeanOf&(c.MeanOf-1) == 0 && c.Means >= 0 && c.DeviationSq >= 0,
			"convergence: row %d has group %d, mean_of %d, means %d, deviation_sq %v", i+1, c.Group, c.MeanOf, c.Means, c.DeviationSq)
		f.compare("convergence", "exact_norm_sq", c.ExactNormSq, exact[keyOfStep(c.Key, c.Step)], 0)
	}
}

// checkHolm forms Holm's p of both families again: of p sorted upwards, the largest
// of (m − j + 1) p_j up to each.
func (r *runRows) checkHolm(f *finding) {
	var steps, summary []*Figures
	for i := range r.Steps {
		steps = append(steps, &r.Steps[i].Figures)
	}
	for i := range r.Summary {
		summary = append(summary, &r.Summary[i].Figures)
	}
	for dataset, rows := range map[string][]*Figures{"steps": steps, "summary": summary} {
		tested := slices.DeleteFunc(slices.Clone(rows), func(row *Figures) bool { return row.MaxZP == nil })
		slices.SortStableFunc(tested, func(a, b *Figures) int { return cmp.Compare(*a.MaxZP, *b.MaxZP) })
		most := 0.0
		for i, row := range tested {
			most = math.Max(most, math.Min(1, float64(len(tested)-i)**row.MaxZP))
			if row.MaxZHolm == nil {
				f.fail("%s: max_z_holm is NULL beside max_z_p", dataset)
				continue
			}
			f.compare(dataset, "max_z_holm", *row.MaxZHolm, most, 0)
		}
		for _, row := range rows {
			f.holds((row.MaxZ == nil) == (row.MaxZP == nil) && (row.MaxZHolm == nil) == (row.MaxZP == nil), "%s: max_z, max_z_p and max_z_holm are not all there or all NULL", dataset)
		}
	}
	for i := range r.Total {
		f.holds((r.Total[i].MaxZ == nil) == (r.Total[i].MaxZP == nil), "total: max_z or max_z_p is NULL, and the other is not")
		for name, v := range numbersOf(r.Total[i].Figures) {
			f.holds(!notOfSums[name], "total: %s = %v, of which a sum has none", name, v)
		}
	}
}

// checkSequence makes the sequence again from the task and its seed.
func (r *runRows) checkSequence(f *finding) {
	before, window, err := verify.SequenceOf(r.experiment)
	if err != nil {
		return // a user's file may be gone; the exact gradient is checked on what was kept
	}
	if !r.sameInputs() {
		return // another file is there now
	}
	made := &bench.CellResult{WarmUp: before, Sequence: window}
	want, vectors := sequenceRows(made), vectorRows(made)
	f.holds(reflect.DeepEqual(want, r.sequence) || len(want)+len(r.sequence) == 0, "sequence: it is not the task's at the configuration's seed")
	if len(r.vectors) == 0 && r.inputs != nil {
		return // older versions kept none
	}
	f.holds(reflect.DeepEqual(vectors, r.vectors) || len(vectors)+len(r.vectors) == 0, "vectors: they are not the task's at the configuration's seed")
}

// sameInputs says whether the files that were read now to make the sequence again are
// those that the run read.
func (r *runRows) sameInputs() bool {
	for _, now := range r.experiment.Inputs() {
		for _, then := range r.inputs {
			if now.Path == then.Path && now.SHA256 != then.SHA256 {
				return false
			}
		}
	}
	return true
}

// checkScales forms the schedule of guard fixed again, where the trajectory can be
// had.
func (r *runRows) checkScales(f *finding, again *recomputed) {
	at := 0
	for _, name := range r.experiment.Cells {
		var rows []ScaleRow
		for at < len(r.scales) && r.scales[at].Cell == name {
			rows, at = append(rows, r.scales[at]), at+1
		}
		if len(rows) == 0 {
			continue
		}
		want := again.schedules[name]
		if want == nil {
			continue
		}
		f.holds(len(rows) == len(want.Rho0), "scales has %d rows of cell %s, must have %d", len(rows), name, len(want.Rho0))
		for t := range min(len(rows), len(want.Rho0)) {
			f.holds(int(rows[t].Step) == t+1, "scales: step %d stands for %d", rows[t].Step, t+1)
			f.compare("scales", "rho0", rows[t].Rho0, want.Rho0[t], 0)
			f.compare("scales", "rho1", rows[t].Rho1, want.Rho1[t], 0)
		}
	}
	f.holds(at == len(r.scales), "scales: row %d is of no cell of the experiment, or not in order", at+1)
}

// trainedName is name where the experiment has such a covariate, else "".
func trainedName(r *runRows, name string) string {
	for _, label := range r.experiment.Estimators {
		parts := strings.Split(label, "/")
		if len(parts) > 1 && slices.Contains(strings.Split(parts[1], "+"), name) {
			return name
		}
	}
	return ""
}

// hasMethod says whether a trained covariate's name ends in its method.
func hasMethod(name, method string) bool {
	return method != "" && strings.HasSuffix(name, estimators.TrainingMark+method)
}
