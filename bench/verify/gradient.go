package verify

import (
	"fmt"
	"strconv"
	"strings"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// gradientSteps and gradientHidden are the network of the checks that need no
// enumeration.
const (
	gradientHidden = 4
	gradientSteps  = 7
)

var rtrlCheck = &Check{
	Name: "exact gradient", Against: "BPTT by the cell's backward code",
	Claim:     "rtrl at every step; relative to ‖g‖",
	Tolerance: 1e-12,
	jobs:      perCell(rtrlCase),
}

var differencesCheck = &Check{
	Name: "gradient of the loss", Against: "five-point finite differences",
	Claim: "rtrl at the last step; relative to ‖g‖. The rule's own error is h⁴/30 of a fifth derivative, h = 10⁻³",
	// The truncation error with weights of this size; BPTT agrees to 1e-15.
	Tolerance: 1e-8,
	jobs:      perCell(differencesCase),
}

// perCell makes a job about rtrl for every cell.
func perCell(do func(r *recorder, s Subject, f *oracle.Fixture)) func() []job {
	return func() []job {
		var jobs []job
		for _, name := range cell.Names() {
			s := Subject{Cell: name, Estimator: "rtrl"}
			jobs = append(jobs, job{s, func(r *recorder) {
				f, err := network(name, gradientHidden, gradientSteps)
				if err != nil {
					r.failed(s, err)
					return
				}
				do(r, s, f)
			}})
		}
		return jobs
	}
}

func rtrlCase(r *recorder, s Subject, f *oracle.Fixture) {
	r.found(s, largest(estimators.Exact(f.Trajectory), oracle.BPTT(f.Cell, f.Params, f.Trajectory)))
}

// largest is the largest relative distance of got from want over the steps. An
// oracle that is zero everywhere compares nothing and counts as infinitely far.
func largest(got, want [][]float64) float64 {
	most := 0.0
	for i := range want {
		most = worst(most, distance(got[i], want[i])/norm(want[i]))
	}
	return most
}

func differencesCase(r *recorder, s Subject, f *oracle.Fixture) {
	for _, k := range cell.Kinds {
		if k.Name == s.Cell && k.Surrogate {
			r.skipped(s, "its derivative is a stand-in for that of a step function")
			return
		}
	}
	last := len(f.Trajectory.Steps)
	got := estimators.Exact(f.Trajectory)[last-1]
	want := oracle.FiniteDifference(f.Cell, f.Params, f.Sequence, f.Initial, last)
	r.found(s, distance(got, want)/norm(want))
}

var referenceCheck = &Check{
	Name: "biased references", Against: "their definitions by dense matrices or the cell's backward code",
	Claim:     "snap1, snap-N, rflo, tbptt-K at every step; relative to their own length",
	Tolerance: 1e-12,
	jobs:      referenceJobs,
}

func referenceJobs() []job {
	var jobs []job
	for _, spec := range specs() {
		for _, name := range cell.Names() {
			if spec.Bias != "biased" || refuses(&spec, name) {
				continue
			}
			s := Subject{Cell: name, Estimator: spec.Name}
			jobs = append(jobs, job{s, func(r *recorder) { referenceCase(r, s, spec) }})
		}
	}
	return jobs
}

func referenceCase(r *recorder, s Subject, spec estimators.Spec) {
	f, err := network(s.Cell, gradientHidden, gradientSteps)
	if err != nil {
		r.failed(s, err)
		return
	}
	c, err := spec.New(f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode))
	if err != nil {
		r.failed(s, err)
		return
	}
	want, err := definition(spec.Name, f)
	if err != nil {
		r.failed(s, err)
		return
	}
	got, _ := known(c, f.Trajectory)
	r.found(s, largest(got, want))
}

// definition is the estimate of a biased estimator at every step. A new one
// needs an entry here: without an oracle it is not verified.
func definition(name string, f *oracle.Fixture) ([][]float64, error) {
	base, number, _ := strings.Cut(name, "-")
	n, _ := strconv.Atoi(number) // no number: 0, for the estimators without one
	switch {
	case base == "tbptt":
		return windowed(f, n), nil
	case name == "snap1" || name == "snap-1":
		return carriedBy(f.Trajectory, withinUnits), nil
	case base == "snap":
		// All recurrent weights are there, so every unit is reached in one step.
		return oracle.BPTT(f.Cell, f.Params, f.Trajectory), nil
	case name == "rflo":
		return carriedBy(f.Trajectory, leak), nil
	}
	return nil, fmt.Errorf("no oracle for the biased estimator %q", name)
}

// carriedBy is δ_t S_t with S_t = A_t S_{t-1} + I_t, by RTRL on a trajectory
// whose state Jacobians are the A_t.
func carriedBy(tr *cell.Trajectory, a func(l *cell.Layout, j *cell.Jacobian, i, k int) float64) [][]float64 {
	other, s := *tr, tr.Layout.S()
	other.Steps = nil
	for _, j := range tr.Steps {
		step := *j
		step.F = make([]float64, s*s)
		for at := range step.F {
			step.F[at] = a(tr.Layout, j, at/s, at%s)
		}
		other.Steps = append(other.Steps, &step)
	}
	return estimators.Exact(&other)
}

// withinUnits keeps the entries of F that stay within a hidden unit.
func withinUnits(l *cell.Layout, j *cell.Jacobian, i, k int) float64 {
	if i%l.H != k%l.H {
		return 0
	}
	return j.F[i*l.S()+k]
}

// leak spreads the leak out into an S×S matrix.
func leak(l *cell.Layout, j *cell.Jacobian, i, k int) float64 {
	if i%l.H != k%l.H {
		return 0
	}
	return j.Leak[(i/l.H*l.Parts+k/l.H)*l.H+i%l.H]
}

// windowed is backpropagation over the last k steps, by the cell's own backward
// code.
func windowed(f *oracle.Fixture, k int) [][]float64 {
	tr, out := f.Trajectory, [][]float64(nil)
	next, dprev := make([]float64, tr.Layout.S()), make([]float64, tr.Layout.S())
	for step := 1; step <= len(tr.Steps); step++ {
		grad := vector(tr)
		ds := append([]float64(nil), tr.Steps[step-1].Delta...)
		for t := step - 1; t >= max(0, step-k); t-- {
			f.Cell.Advance(f.Params.Theta, tr.Steps[t].Z, tr.States[t], next)
			f.Cell.Backward(f.Params.Theta, tr.Steps[t].Z, tr.States[t], ds, dprev, grad)
			copy(ds, dprev)
		}
		out = append(out, grad)
	}
	return out
}
