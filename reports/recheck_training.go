package reports

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"uorobench/bench/training"
	"uorobench/bench/verify"
	"uorobench/bench/weights"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// The checks of a finished training directory.
var (
	curvesCheck = &verify.Check{
		Name: "curves", Against: "the configuration, and bits and bits_mean of each other",
		Claim:     "a point every record steps, of every method and seed; the recent loss from the means over all steps, where every step has a loss; bounds of the rest; relative",
		Tolerance: 1e-9,
	}
	trainedCheck = &verify.Check{
		Name: "training, done again", Against: "a dense trainer, one number at a time",
		Claim:     "every figure of the curves, and the weights that were kept at the end; relative, where the training is small enough to be done again",
		Tolerance: 1e-6,
	}
	trainingsCheck = &verify.Check{
		Name: "trainings", Against: "the last points of curves, the counted work and the task's levels",
		Claim: "every column of trainings",
	}
	goalsCheck = &verify.Check{
		Name: "goals", Against: "the first points of curves that reach the goal",
		Claim: "medians of censored times, ratios, counts, and that intervals hold them",
	}
	trainedParamsCheck = &verify.Check{
		Name: "params", Against: "the cell's shapes",
		Claim: "the weights that were kept have the network's tensors, finite, and the configuration's digest",
	}
)

// RecheckTraining verifies the finished training directory at path: files, reports,
// curves, trainings, goals and weights. The error says why nothing could be checked.
func RecheckTraining(path string) ([]verify.Case, error) {
	m, err := ReadManifest(path)
	if err != nil {
		return nil, err
	}
	cases := []verify.Case{{Check: filesCheck}}
	if err := m.Check(path); err != nil {
		cases[0].Failure = err.Error()
	}
	t := &trainedRows{path: path, sha256: m.ConfigSHA256, experiment: training.DefaultExperiment()}
	if err := t.experiment.Fields().Read([]byte(m.ConfigTOML), configName); err != nil {
		return append(cases, verify.Case{Check: curvesCheck, Failure: err.Error()}), nil
	}
	report, err := ReadTrainingReport(path)
	if err == nil {
		t.goals, t.trainings = report.Goals, report.Trainings
		t.curves, err = Curves.Read(path)
	}
	if err != nil {
		return append(cases, verify.Case{Check: curvesCheck, Failure: err.Error()}), nil
	}
	cases = append(cases, recheckPage(path, report.Write)...)
	return append(cases, t.recheck()...), nil
}

// trainedRows are the rows of a training directory.
type trainedRows struct {
	path, sha256 string
	experiment   *training.Experiment
	curves       []CurveRow
	trainings    []TrainingRow
	goals        []GoalRow
}

func (t *trainedRows) recheck() []verify.Case {
	plan, err := t.experiment.Plan()
	if err != nil {
		return []verify.Case{{Check: curvesCheck, Failure: err.Error()}}
	}
	var cases []verify.Case
	at := 0
	for i, method := range t.experiment.Methods {
		sel, err := estimators.Parse(method)
		if err != nil {
			return append(cases, verify.Case{Check: curvesCheck, Failure: err.Error()})
		}
		for s, seed := range plan.Seeds {
			c := plan.Base
			c.Method, c.Seed = method, seed
			one := oneTraining{t: t, config: c, label: sel.Label, subject: verify.Subject{Cell: c.Cell, Estimator: sel.Label}}
			if n := i*len(plan.Seeds) + s; n < len(t.trainings) {
				one.row = &t.trainings[n]
			}
			one.curve = t.curveAt(&at, sel.Label, int64(seed))
			cases = append(cases, one.recheck()...)
		}
	}
	left := &finding{check: curvesCheck}
	left.holds(at == len(t.curves), "curves: row %d is of no training of the plan, or not in order", at+1)
	left.holds(len(t.trainings) == len(plan.Seeds)*len(t.experiment.Methods), "trainings has %d rows, the plan has %d", len(t.trainings), len(plan.Seeds)*len(t.experiment.Methods))
	return append(append(cases, left.verdict()), t.recheckGoals())
}

// curveAt takes the rows of one training from place at on.
func (t *trainedRows) curveAt(at *int, method string, seed int64) []CurveRow {
	from := *at
	for *at < len(t.curves) && t.curves[*at].Method == method && t.curves[*at].Seed == seed {
		*at++
	}
	return t.curves[from:*at]
}

// oneTraining is one method and seed.
type oneTraining struct {
	t       *trainedRows
	config  training.Config
	label   string
	subject verify.Subject
	row     *TrainingRow
	curve   []CurveRow
}

func (o *oneTraining) recheck() []verify.Case {
	curves := &finding{check: curvesCheck, subject: o.subject}
	o.checkCurve(curves)
	trainings := &finding{check: trainingsCheck, subject: o.subject}
	if o.row == nil {
		trainings.fail("trainings has no row of %s, seed %d", o.label, o.config.Seed)
	} else {
		o.checkRow(trainings)
	}
	return []verify.Case{curves.verdict(), trainings.verdict(), o.again(), o.params()}
}

func (o *oneTraining) key() Training {
	return Training{Task: o.t.experiment.Task.Name, Cell: o.config.Cell, Hidden: int32(o.config.Hidden), Method: o.label}
}

// checkCurve: bits_mean times the points is a sum over intervals of equal length, so
// its differences are the intervals' losses, and bits is the mean of the last ones.
func (o *oneTraining) checkCurve(f *finding) {
	diverged := o.row != nil && o.row.Diverged != ""
	f.holds(diverged || len(o.curve) == o.config.Steps/o.config.Record, "curves has %d points, must have %d", len(o.curve), o.config.Steps/o.config.Record)
	window, every := o.config.Window, o.everyStepHasLoss()
	sum := func(n int) float64 { // of the first n intervals
		if n <= 0 {
			return 0
		}
		return numberOf(o.curve[n-1].BitsMean) * float64(n)
	}
	for i := range o.curve {
		p := &o.curve[i]
		f.holds(p.Training == o.key() && p.Seed == int64(o.config.Seed) && int(p.Step) == (i+1)*o.config.Record, "curves: point %d is of %s, seed %d, step %d", i+1, p.Method, p.Seed, p.Step)
		for name, x := range map[string]*float64{"bits": p.Bits, "bits_mean": p.BitsMean, "gradient_norm": p.GradientNorm} {
			f.holds(x == nil || *x >= 0, "curves: %s = %v", name, numberOf(x))
		}
		f.holds(p.GradientNorm != nil && (p.Bits == nil) == (p.BitsMean == nil || (p.Bits == nil && i >= window)), "curves: a loss or a length of point %d is NULL", i+1)
		f.holds(p.Endings == nil || (*p.Endings >= 0 && *p.Endings <= 1), "curves: endings = %v", numberOf(p.Endings))
		f.holds(p.Cosine == nil || (math.Abs(*p.Cosine) <= 1+1e-9 && o.config.Shadow > 0), "curves: cosine = %v", numberOf(p.Cosine))
		if every && p.Bits != nil && p.BitsMean != nil {
			n := min(window, i+1)
			f.compare("curves", "bits", *p.Bits, (sum(i+1)-sum(i+1-n))/float64(n), *p.BitsMean)
		}
	}
}

// everyStepHasLoss says whether all intervals have as many losses.
func (o *oneTraining) everyStepHasLoss() bool {
	c := o.config
	s, err := c.Task.Sequence(verify.TrainingSymbols(c.Seed), c.Steps)
	if err != nil {
		return false
	}
	for t := range s.Steps() {
		if !s.HasLoss(t) {
			return false
		}
	}
	return true
}

func (o *oneTraining) checkRow(f *finding) {
	r := o.row
	f.holds(r.Training == o.key() && r.Seed == int64(o.config.Seed), "trainings: a row of %s, seed %d in the place of %s, seed %d", r.Method, r.Seed, o.label, o.config.Seed)
	f.holds(int(r.StepsPlanned) == o.config.Steps, "trainings: steps_planned = %d", r.StepsPlanned)
	f.holds((r.Diverged == "") == (r.StepsDone == r.StepsPlanned) && r.StepsDone <= r.StepsPlanned && int(r.StepsDone)/o.config.Record == len(o.curve),
		"trainings: steps_done = %d of %d, %d points, diverged %q", r.StepsDone, r.StepsPlanned, len(o.curve), r.Diverged)
	var bits, endings *float64
	if n := len(o.curve); n > 0 && r.Diverged == "" {
		bits, endings = o.curve[n-1].Bits, o.curve[n-1].Endings
	}
	f.holds(samePointer(r.FinalBits, bits) && samePointer(r.FinalEndings, endings), "trainings: final_bits or final_endings is not that of the last point")
	used, spent, err := o.cost()
	f.holds(err == nil && r.UsedCost == used && r.SpentCost == spent, "trainings: used_cost = %d and spent_cost = %d, must be %d and %d (%v)", r.UsedCost, r.SpentCost, used, spent, err)
	o.checkLevels(f)
}

// checkLevels: a perfect model loses no more than one that sees less.
func (o *oneTraining) checkLevels(f *finding) {
	r := o.row
	levels, ok := o.t.experiment.Levels()
	want := [3]float64{levels.Perfect, levels.Bigram, levels.Unigram}
	for i, x := range []*float64{r.PerfectBits, r.BigramBits, r.UnigramBits} {
		f.holds((x != nil) == ok && (x == nil || *x == want[i]), "trainings: the levels are not the task's")
	}
	f.holds(!ok || (want[0] <= want[1] && want[1] <= want[2]), "trainings: the levels do not rise: %v", want)
}

func samePointer(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// mostTrainingWork bounds the trainings that are done again, in multiply-adds, and
// mostTrainingSteps their length: rounding grows along a training.
const (
	mostTrainingWork  = 4e8
	mostTrainingSteps = 1000
)

// again does the training densely.
func (o *oneTraining) again() verify.Case {
	f := &finding{check: trainedCheck, subject: o.subject}
	params := float64(o.config.Hidden * o.config.Hidden * 4)
	work := float64(o.config.Steps) * params * float64(o.config.Hidden*o.config.Hidden+64)
	if work > mostTrainingWork || o.config.Steps > mostTrainingSteps || (o.row != nil && o.row.Diverged != "") {
		return verify.Case{Check: trainedCheck, Subject: o.subject, Skipped: "too long, or too large a network, to be done again"}
	}
	done, err := verify.ReplayTraining(o.config)
	if err != nil {
		f.fail("done again, it fails: %v", err)
		return f.verdict()
	}
	for i := range min(len(o.curve), len(done.Points)) {
		p, w := numbersOf(o.curve[i]), done.Points[i]
		for name, want := range map[string]float64{"step": float64(w.Step), "bits": w.Bits, "bits_mean": w.BitsMean, "endings": w.Endings, "gradient_norm": w.GradientNorm, "cosine": w.Cosine} {
			got, ok := p[name]
			f.holds(ok == finite(want), "curves: %s of point %d is there or not against the training", name, i+1)
			if ok && finite(want) {
				f.compare("curves", name, got, want, 1e-3)
			}
		}
	}
	return f.verdict()
}

// params looks at the weights that were kept of the training.
func (o *oneTraining) params() verify.Case {
	f := &finding{check: trainedParamsCheck, subject: o.subject}
	unit, err := cell.New(o.config.Cell, len(o.config.Task.Alphabet()), o.config.Hidden)
	if err != nil {
		f.fail("%v", err)
		return f.verdict()
	}
	for _, step := range o.t.experiment.Snapshots {
		if o.row != nil && step > int(o.row.StepsDone) {
			continue
		}
		name := fmt.Sprintf("params-%s-%d-%d.safetensors", methodInFile(o.label), o.config.Seed, step)
		f.holds(o.t.checkParams(name, unit, len(o.config.Task.Alphabet())) == "", "%s", o.t.checkParams(name, unit, len(o.config.Task.Alphabet())))
	}
	return f.verdict()
}

// checkParams says what is wrong with a file of weights; "" for nothing.
func (t *trainedRows) checkParams(name string, unit cell.Cell, outputs int) string {
	data, err := os.ReadFile(filepath.Join(t.path, name))
	if err != nil {
		return err.Error()
	}
	raw, metadata, err := weights.Read(bytes.Clone(data))
	if err != nil {
		return name + ": " + err.Error()
	}
	var tensors []cell.Tensor
	for _, one := range raw {
		tensors = append(tensors, cell.Tensor{Name: one.Name, Shape: one.Shape, Data: one.Data})
	}
	if err := cell.NewParams(unit.Layout(), outputs).SetTensors(unit.Layout(), tensors); err != nil {
		return name + ": " + err.Error()
	}
	if metadata["config_sha256"] != t.sha256 {
		return name + ": its config_sha256 is not the training's"
	}
	return ""
}

// recheckGoals forms the times to every goal again.
func (t *trainedRows) recheckGoals() verify.Case {
	f := &finding{check: goalsCheck}
	reference, err := estimators.Parse(t.experiment.Reference)
	if err != nil {
		f.fail("%v", err)
		return f.verdict()
	}
	at := 0
	for _, method := range t.experiment.Methods {
		sel, err := estimators.Parse(method)
		if err != nil {
			f.fail("%v", err)
			continue
		}
		for i := range len(t.experiment.BitsGoals) + len(t.experiment.EndingsGoals) {
			if at == len(t.goals) {
				f.fail("goals has %d rows, and more are asked for", len(t.goals))
				return f.verdict()
			}
			t.checkGoal(f, &t.goals[at], sel.Label, reference.Label, i)
			at++
		}
	}
	f.holds(at == len(t.goals), "goals has %d rows too many", len(t.goals)-at)
	return f.verdict()
}

func (t *trainedRows) checkGoal(f *finding, g *GoalRow, method, reference string, i int) {
	name, times := t.timesTo(method, i)
	_, base := t.timesTo(reference, i)
	f.holds(g.Goal == name && g.Method == method && g.Reference == reference && g.Task == t.experiment.Task.Name && g.Cell == t.experiment.Cell && int(g.Hidden) == t.experiment.Hidden,
		"goals: a row of %s to %q against %s in the place of %s to %q against %s", g.Method, g.Goal, g.Reference, method, name, reference)
	reached := int32(0)
	for _, x := range times {
		if !math.IsInf(x[1], 1) {
			reached++
		}
	}
	f.holds(int(g.NSeeds) == len(times) && g.NReached == reached, "goals: %d of %d seeds reached %s, must be %d of %d", g.NReached, g.NSeeds, name, reached, len(times))
	median, of := censoredMedian(times), censoredMedian(base)
	ratio := [2]float64{orNumber(median[0]/of[1], 0), orNumber(median[1]/of[0], math.Inf(1))}
	stepsLo, stepsHi, ratioLo, ratioHi := resampledEnds(times, base)
	for _, pair := range []struct {
		column string
		lo     float64
		hi     *float64
		want   [2]float64
	}{
		{"steps", g.StepsMin, g.StepsMax, median}, {"steps_lo", g.StepsLoMin, g.StepsLoMax, stepsLo}, {"steps_hi", g.StepsHiMin, g.StepsHiMax, stepsHi},
		{"ratio", g.RatioMin, g.RatioMax, ratio}, {"ratio_lo", g.RatioLoMin, g.RatioLoMax, ratioLo}, {"ratio_hi", g.RatioHiMin, g.RatioHiMax, ratioHi},
	} {
		hi := math.Inf(1)
		if pair.hi != nil {
			hi = *pair.hi
		}
		f.holds(difference(pair.lo, pair.want[0], 0) <= 1e-12 && (hi == pair.want[1] || difference(hi, pair.want[1], 0) <= 1e-12),
			"goals: %s of %s to %s lies in %v to %v, must be %v to %v", pair.column, method, name, pair.lo, hi, pair.want[0], pair.want[1])
	}
}

func orNumber(x, otherwise float64) float64 {
	if math.IsNaN(x) {
		return otherwise
	}
	return x
}

// timesTo are, by seed, what is known of the steps to goal i: [steps, steps], or
// [all of them, ∞).
func (t *trainedRows) timesTo(method string, i int) (name string, times [][2]float64) {
	bits := i < len(t.experiment.BitsGoals)
	var level float64
	if bits {
		level = t.experiment.BitsGoals[i]
		name = fmt.Sprintf("%.2f bits", level)
	} else {
		level = t.experiment.EndingsGoals[i-len(t.experiment.BitsGoals)]
		name = fmt.Sprintf("%.0f %% endings", 100*level)
	}
	for s := range t.experiment.Seeds {
		seed := int64(t.experiment.Seed) + int64(s)
		time := [2]float64{float64(t.experiment.Steps), math.Inf(1)}
		for k := range t.curves {
			p := &t.curves[k]
			if p.Method != method || p.Seed != seed {
				continue
			}
			if (bits && numberOf(p.Bits) <= level) || (!bits && numberOf(p.Endings) >= level) {
				time = [2]float64{float64(p.Step), float64(p.Step)}
				break
			}
		}
		times = append(times, time)
	}
	return name, times
}

// censoredMedian bounds a median of bounded numbers: the medians of the bounds.
func censoredMedian(x [][2]float64) (out [2]float64) {
	for end := range out {
		var values []float64
		for _, v := range x {
			values = append(values, v[end])
		}
		slices.Sort(values)
		n := len(values)
		out[end] = (values[(n-1)/2] + values[n/2]) / 2
	}
	return out
}

// resampledEnds are the ends of the percentile intervals over the seeds: of 10,000
// resamples, the same for both, the 251st and the last but 250.
func resampledEnds(times, base [][2]float64) (stepsLo, stepsHi, ratioLo, ratioHi [2]float64) {
	var steps, ratios [2][]float64
	pick := verify.TrainingResamples(1, len(times), training.Resamples)
	for _, sample := range pick {
		var own, other [][2]float64
		for _, i := range sample {
			own, other = append(own, times[i]), append(other, base[i])
		}
		m, of := censoredMedian(own), censoredMedian(other)
		steps[0], steps[1] = append(steps[0], m[0]), append(steps[1], m[1])
		ratios[0], ratios[1] = append(ratios[0], orNumber(m[0]/of[1], 0)), append(ratios[1], orNumber(m[1]/of[0], math.Inf(1)))
	}
	for end := range 2 {
		slices.Sort(steps[end])
		slices.Sort(ratios[end])
		stepsLo[end], stepsHi[end] = steps[end][250], steps[end][len(steps[end])-251]
		ratioLo[end], ratioHi[end] = ratios[end][250], ratios[end][len(ratios[end])-251]
	}
	return stepsLo, stepsHi, ratioLo, ratioHi
}
