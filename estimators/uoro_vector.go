package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// vectorUORO is Unbiased Online Recurrent Optimization (Tallec & Ollivier 2017,
// arXiv:1702.05043, algorithm 1), a batch of draws on the kernels:
//
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 ε_t,   θ̃_t = θ̃_{t-1}/ρ0 + (ε_tᵀ I_t)/ρ1
//
// with E[s̃ θ̃ᵀ] = M_t. A step costs S² + 3P multiply-adds a draw (state product;
// decay, update and norm of θ̃) and the state is S+P numbers. All estimators that are
// UORO with something changed (the noise, the metric, the source, the rows of θ) are
// made of it. Its textbook form is oracle.Draw.
type vectorUORO struct {
	layout     *cell.Layout
	guard      Guard
	schedule   *Schedule
	convention Convention
	step       int
	// The units whose rows of θ this UORO serves: all of them, but for an
	// estimator that splits θ among several.
	firstUnit, endUnit int
	// The metric that s̃ is measured in; nil for the Euclidean one. Whoever sets
	// it keeps it up to date.
	metric *metric
	// product is F and factors what the noise makes of I. Where they are shared,
	// whoever shares them sets them to the step.
	product *product
	factors *rowFactors
	shared  bool

	sTilde, carried []float64      // S×Lanes: s̃ and F s̃
	thetaTilde      []float64      // P×Lanes
	scale           *kernel.Scales // ThetaSq is ‖θ̃‖², FactorSq that of what θ̃ is about to gain
	sum, row        lane           // scratch: what goes through a kernel's table does not stay on the stack

	covariates []Covariate
	signals    Signals
}

// newVectorUORO makes the batch; the covariates are already made for the same layout.
func newVectorUORO(l *cell.Layout, o Options, covariates []Covariate) *vectorUORO {
	return newSharingUORO(l, o, covariates, newProduct(l), newRowFactors(l), aligned(l.P()*Lanes))
}

func newSharingUORO(l *cell.Layout, o Options, covariates []Covariate, p *product, f *rowFactors, thetaTilde []float64) *vectorUORO {
	return &vectorUORO{
		layout: l, guard: o.Guard, schedule: o.Schedule, convention: o.Convention, endUnit: l.H,
		product: p, factors: f, sTilde: aligned(l.S() * Lanes), carried: paddedLanes(l.S()), thetaTilde: thetaTilde,
		scale: new(kernel.Scales), covariates: covariates, signals: sharedSignals(thetaTilde, covariates),
	}
}

func (u *vectorUORO) Reset() {
	clear(u.sTilde)
	clear(u.thetaTilde)
	*u.scale = kernel.Scales{}
	u.step = 0
	for _, c := range u.covariates {
		c.Reset()
	}
}

func (u *vectorUORO) Kill(lane int) {
	zeroLane(u.sTilde, lane)
	zeroLane(u.thetaTilde, lane)
	u.scale.ThetaSq[lane] = 0
	for _, c := range u.covariates {
		c.Kill(lane)
	}
}

// Scales implements Scaler.
func (u *vectorUORO) Scales() (rho0, rho1 []float64) { return u.scale.Rho0[:], u.scale.Rho1[:] }

func (u *vectorUORO) Signals(j *cell.Jacobian) *Signals { return u.signalsOf(u.convention.pull(j)) }

// signalsOf takes the signals' scalars with v.
func (u *vectorUORO) signalsOf(v []float64) *Signals {
	kernel.Weigh(rowOf(u.signals.Scale[0], 0), v, u.sTilde, len(v), 1)
	for k, c := range u.covariates {
		c.Scale(u.signals.Scale[k+1], v)
	}
	return &u.signals
}

func (u *vectorUORO) Step(j *cell.Jacobian, eps []float64) { u.stepWith(j, eps, eps) }

// stepWith is the step with s̃ driven by drive and θ̃ by leftᵀ I, both S×Lanes,
// where E[drive leftᵀ] is the identity.
func (u *vectorUORO) stepWith(j *cell.Jacobian, left, drive []float64) {
	u.carry(j)
	if !u.shared {
		u.factors.set(u.layout, j, left)
	}
	u.factors.normSq(&u.scale.FactorSq, u.layout, u.firstUnit, u.endUnit)
	u.setScales(drive)
	u.advance(j, drive)
}

// advance takes the step itself, when factors and scales are set.
func (u *vectorUORO) advance(j *cell.Jacobian, drive []float64) {
	u.advanceState(drive)
	u.advanceTheta(j)
	u.advanceCovariates(j, drive)
}

// carry writes carried = F s̃.
func (u *vectorUORO) carry(j *cell.Jacobian) {
	if !u.shared {
		u.product.set(j)
	}
	u.product.mul(u.carried, u.sTilde)
}

// setScales sets ρ0 and ρ1 of every lane. carried must hold F s̃ and FactorSq the
// squared norm of what θ̃ is about to gain, ‖εᵀI‖².
func (u *vectorUORO) setScales(drive []float64) {
	if u.guard == GuardFixed {
		fill(u.scale.Rho0[:], u.schedule.Rho0[u.step])
		fill(u.scale.Rho1[:], u.schedule.Rho1[u.step])
		return
	}
	if u.metric == nil {
		kernel.NormPair(u.carried, drive, u.scale, u.layout.S())
	} else {
		u.metric.normPair(u.carried, drive, u.scale)
	}
	u.guard.setRho(u.scale)
}

// setRho sets ρ0 and ρ1 from the four norms, for a guard without a schedule.
func (g Guard) setRho(sc *kernel.Scales) {
	switch g {
	case GuardCode:
		kernel.Rho(sc, guardE, guardE, 0)
	case GuardPaper:
		kernel.Rho(sc, 0, guardE, guardE)
	default:
		fill(sc.Rho0[:], 1)
		fill(sc.Rho1[:], 1)
	}
}

// advanceState also makes ready what advanceTheta multiplies by.
func (u *vectorUORO) advanceState(drive []float64) {
	advanceLanes(u.sTilde, u.carried, drive, u.scale)
	for w, rho := range u.scale.Rho0 {
		u.scale.Inv0[w], u.scale.Inv1[w] = 1/rho, 1/u.scale.Rho1[w]
	}
}

// advanceTheta writes θ̃ ← θ̃/ρ0 + (u/ρ1) ⊗ z and ‖θ̃‖² in one pass.
func (u *vectorUORO) advanceTheta(j *cell.Jacobian) {
	u.sum = lane{}
	for g := range u.layout.Groups {
		feat := j.Z[u.layout.Groups[g].Lo:u.layout.Groups[g].Hi]
		factors := u.factors.u[(g*u.layout.H+u.firstUnit)*Lanes:]
		kernel.ScaleLanes(factors, &u.scale.Inv1, u.endUnit-u.firstUnit)
		lo, _ := u.layout.Row(g, u.firstUnit)
		row := u.thetaTilde[lo*Lanes:]
		for i := range u.endUnit - u.firstUnit {
			kernel.Decay(row, feat, &u.scale.Inv0, rowOf(factors, i), &u.sum, len(feat))
			row = row[len(feat)*Lanes:]
		}
	}
	u.scale.ThetaSq = u.sum
}

func (u *vectorUORO) advanceCovariates(j *cell.Jacobian, drive []float64) {
	for _, c := range u.covariates {
		c.Step(j, u.scale.Rho0[:], u.scale.Rho1[:], drive)
	}
	u.step++
}

// advanceLanes writes s = ρ0·carried + ρ1·drive, S×Lanes. Nobody asks for the inner
// product that Advance takes on the way, so it is with whatever is there.
func advanceLanes(s, carried, drive []float64, sc *kernel.Scales) {
	kernel.Advance(s, carried, drive, drive, &sc.Column, sc, len(s)/Lanes)
}

// rowFactors are the u of εᵀI = u ⊗ z, and their norms.
type rowFactors struct {
	u     []float64 // groups·H×Lanes, and room behind for planes that AddFactors leaves alone
	zz    []float64 // per group: ‖z‖²
	scale *kernel.Scales
	f     kernel.Factors
}

func newRowFactors(l *cell.Layout) *rowFactors {
	r := &rowFactors{
		u:  aligned((len(l.Groups) + kernel.Block - 1) * l.H * Lanes),
		zz: make([]float64, len(l.Groups)), scale: new(kernel.Scales),
	}
	r.f = kernel.Factors{Q: aligned(kernel.Block * l.H * Lanes), Scales: r.scale, Rows: l.H, Parts: l.Parts}
	return r
}

// set takes in a step's noise, S×Lanes.
func (r *rowFactors) set(l *cell.Layout, j *cell.Jacobian, eps []float64) {
	s := l.S()
	r.scale.FactorSq = lane{}
	for g := range l.Groups {
		z := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		r.zz[g] = inner(z, z)
		r.f.U, r.f.Gain, r.f.Eps, r.f.ZZ = r.u[g*l.H*Lanes:], j.Gain[g*s:(g+1)*s], eps, r.zz[g]
		kernel.AddFactors(&r.f)
	}
}

// normSq writes ‖εᵀI‖² over the rows of units first … end-1.
func (r *rowFactors) normSq(dst *lane, l *cell.Layout, first, end int) {
	if first == 0 && end == l.H {
		*dst = r.scale.FactorSq
		return
	}
	*dst = lane{}
	for g, zz := range r.zz {
		for i := first; i < end; i++ {
			for w, u := range rowOf(r.u, g*l.H+i) {
				dst[w] += u * u * zz
			}
		}
	}
}
