package estimators

import (
	"fmt"
	"math"
	"slices"

	"uorobench/estimators/cell"
)

// guardE is the original code's constant that keeps ρ0 and ρ1 away from 0/0.
const guardE = 1e-7

// Guard is the rule for UORO's scales ρ0 and ρ1.
type Guard string

const (
	// GuardCode is the rule of the original code:
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

// uoro is Unbiased Online Recurrent Optimization (Tallec & Ollivier 2017,
// arXiv:1702.05043, algorithm 1), a batch of draws:
//
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 ε_t,   θ̃_t = θ̃_{t-1}/ρ0 + (ε_tᵀ I_t)/ρ1
//
// with E[s̃ θ̃ᵀ] = M_t. A step costs S² + 3P multiply-adds a draw (state
// product; decay, update and norm of θ̃) and the state is S+P numbers.
//
// It is in plain loops, and so are the covariates of its batches: a reference that
// shares no kernel with the engine. vectorUORO is the same on the kernels.
type uoro struct {
	layout     *cell.Layout
	guard      Guard
	schedule   *Schedule
	convention Convention
	step       int

	sTilde, carried []float64 // S×Lanes: s̃ and F s̃
	thetaTilde      []float64 // P×Lanes
	factors         []float64 // groups·H×Lanes: u in εᵀI = u ⊗ z
	rho0, rho1      []float64 // Lanes
	thetaSq         []float64 // Lanes: ‖θ̃‖²
	normA, normB    []float64 // Lanes

	covariates []Covariate
	signals    Signals
}

// newUORO makes the batch; the covariates are already made for the same layout.
func newUORO(l *cell.Layout, o Options, covariates []Covariate) *uoro {
	lanes := func(n int) []float64 { return make([]float64, n*Lanes) }
	u := &uoro{
		layout: l, guard: o.Guard, schedule: o.Schedule, convention: o.Convention,
		sTilde: lanes(l.S()), carried: lanes(l.S()), thetaTilde: lanes(l.P()),
		factors: lanes(len(l.Groups) * l.H),
		rho0:    lanes(1), rho1: lanes(1), thetaSq: lanes(1), normA: lanes(1), normB: lanes(1),
		covariates: covariates,
	}
	u.signals = sharedSignals(u.thetaTilde, covariates)
	return u
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

func (u *uoro) Reset() {
	clear(u.sTilde)
	clear(u.thetaTilde)
	clear(u.thetaSq)
	u.step = 0
	for _, c := range u.covariates {
		c.Reset()
	}
}

func (u *uoro) Kill(lane int) {
	zeroLane(u.sTilde, lane)
	zeroLane(u.thetaTilde, lane)
	u.thetaSq[lane] = 0
	for _, c := range u.covariates {
		c.Kill(lane)
	}
}

// pull returns the vector that the estimate's scalar is taken with: q_t before
// the step, δ_t after it.
func (c Convention) pull(j *cell.Jacobian) []float64 {
	if c == Pre {
		return j.Q
	}
	return j.Delta
}

func (u *uoro) Signals(j *cell.Jacobian) *Signals {
	v := u.convention.pull(j)
	dotLanes(u.signals.Scale[0], v, u.sTilde)
	for k, c := range u.covariates {
		c.Scale(u.signals.Scale[k+1], v)
	}
	return &u.signals
}

func (u *uoro) Step(j *cell.Jacobian, eps []float64) {
	mulLanes(u.carried, j.F, u.sTilde, u.layout.S())
	u.layout.RowFactors(u.factors, eps, Lanes, j)
	immediateNormSq(u.normA, u.factors, u.layout, j)
	u.scales(eps)
	u.advanceState(eps)
	u.advanceTheta(j)
	for _, c := range u.covariates {
		c.Step(j, u.rho0, u.rho1, eps)
	}
	u.step++
}

// scales sets ρ0 and ρ1 of every lane. carried must hold F s̃ and normA ‖εᵀI‖².
func (u *uoro) scales(eps []float64) {
	if u.guard == GuardFixed {
		fill(u.rho0, u.schedule.Rho0[u.step])
		fill(u.rho1, u.schedule.Rho1[u.step])
		return
	}
	normSqLanes(u.normB, u.carried)
	for w := range u.rho0 {
		u.rho0[w] = u.guard.scale(math.Sqrt(u.thetaSq[w]), math.Sqrt(u.normB[w]))
	}
	normSqLanes(u.normB, eps)
	for w := range u.rho1 {
		u.rho1[w] = u.guard.scale(math.Sqrt(u.normA[w]), math.Sqrt(u.normB[w]))
	}
}

func (u *uoro) advanceState(eps []float64) {
	for at, e := range eps {
		w := at % Lanes
		u.sTilde[at] = u.rho0[w]*u.carried[at] + u.rho1[w]*e
	}
}

// advanceTheta writes θ̃ ← θ̃/ρ0 + (u/ρ1) ⊗ z and ‖θ̃‖² in one pass.
func (u *uoro) advanceTheta(j *cell.Jacobian) {
	var inv0, factor, sum lane
	for w, rho := range u.rho0 {
		inv0[w] = 1 / rho
	}
	for g := range u.layout.Groups {
		feat := j.Z[u.layout.Groups[g].Lo:u.layout.Groups[g].Hi]
		for i := range u.layout.H {
			for w, v := range rowOf(u.factors, g*u.layout.H+i) {
				factor[w] = v / u.rho1[w]
			}
			lo, hi := u.layout.Row(g, i)
			decayUpdate(u.thetaTilde[lo*Lanes:hi*Lanes], feat, &inv0, &factor, &sum)
		}
	}
	copy(u.thetaSq, sum[:])
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
	return newVariantChain("uoro", l, o, func(specs []CovariateSpec) Batch { return newUORO(l, o, plainCovariates(specs, l, o)) })
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

// plainCovariates are covariates that use no kernel, as the reference needs them.
func plainCovariates(specs []CovariateSpec, l *cell.Layout, o Options) []Covariate {
	made := newCovariates(specs, l, o)
	for _, c := range made {
		if v, ok := c.(interface{ usePlainLoops() }); ok {
			v.usePlainLoops()
		}
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
