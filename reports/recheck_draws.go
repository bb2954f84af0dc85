package reports

import (
	"math"
	"slices"

	"uorobench/bench"
	"uorobench/bench/verify"
)

// recheckDraws adds up the rows of draws and of coordinates, where the run kept
// them, a case per estimator.
func (r *runRows) recheckDraws(seen map[string]int) []verify.Case {
	kept, byCoordinate := r.experiment.HasDetail(bench.DetailDraws), r.experiment.HasDetail(bench.DetailCoordinates)
	if !kept && !byCoordinate {
		return []verify.Case{{Check: drawsCheck, Skipped: "the run was made without --detail draws and coordinates"}}
	}
	sums := r.coordinateSums()
	var cases []verify.Case
	for i := range r.Summary {
		k := r.Summary[i].Key
		f := &finding{check: drawsCheck, subject: subjectOf(k), seen: seen}
		for _, s := range r.stepsOf(k) {
			if kept {
				r.checkDraws(f, s)
			}
			if byCoordinate && s.Sampling != "none" {
				r.checkCoordinates(f, s, sums[keyOfStep(k, s.Step)])
			}
		}
		cases = append(cases, f.verdict())
	}
	return cases
}

// checkDraws compares a step with its draws. Where some were left out, the rows of
// the others do not say which.
func (r *runRows) checkDraws(f *finding, s *StepRow) {
	d := r.draws[keyOfStep(s.Key, s.Step)]
	if len(d) == 0 && s.Sampling == "none" {
		return
	}
	if int64(len(d)) != s.NDraws {
		f.fail("step %d: n_draws = %d, and draws has %d rows", s.Step, s.NDraws, len(d))
		return
	}
	numbers := make([]bool, s.NDraws+s.NNonfinite)
	for i := range d {
		at := d[i].Draw
		if at < 0 || at >= int64(len(numbers)) || numbers[at] {
			f.fail("step %d: draw %d is there twice, or is none", s.Step, at)
			return
		}
		numbers[at] = true
	}
	got := numbersOf(s.Figures)
	for name, want := range verify.DrawColumns(d, r.experiment.Groups, s.ExactNormSq, s.Sampling == "exhaustive") {
		size := 1e-3
		if name == "mse" {
			size = s.ExactNormSq
		}
		if g, ok := got[name]; ok {
			f.compare("steps", name, g, want, size)
		} else if !withheld(name, &s.Figures) && !(name == "mse" && overflows(want, s.NDraws)) {
			f.fail("steps: %s is NULL, the draws give %.6g", name, want)
		}
	}
	for i := range d {
		f.holds(d[i].NormSq >= 0 && (!d[i].HasAngle || math.Abs(d[i].Cosine*math.Sqrt(d[i].NormSq)*math.Sqrt(s.ExactNormSq)-d[i].Dot) <= 1e-9*math.Sqrt(d[i].NormSq*s.ExactNormSq)),
			"draws: cosine of draw %d is not dot over the lengths", d[i].Draw)
	}
}

// overflows says whether a mean square of n draws comes from a sum, of the draws and of
// what cancels in it, that no float64 holds.
func overflows(mean float64, n int64) bool { return mean > math.MaxFloat64/8/float64(n) }

// coordinateSum are sums over the coordinates of a step.
type coordinateSum struct{ n, exact, distance, variance, along float64 }

func (r *runRows) coordinateSums() map[drawKey]coordinateSum {
	sums := map[drawKey]coordinateSum{}
	for i := range r.coordinates {
		c := &r.coordinates[i]
		k := drawKey{c.Cell, c.Estimator, c.Covariate, c.LambdaScope, c.Convention, c.Step}
		t := sums[k]
		d := c.Mean - c.Exact
		t = coordinateSum{t.n + 1, t.exact + c.Exact*c.Exact, t.distance + d*d, t.variance, t.along + c.Mean*c.Exact}
		if c.Variance != nil {
			t.variance += *c.Variance
		}
		sums[k] = t
	}
	return sums
}

// checkCoordinates compares a step with its coordinates.
func (r *runRows) checkCoordinates(f *finding, s *StepRow, t coordinateSum) {
	if t.n == 0 {
		f.fail("step %d: no rows of coordinates", s.Step)
		return
	}
	size := t.variance + t.exact
	bias := t.distance - t.variance/float64(s.NDraws)
	if s.Sampling == "exhaustive" {
		bias = t.distance
	}
	columns := map[string]*float64{"exact_norm_sq": &s.ExactNormSq, "bias_sq": s.BiasSq, "var_trace": s.VarTrace}
	for name, want := range map[string]float64{"exact_norm_sq": t.exact, "bias_sq": bias, "var_trace": t.variance} {
		if got := columns[name]; got != nil {
			f.compare("steps", name, *got, want, size)
		}
	}
	if s.AlongExact != nil && t.exact > 0 {
		f.compare("steps", "along_exact", *s.AlongExact, t.along/t.exact, 1)
	}
}

// trainingRowsCheck is of the trainings of covariates.
var trainingRowsCheck = &verify.Check{
	Name: "covariate training", Against: "‖ĝ‖² of the training stream's draws, made again, and the order of the rows",
	Claim:     "loss_at_zero of every update and held_out_at_zero; updates rise by one; losses are positive and the last row has none; relative",
	Tolerance: 1e-9,
}

// recheckTrainings looks at the losses of trained covariates.
func (r *runRows) recheckTrainings(again *recomputed, seen map[string]int) []verify.Case {
	if len(r.Training) == 0 {
		return nil
	}
	f := &finding{check: trainingRowsCheck, seen: seen}
	at := 0
	for at < len(r.Training) {
		from := at
		first := &r.Training[from]
		for at++; at < len(r.Training) && r.Training[at].Cell == first.Cell && r.Training[at].Covariate == first.Covariate; at++ {
		}
		f.subject = verify.Subject{Cell: first.Cell, Covariate: first.Covariate}
		r.checkTraining(f, r.Training[from:at], again.scales[first.Cell])
	}
	return []verify.Case{f.verdict()}
}

func (r *runRows) checkTraining(f *finding, rows []CovariateTrainingRow, scales trainingScales) {
	updates := int32(r.experiment.CovariateTraining.Updates)
	f.holds(int32(len(rows)) == updates+1, "covariate_training has %d rows of %s, must have %d", len(rows), rows[0].Covariate, updates+1)
	for i := range rows {
		row, last := &rows[i], i == len(rows)-1
		key := row.network()
		f.holds(key == Key{Task: r.experiment.Task.Name, Cell: row.Cell, Hidden: r.hidden(row.Cell), Seed: int64(r.experiment.Seed)} && slices.Contains(r.experiment.Cells, row.Cell),
			"covariate_training: row %d is of another network", i+1)
		f.holds(row.Covariate == trainedName(r, row.Covariate) && hasMethod(row.Covariate, row.Method), "covariate_training: %s by %s is not of the experiment", row.Covariate, row.Method)
		f.holds(int(row.Updates) == i, "covariate_training: updates = %d, must be %d", row.Updates, i)
		f.holds((row.Loss == nil) == last && (row.LossAtZero == nil) == last, "covariate_training: loss of row %d is there or not", i+1)
		f.holds((row.HeldOut == nil) == (row.HeldOutAt0 == nil) && (row.HeldOut != nil || (i > 0 && !last)), "covariate_training: held_out of row %d is there or not", i+1)
		f.holds(!(numberOf(row.Loss) < 0) && !(numberOf(row.HeldOut) < 0), "covariate_training: a loss of row %d is negative", i+1)
		if row.LossAtZero != nil && i < len(scales.atUpdate) {
			f.compare("covariate_training", "loss_at_zero", *row.LossAtZero, scales.atUpdate[i], 0)
		}
		if row.HeldOutAt0 != nil && len(scales.atUpdate) > 0 {
			f.compare("covariate_training", "held_out_at_zero", *row.HeldOutAt0, scales.heldOut, 0)
		}
	}
}
