package estimators

import (
	"fmt"
	"math"
	"slices"

	"uorobench/estimators/cell"
)

// guardE keeps ρ0 and ρ1 away from 0/0. It is the e of the authors' first code and of
// the public PyTorch one (petered/uoro-demo); the authors' own (ctallec/uoro) has 1e-5
// since commit 238164b.
const guardE = 1e-7

// Guard is the rule for UORO's scales ρ0 and ρ1.
type Guard string

const (
	// GuardCode is the rule of the authors' code, but for its e, which is 1e-5 there:
	// ρ0 = √((‖θ̃‖+e)/(‖F s̃‖+e)), ρ1 = √((‖εᵀI‖+e)/(‖ε‖+e)), e = 1e-7.
	GuardCode Guard = "code"
	// GuardPaper is the paper's: ρ0 = √(‖θ̃‖/(‖F s̃‖+e)) + e, ρ1 likewise.
	GuardPaper Guard = "paper"
	// GuardNone is ρ0 = ρ1 = 1.
	GuardNone Guard = "none"
	// GuardFixed takes both from a schedule that does not depend on the draws.
	GuardFixed Guard = "fixed"
)

// Guards lists the guards that need no schedule.
var Guards = []Guard{GuardCode, GuardPaper, GuardNone}

// scale is √(a/b) under the guard, for norms a and b.
func (g Guard) scale(a, b float64) float64 {
	switch g {
	case GuardCode:
		return math.Sqrt((a + guardE) / (b + guardE))
	case GuardPaper:
		return math.Sqrt(a/(b+guardE)) + guardE
	}
	return 1
}

// sharedSignals are UORO's and its covariates' on θ̃, but for those that have a
// basis of their own.
func sharedSignals(thetaTilde []float64, covariates []Covariate) Signals {
	s := Signals{
		Scale: make([][]float64, 1+len(covariates)), Of: make([]int, 1+len(covariates)),
		Basis: [][]float64{thetaTilde},
	}
	for k := range s.Scale {
		s.Scale[k] = make([]float64, Lanes)
	}
	for k, c := range covariates {
		if own := c.Own(); own != nil {
			s.Of[k+1] = len(s.Basis)
			s.Basis = append(s.Basis, own)
		}
	}
	return s
}

// pull returns the vector that the estimate's scalar is taken with: q_t before
// the step, δ_t after it.
func (c Convention) pull(j *cell.Jacobian) []float64 {
	if c == Pre {
		return j.Q
	}
	return j.Delta
}

// Options are the choices that make a chain out of an estimator's name.
type Options struct {
	Convention Convention
	Guard      Guard
	Schedule   *Schedule // for GuardFixed
	Covariates []string
	// Normals fills dst with standard normal numbers that belong to the named
	// purpose: the weights of covariates that are not trained.
	Normals func(purpose string, dst []float64)
	// Trained holds the weights of trained covariates, from Train on the same
	// layout, by the covariate's name; the others are untrained.
	Trained map[string][]float64
}

// Schedule is a deterministic sequence of ρ0 and ρ1, one of each per step.
type Schedule struct{ Rho0, Rho1 []float64 }

// check refuses a guard that is not one and a schedule that cannot scale. A
// schedule shorter than the trajectory is found at the step that misses it.
func (o *Options) check() error {
	switch {
	case o.Guard == GuardFixed && o.Schedule == nil:
		return fmt.Errorf("uoro: guard %q needs a schedule of rho0 and rho1", o.Guard)
	case o.Guard == GuardFixed:
		return o.Schedule.check()
	case !slices.Contains(Guards, o.Guard):
		return fmt.Errorf("uoro: unknown guard %q; allowed: code, paper, none, fixed", o.Guard)
	}
	return nil
}

func (s *Schedule) check() error {
	if len(s.Rho0) != len(s.Rho1) {
		return fmt.Errorf("uoro: the schedule has %d values of rho0 and %d of rho1; it needs one of each per step", len(s.Rho0), len(s.Rho1))
	}
	if err := checkScales("rho0", s.Rho0); err != nil {
		return err
	}
	return checkScales("rho1", s.Rho1)
}

func checkScales(name string, scales []float64) error {
	for t, rho := range scales {
		if !(rho > 0) || math.IsInf(rho, 1) {
			return fmt.Errorf("uoro: %s[%d] = %v of the schedule; it must be positive and finite", name, t, rho)
		}
	}
	return nil
}

// newUOROChain is the constructor in the list of estimators.
func newUOROChain(l *cell.Layout, o Options) (*Chain, error) {
	c, err := newVariantChain("uoro", l, o, func(specs []CovariateSpec) Batch { return newVectorUORO(l, o, newCovariates(specs, l, o)) })
	if err == nil {
		c.Closed = &ClosedForm{}
	}
	return c, err
}

// newVariantChain is UORO's chain with other batches, for an estimator that is UORO
// with something changed. The caller changes the rest.
func newVariantChain(name string, l *cell.Layout, o Options, batch func([]CovariateSpec) Batch) (*Chain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	specs, err := findCovariates(o.Covariates)
	if err != nil {
		return nil, err
	}
	return &Chain{
		Name: name, Convention: o.Convention, Covariates: o.Covariates, NoiseDim: l.S(),
		NewBatch: func() Batch { return batch(specs) },
		NewKnown: func() Known { return newUOROKnown(l, o, specs) },
		Cost:     uoroCost(l, o.Convention, specs),
	}, nil
}

func newCovariates(specs []CovariateSpec, l *cell.Layout, o Options) []Covariate {
	made := make([]Covariate, len(specs))
	for k, s := range specs {
		made[k] = s.New(l, o)
	}
	return made
}

// uoroCost counts a step: F s̃ (S²), u, its norm and u/ρ1 (groups·S, twice groups·H),
// the decay, the update and the norm of θ̃ (3P), the norms of F s̃ and ε and the two
// terms of s̃ (4S), the scalar q·s̃ (S), and ĝ (P). Shared are the norms of z, and the
// direct term under Pre.
func uoroCost(l *cell.Layout, c Convention, specs []CovariateSpec) Cost {
	s, p, rows := int64(l.S()), int64(l.P()), int64(len(l.Groups)*l.H)
	cost := Cost{
		PerDraw: s*s + int64(len(l.Groups))*s + 2*rows + 4*p + 5*s,
		Shared:  featureCost(l), Numbers: s + p,
	}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost.with(l, specs)
}

// with adds the work of covariates.
func (c Cost) with(l *cell.Layout, specs []CovariateSpec) Cost {
	for _, spec := range specs {
		add := spec.Cost(l)
		c.PerDraw += add.PerDraw
		c.Shared += add.Shared
		c.Numbers += add.Numbers
	}
	return c
}

// uoroKnown is the deterministic side of uoro: the direct term of Pre, and the
// covariates' means.
type uoroKnown struct {
	layout     *cell.Layout
	convention Convention
	means      []Mean
}

func newUOROKnown(l *cell.Layout, o Options, specs []CovariateSpec) Known {
	k := &uoroKnown{layout: l, convention: o.Convention}
	for _, s := range specs {
		k.means = append(k.means, s.NewMean(l, o))
	}
	return k
}

func (k *uoroKnown) Reset() {
	for _, m := range k.means {
		m.Reset()
	}
}

func (k *uoroKnown) At(j *cell.Jacobian, offset []float64, means [][]float64) {
	clear(offset)
	if k.convention == Pre {
		k.layout.AddImmediate(offset, j.Delta, j)
	}
	for i, m := range k.means {
		m.PullTo(means[i], k.convention.pull(j))
	}
}

func (k *uoroKnown) Step(j *cell.Jacobian) {
	for _, m := range k.means {
		m.Step(j)
	}
}
