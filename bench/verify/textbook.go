package verify

import (
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var textbookCheck = &Check{
	Name: "draw by draw", Against: "UORO as in the paper: dense, one draw at a time",
	Claim:     "estimates of 16 draws at every step, which pins ρ0 and ρ1 (unbiasedness cannot see them); relative to their length",
	Tolerance: 1e-12,
	jobs:      func() []job { return uoroJobs(textbookCase) },
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

func textbookCase(r *recorder, s Subject, o estimators.Options) {
	f, err := network(s.Cell, gradientHidden, gradientSteps)
	if err != nil {
		r.failed(s, err)
		return
	}
	tr := f.Trajectory
	c, err := specNamed(s.Estimator).New(tr.Layout, o)
	if err != nil {
		r.failed(s, err)
		return
	}
	eps := chunkNoise(s.Noise, c.NoiseDim, len(tr.Steps))
	got := signalsOf(c, tr, eps)
	most := 0.0
	for w := range estimators.Lanes {
		want := textbook(tr, o, eps, w)
		most = worst(most, distance(got[w], want)/norm(want))
	}
	r.found(s, most)
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

// signalsOf lists, per lane, signal 0 of all steps.
func signalsOf(c *estimators.Chain, tr *cell.Trajectory, eps [][]float64) [][]float64 {
	out := make([][]float64, estimators.Lanes)
	b, y := c.NewBatch(), vector(tr)
	b.Reset()
	for t, j := range tr.Steps {
		c.Advance(b, j, eps[t], func(s *estimators.Signals) {
			for w := range out {
				oracle.Signal(y, s, 0, w)
				out[w] = append(out[w], y...)
			}
		})
	}
	return out
}

// textbook lists the estimates of one draw at every step.
func textbook(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int) []float64 {
	d := oracle.NewDraw(tr.Layout, o.Guard, o.Schedule)
	var out []float64
	for t, j := range tr.Steps {
		if o.Convention == estimators.Pre {
			out = append(out, d.Estimate(j.Q)...)
		}
		d.Step(j, laneOf(eps[t], w))
		if o.Convention == estimators.Post {
			out = append(out, d.Estimate(j.Delta)...)
		}
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
