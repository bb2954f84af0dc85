package verify

import (
	"math"
	"strconv"
	"strings"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var textbookCheck = &Check{
	Name: "draw by draw", Against: "each estimator's formula in dense matrices, one draw at a time",
	Claim: "estimates of 16 draws at every step, and the covariates on their chains: which pins ρ, where the noise goes to and how parts are put together " +
		"(unbiasedness cannot see them); relative to their length over all steps. Of ok-R, whose draws are defined up to the signs of singular vectors, " +
		"the nearest of all choices of signs",
	// Most agree to 1e-14. A low-rank F̃ and OK rest on singular vectors, whose error is
	// rounding over the gap between singular values.
	Tolerance: 1e-11,
	jobs:      textbookJobs,
}

// textbookJobs makes a job for every estimator that is driven by noise, with all of its
// covariates, on every cell that it admits, under every convention, guard and law.
func textbookJobs() []job {
	var jobs []job
	eachForm(func(spec estimators.Spec, name string, c estimators.Convention, g estimators.Guard) {
		if spec.Bias != "unbiased" {
			return
		}
		for _, law := range laws {
			if law.Name != oracle.Signs.Name && g != estimators.GuardCode && g != estimators.GuardFixed {
				continue // a guard sees norms, whatever the law: one adaptive guard is enough for the other laws
			}
			s := subject(spec, name, c, g, law.Name)
			jobs = append(jobs, job{s, func(r *recorder) { textbookCase(r, s, spec, options(c, g)) }})
		}
	})
	return jobs
}

// uoroJobs makes a job for UORO on every cell, convention, guard and law.
func uoroJobs(do func(r *recorder, s Subject, o estimators.Options)) []job {
	var jobs []job
	spec := specNamed("uoro")
	for _, name := range cell.Names() {
		for _, c := range conventions {
			for _, g := range guards {
				for _, law := range laws {
					s := subject(spec, name, c, g, law.Name)
					jobs = append(jobs, job{s, func(r *recorder) { do(r, s, options(c, g)) }})
				}
			}
		}
	}
	return jobs
}

func textbookCase(r *recorder, s Subject, spec estimators.Spec, o estimators.Options) {
	f, err := wide(s.Cell, textbookInputs(s), gradientHidden, textbookSteps(s))
	if err != nil {
		r.failed(s, err)
		return
	}
	tr := sparse(f.Trajectory)
	o.Schedule = schedule(len(tr.Steps))
	if takesCovariates(&spec, o.Guard) {
		o.Covariates = covariatesOf(&spec, s.Cell)
	}
	c, err := spec.New(tr.Layout, o)
	if err != nil {
		r.failed(s, err)
		return
	}
	eps := chunkNoise(s.Noise, c.NoiseDim, len(tr.Steps))
	got := runDraws(c, tr, eps)
	want, err := textbook(spec.Name, tr, o, eps, got)
	if err != nil {
		r.failed(s, err)
		return
	}
	r.foundSignals(s, o.Covariates, drawErrors(got, want))
}

// takesCovariates: a covariate sees the guard through ρ0 and ρ1 alone, so that beside
// other chains than uoro's an adaptive guard and a fixed one are enough.
func takesCovariates(spec *estimators.Spec, g estimators.Guard) bool {
	return spec.Variates && (spec.Name == "uoro" || g == estimators.GuardCode || g == estimators.GuardFixed)
}

// textbookSteps is long enough, of the scaled family, for V, its running mean, to forget:
// over its first five steps it is a plain mean.
func textbookSteps(s Subject) int {
	if strings.HasPrefix(s.Estimator, "scaled-") && s.Guard == string(estimators.GuardCode) && s.Noise == oracle.Signs.Name {
		return 30
	}
	return gradientSteps
}

// textbookInputs is more, of ok-R, than the terms of a sum: where the features of a step
// lie in the span of those before, singular vectors are not determined and no draw is. Few
// enough for a group that is exact are left to one member on the gru.
func textbookInputs(s Subject) int {
	if strings.HasPrefix(s.Estimator, "ok-") && !(s.Estimator == "ok-3" && s.Cell == "gru") {
		return 6
	}
	return inputs
}

// sparse takes the loss away from the first two steps and from some in between: scales
// that follow the losses have nothing to go by there.
func sparse(tr *cell.Trajectory) *cell.Trajectory {
	for t, j := range tr.Steps {
		if t < 2 || t%5 == 4 {
			clear(j.Delta)
			clear(j.Q)
		}
	}
	return tr
}

// drawErrors are, per signal, the largest error of a draw, relative to the draw's length
// over all steps; that of ĝ knows the part that no draw changes too.
func drawErrors(got, want [][]oracle.Estimate) []float64 {
	out := make([]float64, 1+len(got[0][0].Covariates))
	for w := range got {
		out[0] = worst(out[0], listError(got[w], want[w], func(e *oracle.Estimate) []float64 { return e.Direct }))
		out[0] = worst(out[0], listError(got[w], want[w], func(e *oracle.Estimate) []float64 { return e.Random }))
		for k := range out[1:] {
			out[1+k] = worst(out[1+k], listError(got[w], want[w], func(e *oracle.Estimate) []float64 { return e.Covariates[k] }))
		}
	}
	return out
}

// listError is the distance of a part of two draws over the length of want's; 0 only
// where both are zero.
func listError(got, want []oracle.Estimate, part func(*oracle.Estimate) []float64) float64 {
	var off, size float64
	for t := range got {
		x, y := part(&got[t]), part(&want[t])
		off, size = math.Hypot(off, distance(x, y)), math.Hypot(size, norm(y))
	}
	if off == 0 {
		return 0
	}
	return off / size
}

// chunkNoise is the noise of the stream's first chunk, by step.
func chunkNoise(law string, dim, steps int) [][]float64 {
	filler := fillerOf(law, dim)
	filler.Seek(0)
	eps := make([][]float64, steps)
	for t := range eps {
		eps[t] = make([]float64, dim*estimators.Lanes)
		filler.Fill(eps[t], t)
	}
	return eps
}

// runDraws runs a batch and its known part; the estimates are by lane and step.
func runDraws(c *estimators.Chain, tr *cell.Trajectory, eps [][]float64) [][]oracle.Estimate {
	out := make([][]oracle.Estimate, estimators.Lanes)
	offsets, _ := known(c, tr)
	b := c.NewBatch()
	b.Reset()
	for t, j := range tr.Steps {
		c.Advance(b, j, eps[t], func(s *estimators.Signals) {
			for w := range out {
				e := oracle.Estimate{Direct: offsets[t], Random: vector(tr)}
				oracle.Signal(e.Random, s, 0, w)
				for k := range c.Covariates {
					y := vector(tr)
					oracle.Signal(y, s, k+1, w)
					e.Covariates = append(e.Covariates, y)
				}
				out[w] = append(out[w], e)
			}
		})
	}
	return out
}

// textbook makes the same draws from the estimator's formula. got is for ok-R, whose
// draws are defined up to signs.
func textbook(name string, tr *cell.Trajectory, o estimators.Options, eps [][]float64, got [][]oracle.Estimate) ([][]oracle.Estimate, error) {
	if rank, ok := strings.CutPrefix(name, "ok-"); ok {
		return followOK(rank, tr, o, eps, got)
	}
	b, err := oracle.NewTextbook(name, tr, o)
	if err != nil {
		return nil, err
	}
	var out [][]oracle.Estimate
	for w := range estimators.Lanes {
		out = append(out, b.Draw(noiseOf(eps, w)))
	}
	return out, nil
}

func followOK(rank string, tr *cell.Trajectory, o estimators.Options, eps [][]float64, got [][]oracle.Estimate) ([][]oracle.Estimate, error) {
	r, err := strconv.Atoi(rank)
	if err != nil {
		return nil, err
	}
	ok := oracle.NewOK(r, tr, o.Convention)
	var out [][]oracle.Estimate
	for w := range got {
		out = append(out, ok.Follow(noiseOf(eps, w), got[w]))
	}
	return out, nil
}

// noiseOf is the noise of one lane, by step.
func noiseOf(eps [][]float64, w int) [][]float64 {
	var out [][]float64
	for _, e := range eps {
		out = append(out, laneOf(e, w))
	}
	return out
}

// laneOf picks the numbers of one lane.
func laneOf(x []float64, w int) []float64 {
	var out []float64
	for i := w; i < len(x); i += estimators.Lanes {
		out = append(out, x[i])
	}
	return out
}

var closedCheck = &Check{
	Name: "closed form", Against: "all noise patterns",
	Claim:     "means, variances and covariances at deterministic ρ (guards none and fixed), every coordinate and step; relative to the standard deviations",
	Tolerance: 1e-12,
	jobs:      closedJobs,
}

func closedJobs() []job { return deterministicJobs(closedCase) }

// deterministicJobs are the jobs of the guards under which ρ does not depend on the
// draws.
func deterministicJobs(do func(r *recorder, s Subject, o estimators.Options)) []job {
	var jobs []job
	for _, j := range uoroJobs(do) {
		if g := estimators.Guard(j.subject.Guard); g == estimators.GuardNone || g == estimators.GuardFixed {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func closedCase(r *recorder, s Subject, o estimators.Options) {
	spec := specNamed("uoro")
	for _, name := range covariatesOf(&spec, s.Cell) {
		if sharesBasis(name) {
			o.Covariates = append(o.Covariates, name)
		}
	}
	law := lawNamed(s.Noise)
	f, c, ok := prepare(r, s, spec, o, law, covPatterns)
	if !ok {
		return
	}
	errors, err := closedErrors(f, c, o, law)
	if err != nil {
		r.failed(s, err)
		return
	}
	r.foundSignals(s, o.Covariates, errors)
}

// closedErrors are the largest errors of the closed form, per signal.
func closedErrors(f *oracle.Fixture, c *estimators.Chain, o estimators.Options, law oracle.Law) ([]float64, error) {
	moments, err := oracle.Enumerate(c, f.Trajectory, law, allSteps(f.Trajectory)...)
	if err != nil {
		return nil, err
	}
	form := formOf(o)
	errors := make([]float64, c.Signals())
	for _, m := range moments {
		closed, err := oracle.ClosedForm(f.Trajectory, form, m.Step)
		if err != nil {
			return nil, err
		}
		compareMoments(errors, closed.Moments(law.Kurtosis()), m)
	}
	return errors, nil
}

// formOf tells the closed form what the options of a chain say.
func formOf(o estimators.Options) oracle.Form {
	form := oracle.Form{Convention: o.Convention, Covariates: o.Covariates, Trained: o.Trained}
	if o.Guard == estimators.GuardFixed {
		form.Schedule = o.Schedule
	}
	return form
}

// compareMoments raises errors[k] to the largest error of the mean of signal k
// and of its covariances with the signals up to it.
func compareMoments(errors []float64, got, want *oracle.Moments) {
	trace := want.Trace()
	for k := range errors {
		sd := math.Sqrt(trace[k][k])
		errors[k] = worst(errors[k], relative(got.Mean[k], want.Mean[k], sd))
		for l := range k + 1 {
			errors[k] = worst(errors[k], relative(got.Cov[k][l], want.Cov[k][l], sd*math.Sqrt(trace[l][l])))
		}
	}
}

// relative is max_j |x_j − y_j| over the size, which is zero only where x and y
// must be.
func relative(x, y []float64, size float64) float64 {
	most := 0.0
	for j := range x {
		most = worst(most, math.Abs(x[j]-y[j]))
	}
	if most == 0 {
		return 0
	}
	return most / size
}

func lawNamed(name string) oracle.Law {
	for _, law := range laws {
		if law.Name == name {
			return law
		}
	}
	panic("verify: no noise law " + name)
}
