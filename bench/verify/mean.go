package verify

import (
	"errors"
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var meanCheck = &Check{
	Name: "E[ĝ] = g", Against: "BPTT; the mean by all noise patterns",
	Claim: "every unbiased estimator, every step that can be enumerated; relative to the standard deviation plus ‖g‖",
	// Rounding of a sum over up to 2^13 patterns of terms as large as the sd.
	Tolerance: 1e-12,
	jobs:      meanJobs,
}

func meanJobs() []job {
	var jobs []job
	eachForm(func(spec estimators.Spec, name string, c estimators.Convention, g estimators.Guard) {
		if spec.Bias != "unbiased" {
			return
		}
		for _, law := range laws {
			s := subject(spec, name, c, g, law.Name)
			jobs = append(jobs, job{s, func(r *recorder) { meanCase(r, s, spec, options(c, g), law) }})
		}
	})
	return jobs
}

func meanCase(r *recorder, s Subject, spec estimators.Spec, o estimators.Options, law oracle.Law) {
	f, c, ok := prepare(r, s, spec, o, law, maxPatterns)
	if !ok {
		return
	}
	exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
	offsets, _ := known(c, f.Trajectory)
	moments, err := oracle.Enumerate(c, f.Trajectory, law, allSteps(f.Trajectory)...)
	if err != nil {
		r.failed(s, err)
		return
	}
	most := 0.0
	for i, m := range moments {
		sd := math.Sqrt(math.Max(0, m.Trace()[0][0])) // rounding may go below 0
		most = worst(most, distance(add(m.Mean[0], offsets[i]), exact[i])/(sd+norm(exact[i])))
	}
	r.found(s, most)
}

// prepare makes network and chain; where it cannot, it has said why.
func prepare(r *recorder, s Subject, spec estimators.Spec, o estimators.Options, law oracle.Law, most int) (f *oracle.Fixture, c *estimators.Chain, ok bool) {
	f, c, err := enumerable(s.Cell, law, most, func(l *cell.Layout) (*estimators.Chain, error) { return spec.New(l, o) })
	switch {
	case err != nil:
		r.failed(s, err)
		return nil, nil, false
	case c == nil:
		r.skipped(s, "two steps of one unit have too many noise patterns; the family's smaller members are enumerated")
		return nil, nil, false
	}
	return f, c, true
}

var covariateMeanCheck = &Check{
	Name: "E[c] = μ", Against: "all noise patterns",
	Claim:     "the known mean of every covariate, at every step; relative to the standard deviation plus ‖μ‖",
	Tolerance: 1e-12,
	jobs:      covariateJobs,
}

var parityCheck = &Check{
	Name: "parity", Against: "all noise patterns",
	Claim:     "Cov(ĝ, c) = 0 in every coordinate for the covariates that are odd in the noise; relative to the product of the standard deviations",
	Tolerance: 1e-12,
	jobs:      func() []job { return nil }, // those of covariateMeanCheck find its cases
}

// enumerated are a chain's exact moments beside its known part.
type enumerated struct {
	subject Subject
	chain   *estimators.Chain
	moments []*oracle.Moments
	means   [][][]float64
}

// covariateJobs makes a job for every estimator that takes covariates, with all
// of them at once: they share the enumeration.
func covariateJobs() []job {
	var jobs []job
	eachForm(func(spec estimators.Spec, name string, c estimators.Convention, g estimators.Guard) {
		for _, law := range laws {
			if !spec.Variates {
				return
			}
			s := subject(spec, name, c, g, law.Name)
			jobs = append(jobs, job{s, func(r *recorder) {
				covariateCase(r, s, spec, options(c, g, covariatesOf(&spec, name)...), law)
			}})
		}
	})
	return jobs
}

func covariateCase(r *recorder, s Subject, spec estimators.Spec, o estimators.Options, law oracle.Law) {
	patterns := fewPatterns
	if spec.Name == "uoro" && law.Name == oracle.Signs.Name {
		patterns = covPatterns
	}
	f, c, ok := prepare(r, s, spec, o, law, patterns)
	if !ok {
		return
	}
	moments, err := oracle.Enumerate(c, f.Trajectory, law, allSteps(f.Trajectory)...)
	if err != nil {
		r.failed(s, err)
		return
	}
	_, means := known(c, f.Trajectory)
	e := &enumerated{s, c, moments, means}
	covariateMeanCase(r, e)
	r.under(parityCheck, func() { parityCase(r, e) })
}

// of is the subject of covariate i.
func (e *enumerated) of(i int) Subject {
	s := e.subject
	s.Covariate = e.chain.Covariates[i]
	return s
}

func covariateMeanCase(r *recorder, e *enumerated) {
	for i := range e.chain.Covariates {
		most := 0.0
		for t, m := range e.moments {
			mean := e.means[t][i]
			sd := math.Sqrt(math.Max(0, m.Trace()[i+1][i+1]))
			if size := sd + norm(mean); size > 0 { // before the noise comes in, both are zero
				most = worst(most, distance(m.Mean[i+1], mean)/size)
			} else {
				most = worst(most, norm(m.Mean[i+1]))
			}
		}
		r.found(e.of(i), most)
	}
}

func parityCase(r *recorder, e *enumerated) {
	last := e.moments[len(e.moments)-1]
	trace := last.Trace()
	for i, name := range e.chain.Covariates {
		if sharesBasis(name) {
			continue
		}
		switch {
		case trace[0][0] <= rounding*dot(last.Mean[0], last.Mean[0]):
			r.skipped(e.of(i), "on so few steps the estimator leaves nothing to chance")
		case trace[i+1][i+1] > rounding*dot(last.Mean[i+1], last.Mean[i+1]) && unresolved(last, trace, i+1):
			r.skipped(e.of(i), "the deviations are so small beside the means that a covariance is their rounding")
		case trace[i+1][i+1] > rounding*dot(last.Mean[i+1], last.Mean[i+1]):
			r.found(e.of(i), largestEntry(last.Cov[0][i+1])/math.Sqrt(trace[0][0]*trace[i+1][i+1]))
		case e.subject.Estimator == "uoro":
			r.failed(e.of(i), errors.New("the covariate does not vary; a zero covariance says nothing"))
		default:
			r.skipped(e.of(i), "none of this estimator's noise reaches the covariate")
		}
	}
}

// rounding is the share of a squared mean below which a variance is none.
const rounding = 1e-12

// unresolved says whether the rounding of E[ĝ]E[c], of some units in the last place, is
// more than parity's tolerance allows of the deviations' product: guard code's e alone
// can leave a spread of 1e-5 of the mean.
func unresolved(m *oracle.Moments, trace [][]float64, k int) bool {
	const few = 4 * 0x1p-52 // a mean is a sum of a thousand patterns
	return math.Sqrt(trace[0][0]*trace[k][k])*parityCheck.Tolerance < few*norm(m.Mean[0])*norm(m.Mean[k])
}

// largestEntry is max |x|.
func largestEntry(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = worst(most, math.Abs(v))
	}
	return most
}
