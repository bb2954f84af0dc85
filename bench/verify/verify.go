// Package verify runs every oracle of the module on small networks: is what a
// user is about to trust right, on this machine, in this build?
//
// A check compares one subject (a cell, an estimator, a covariate, a guard, a
// convention, a noise law) with something that shares no code with it:
// backpropagation through time, finite differences, all noise patterns, a
// closed form, the textbook's own loops, published numbers. Nothing is left to
// chance: no tolerance here is statistical, so a failure is a fault and not bad
// luck. That the checks themselves can see a fault is shown by breaking the
// program on purpose (see mutation_test.go and docs/verification.md).
package verify

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Subject is what a case looks at. A field that has no meaning for the case is
// empty.
type Subject struct {
	Cell       string
	Estimator  string
	Covariate  string
	Guard      string
	Convention string
	Noise      string
}

// Check is one kind of comparison.
type Check struct {
	Name    string
	Claim   string // what is compared, with the scale of the error
	Against string // the oracle
	// Tolerance is the largest error that rounding can make. It is not for the
	// user to widen.
	Tolerance float64
	jobs      func() []job
}

// Case is a check done on one subject.
type Case struct {
	Check *Check
	Subject
	Error   float64 // 0 where Failure or Skipped is set
	Failure string  // why there is no error to tell, such as a refusal or NaN
	Skipped string  // why nothing was compared
}

// Passed says whether the case holds. A skipped case has not failed.
func (c *Case) Passed() bool {
	return c.Skipped != "" || (c.Failure == "" && c.Error <= c.Check.Tolerance)
}

// Checks lists the checks in the order in which they build on each other.
func Checks() []*Check {
	return []*Check{
		rtrlCheck, differencesCheck, referenceCheck,
		meanCheck, covariateMeanCheck, parityCheck, textbookCheck, closedCheck, totalCheck,
		trainingCheck, engineCheck, noiseCheck, statisticsCheck, replayCheck, warmUpCheck, exhaustiveCheck, replayedTrainingCheck,
	}
}

// Job is one unit of work of a check that another room makes: the cases of a subject.
type Job struct {
	Subject
	Do func() []Case
}

// NewCheck makes a check of another room, to be given as Options.More.
func NewCheck(name, against, claim string, tolerance float64, jobs func() []Job) *Check {
	return &Check{Name: name, Against: against, Claim: claim, Tolerance: tolerance, jobs: func() []job {
		var own []job
		for _, j := range jobs() {
			own = append(own, job{j.Subject, func(r *recorder) { r.cases = append(r.cases, j.Do()...) }})
		}
		return own
	}}
}

// job is one unit of work: cases of one check that are found together.
type job struct {
	subject Subject
	do      func(r *recorder)
}

// recorder collects the cases of a job.
type recorder struct {
	check *Check
	cases []Case
}

// found notes an error; a number that is none is a failure.
func (r *recorder) found(s Subject, err float64) {
	c := Case{Check: r.check, Subject: s, Error: err}
	if math.IsNaN(err) || math.IsInf(err, 0) {
		c.Error, c.Failure = 0, fmt.Sprintf("the error is %v", err)
	}
	r.cases = append(r.cases, c)
}

func (r *recorder) failed(s Subject, err error) {
	r.cases = append(r.cases, Case{Check: r.check, Subject: s, Failure: err.Error()})
}

func (r *recorder) skipped(s Subject, why string) {
	r.cases = append(r.cases, Case{Check: r.check, Subject: s, Skipped: why})
}

// under lets do record cases of another check, which shares this one's work.
func (r *recorder) under(check *Check, do func()) {
	own := r.check
	defer func() { r.check = own }()
	r.check = check
	do()
}

// Options are the choices of a verification.
type Options struct {
	Selection
	Workers int // 0: one per core
	// More are checks of other rooms, done after Checks.
	More []*Check
}

// Run does all checks of the selection. Cases come in the order of Checks,
// whatever the workers. The error is the context's cause.
func Run(ctx context.Context, o Options) ([]Case, error) {
	var jobs []job
	var recorders []*recorder
	order := append(Checks(), o.More...)
	for _, check := range order {
		for _, j := range check.jobs() {
			if o.mayAdmit(check, j.subject) {
				jobs, recorders = append(jobs, j), append(recorders, &recorder{check: check})
			}
		}
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	runJobs(ctx, jobs, recorders, workers)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	var cases []Case
	for _, r := range recorders {
		cases = append(cases, r.cases...)
	}
	slices.SortStableFunc(cases, func(a, b Case) int { return slices.Index(order, a.Check) - slices.Index(order, b.Check) })
	return slices.DeleteFunc(cases, func(c Case) bool { return !o.admits(&c) }), nil
}

func runJobs(ctx context.Context, jobs []job, recorders []*recorder, workers int) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				jobs[i].run(recorders[i])
			}
		})
	}
	wait.Wait()
}

// run does the job. A panic of the code under test is a failed case and not the
// end of the table: the other rows say where to look.
func (j *job) run(r *recorder) {
	defer func() {
		if p := recover(); p != nil {
			r.failed(j.subject, fmt.Errorf("panic: %v", p))
		}
	}()
	j.do(r)
}

// Failures are the cases that do not hold.
func Failures(cases []Case) []Case {
	var out []Case
	for _, c := range cases {
		if !c.Passed() {
			out = append(out, c)
		}
	}
	return out
}
