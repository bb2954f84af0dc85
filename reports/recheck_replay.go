package reports

import (
	"fmt"
	"math"
	"slices"

	"uorobench/bench/verify"
	"uorobench/estimators"
)

// columnsCheck makes the draws of a run again.
var columnsCheck = &verify.Check{
	Name: "columns", Against: "the draws made again from the kept weights, sequence and seed, one by one",
	Claim: "every figure of steps, summary, total, lambdas, coordinates, draws and convergence, with errors, intervals and tests, by two passes over the draws; relative, where the draws are few enough to be made again",
	// An interval's end is found by halving to 1e-7; nothing that is a slip is so small.
	Tolerance: 1e-6,
}

// recomputed are the figures of all estimators again, by cell and estimator; those
// that cannot be had have a reason.
type recomputed struct {
	of     map[Key]*verify.Recomputed
	total  map[Key]*verify.Recomputed // where the sum rests on fewer draws
	why    map[Key]string
	places map[string]*verify.Replayable
	// By cell, where a dataset asks for them.
	schedules map[string]*estimators.Schedule
	scales    map[string]trainingScales
}

// trainingScales are the losses of c = 0 of a cell's trainings of covariates.
type trainingScales struct {
	atUpdate []float64
	heldOut  float64
}

// recompute makes all draws again that are few enough.
func (r *runRows) recompute() *recomputed {
	out := &recomputed{of: map[Key]*verify.Recomputed{}, total: map[Key]*verify.Recomputed{}, why: map[Key]string{}, places: map[string]*verify.Replayable{},
		schedules: map[string]*estimators.Schedule{}, scales: map[string]trainingScales{}}
	for i := range r.Summary {
		s := &r.Summary[i]
		if err := r.recomputeRow(out, s); err != nil {
			out.why[s.Key] = err.Error()
		}
	}
	for name, place := range out.places {
		if len(r.scales) > 0 {
			out.schedules[name] = place.Schedule()
		}
		if updates := r.experiment.CovariateTraining.Updates; len(r.Training) > 0 && updates <= mostUpdates {
			if of, held, err := place.TrainingScales(updates); err == nil {
				out.scales[name] = trainingScales{of, held}
			}
		}
	}
	return out
}

// mostUpdates bounds the trainings whose draws are made again.
const mostUpdates = 1000

func (r *runRows) recomputeRow(out *recomputed, s *SummaryRow) error {
	place, err := r.replayable(out, s.Key)
	if err != nil {
		return err
	}
	if s.NNonfinite > 0 {
		return fmt.Errorf("%d draws were left out", s.NNonfinite)
	}
	pilot := int64(0)
	if s.PilotDraws != nil {
		pilot = *s.PilotDraws
	}
	if out.of[s.Key], err = place.Recompute(s.Name(), s.Convention, s.NDraws, pilot); err != nil {
		delete(out.of, s.Key)
		return err
	}
	out.total[s.Key] = out.of[s.Key]
	for _, t := range r.Total {
		if t.Key == s.Key && t.NDraws != s.NDraws {
			if out.total[s.Key], err = place.Recompute(s.Name(), s.Convention, t.NDraws, pilot); err != nil {
				delete(out.total, s.Key)
			}
		}
	}
	return nil
}

// replayable is the trajectory of a cell, built once.
func (r *runRows) replayable(out *recomputed, k Key) (*verify.Replayable, error) {
	if p := out.places[k.Cell]; p != nil {
		return p, nil
	}
	if r.notKept != nil {
		return nil, r.notKept
	}
	kept := &verify.Kept{Experiment: r.experiment, Cell: k.Cell, Hidden: int(r.hidden(k.Cell)), Tensors: r.tensors[k.Cell], WarmUp: &r.warmUp, Window: &r.window}
	for _, s := range r.stepsOf(k) {
		kept.Measured = append(kept.Measured, int(s.Step))
	}
	if !slices.IsSorted(kept.Measured) {
		return nil, fmt.Errorf("the measured steps are not in order")
	}
	if len(r.scales) > 0 {
		kept.Schedule = ScheduleOf(r.scales, k.Cell)
	}
	p, err := verify.NewReplayable(kept)
	if err != nil {
		return nil, err
	}
	out.places[k.Cell] = p
	return p, nil
}

// recheckColumns compares every row with what was recomputed, a case per estimator.
func (r *runRows) recheckColumns(again *recomputed, seen map[string]int) []verify.Case {
	var cases []verify.Case
	for i := range r.Summary {
		s := &r.Summary[i]
		f := &finding{check: columnsCheck, subject: subjectOf(s.Key), seen: seen}
		want := again.of[s.Key]
		if want == nil {
			cases = append(cases, verify.Case{Check: columnsCheck, Subject: f.subject, Skipped: "not made again: " + again.why[s.Key]})
			continue
		}
		r.compareRow(f, "summary", s.Figures, want.Pooled)
		r.compareCosts(f, s, want)
		steps := r.stepsOf(s.Key)
		if len(steps) != len(want.Steps) {
			f.fail("steps has %d rows, and %d steps were measured", len(steps), len(want.Steps))
		}
		for m := range min(len(steps), len(want.Steps)) {
			r.compareRow(f, "steps", steps[m].Figures, want.Steps[m])
		}
		for j := range r.Total {
			if total := again.total[s.Key]; r.Total[j].Key == s.Key && total != nil {
				r.compareRow(f, "total", r.Total[j].Figures, total.Total)
			}
		}
		r.compareLambdas(f, s.Key, steps, want)
		r.compareCoordinates(f, s.Key, steps, want, again.places[s.Cell])
		r.compareDraws(f, s.Key, steps, want)
		r.compareDeviations(f, s.Key, want)
		cases = append(cases, f.verdict())
	}
	return cases
}

// compareRow compares the figures of a row. A figure that the row withholds (NULL)
// is not compared; that it may be withheld is told by withheld.
func (r *runRows) compareRow(f *finding, dataset string, row Figures, want verify.Columns) {
	got := numbersOf(row)
	sizes := sizesOf(want)
	for _, c := range figureColumns {
		w, ok := want[c.name]
		g, has := got[c.name]
		if ofRounding(c.name, &row, sizes("gradient²")) {
			continue
		}
		switch {
		case ok && has:
			size := sizes(c.unit)
			if c.unit == "1" { // the same share of a large ratio
				size *= max(1, math.Abs(w))
			}
			f.compare(dataset, c.name, g, w, size)
		case ok && !withheld(c.name, &row):
			f.fail("%s: %s is NULL, must be %.6g", dataset, c.name, w)
		case has && !ok && formed[c.name] && !(g == 0 && row.Sampling != "random"):
			f.fail("%s: %s = %.6g, and the draws give none", dataset, c.name, g)
		}
	}
	if lo, ok := want["max_z_p_lo"]; ok && row.MaxZP != nil {
		if f.seen != nil {
			f.seen[dataset+".max_z_p"]++
		}
		f.holds(*row.MaxZP >= lo*(1-1e-6) && *row.MaxZP <= want["max_z_p_hi"]*(1+1e-6),
			"%s: max_z_p = %.6g, must lie in %.6g to %.6g", dataset, *row.MaxZP, lo, want["max_z_p_hi"])
	}
}

// ofRounding says whether a figure is a quotient of two that are rounding: of draws
// that do not vary.
func ofRounding(name string, row *Figures, size float64) bool {
	none := row.MaxNormSq != nil && *row.MaxNormSq <= 1e-15*size
	return none && (name == "kurtosis" || name == "top_share" || name == "max_z")
}

// sizesOf are the scales of the figures by unit. Where a variance is what is left of a
// larger one, by cancellation, the rounding of that is a scale too: 1e-15 of the squares
// of its parts are allowed, and what is that of the variance to all that is formed of it.
func sizesOf(want verify.Columns) func(unit string) float64 {
	rounding := 1e3 * want["rounding"]
	square := max(1e-3*(want["var_trace"]+want["exact_norm_sq"]), rounding)
	ratio := 1e-3
	if v := want["var_trace"]; v > 0 {
		ratio = max(ratio, rounding/v)
	}
	return func(unit string) float64 {
		switch unit {
		case "gradient²":
			return square
		case "gradient":
			return math.Sqrt(square)
		}
		return ratio
	}
}

// compareCosts compares the counted work, which all rows of an estimator share.
func (r *runRows) compareCosts(f *finding, s *SummaryRow, want *verify.Recomputed) {
	each := func(dataset string, row *Figures) {
		if row.DrawCost == nil || row.KnownCost == nil {
			f.fail("%s: no cost", dataset)
			return
		}
		f.compare(dataset, "draw_cost", float64(*row.DrawCost), float64(want.PerDraw), 1e-3)
		f.compare(dataset, "known_cost", float64(*row.KnownCost), float64(want.Shared), 1e-3)
	}
	r.eachRow(s.Key, each)
}

// eachRow visits the rows of summary, steps and total of a key.
func (r *runRows) eachRow(k Key, visit func(dataset string, row *Figures)) {
	for i := range r.Summary {
		if r.Summary[i].Key == k {
			visit("summary", &r.Summary[i].Figures)
		}
	}
	for _, s := range r.stepsOf(k) {
		visit("steps", &s.Figures)
	}
	for i := range r.Total {
		if r.Total[i].Key == k {
			visit("total", &r.Total[i].Figures)
		}
	}
}

func (r *runRows) compareLambdas(f *finding, k Key, steps []*StepRow, want *verify.Recomputed) {
	if len(want.Lambdas) == 0 {
		return
	}
	found := 0
	for i := range r.Lambdas {
		row := &r.Lambdas[i]
		if row.Key != k {
			continue
		}
		found++
		at := 0
		if row.Step != nil {
			at = 1 + slices.IndexFunc(steps[:min(len(steps), len(want.Lambdas)-1)], func(s *StepRow) bool { return s.Step == *row.Step })
		}
		if (row.Step != nil && at == 0) || row.Position < 1 || int(row.Position) > len(want.Lambdas[at]) {
			f.fail("lambdas: no covariate %d at that step", row.Position)
			continue
		}
		got := numbersOf(*row)
		for name, w := range want.Lambdas[at][row.Position-1] {
			if g, ok := got[name]; ok {
				f.compare("lambdas", name, g, w, 1e-3)
			} else {
				f.fail("lambdas: %s is NULL, must be %.6g", name, w)
			}
		}
	}
	if all := len(want.Lambdas) * len(want.Lambdas[0]); found != all {
		f.fail("lambdas has %d rows of the estimator, must have %d", found, all)
	}
}

// compareCoordinates compares the rows of coordinates, which come by step and in the
// order of θ.
func (r *runRows) compareCoordinates(f *finding, k Key, steps []*StepRow, want *verify.Recomputed, place *verify.Replayable) {
	if len(r.coordinates) == 0 || want.Mean == nil {
		return
	}
	names, tensorRows, cols, err := place.Coordinates(r.tensors[k.Cell])
	if err != nil {
		f.fail("coordinates: %v", err)
		return
	}
	at := 0
	for i := range r.coordinates {
		c := &r.coordinates[i]
		if keyOfStep(k, c.Step) != (drawKey{c.Cell, c.Estimator, c.Covariate, c.LambdaScope, c.Convention, c.Step}) || c.Task != k.Task {
			continue
		}
		m, j := at/len(names), at%len(names)
		if at++; m >= min(len(steps), len(want.Exact)) {
			break
		}
		f.holds(c.Step == steps[m].Step, "coordinates: row %d is of step %d, must be of step %d", at, c.Step, steps[m].Step)
		f.holds(c.Tensor == names[j] && int(c.TensorRow) == tensorRows[j] && int(c.TensorCol) == cols[j],
			"coordinates: row %d is %s[%d, %d], must be %s[%d, %d]", at, c.Tensor, c.TensorRow, c.TensorCol, names[j], tensorRows[j], cols[j])
		scale := sizesOf(want.Steps[m])
		f.compare("coordinates", "exact", c.Exact, want.Exact[m][j], 1e-3*scale("gradient"))
		f.compare("coordinates", "mean", c.Mean, want.Mean[m][j], scale("gradient"))
		if c.Variance != nil {
			f.compare("coordinates", "variance", *c.Variance, want.Variance[m][j], scale("gradient²"))
		} else if steps[m].NDraws > 1 {
			f.fail("coordinates: variance is NULL")
		}
	}
	f.holds(at == len(steps)*len(names), "coordinates has %d rows of the estimator, must have %d", at, len(steps)*len(names))
}

// compareDraws compares the draws that were kept with those that are made again.
func (r *runRows) compareDraws(f *finding, k Key, steps []*StepRow, want *verify.Recomputed) {
	for m, s := range steps {
		for _, d := range r.draws[keyOfStep(k, s.Step)] {
			if m >= len(want.Draws) || d.Draw < 0 || int(d.Draw) >= len(want.Draws[m]) {
				f.fail("draws: step %d has draw %d of %d", s.Step, d.Draw, s.NDraws)
				return
			}
			w, scale := want.Draws[m][d.Draw], sizesOf(want.Steps[m])
			f.compare("draws", "norm_sq", d.NormSq, w["norm_sq"], scale("gradient²"))
			f.compare("draws", "dot", d.Dot, w["dot"], scale("gradient²"))
			if d.HasAngle {
				f.compare("draws", "cosine", d.Cosine, w["cosine"], 1e-3)
			} else if _, ok := w["cosine"]; ok {
				f.fail("draws: cosine of draw %d is NULL", d.Draw)
			}
		}
	}
}

func (r *runRows) compareDeviations(f *finding, k Key, want *verify.Recomputed) {
	found := 0
	for i := range r.Convergence {
		row := &r.Convergence[i]
		if row.Key != k {
			continue
		}
		found++
		w := want.Deviations[verify.MeanOf{Group: int(row.Group), Step: int(row.Step), Draws: int(row.MeanOf)}]
		if w == nil {
			f.fail("convergence: the draws give no mean of %d of group %d at step %d", row.MeanOf, row.Group, row.Step)
			continue
		}
		got := numbersOf(*row)
		for name, v := range w {
			f.compare("convergence", name, got[name], v, 1e-3*w["exact_norm_sq"])
		}
	}
	if found > 0 && found != len(want.Deviations) {
		f.fail("convergence has %d rows of the estimator, must have %d", found, len(want.Deviations))
	}
}
