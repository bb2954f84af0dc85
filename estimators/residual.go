package estimators

import (
	"fmt"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// residualSpec is SnAp-1 (Menick et al. 2021) made unbiased by UORO: with
// S_t = F̃_t S_{t-1} + I_t the influence that stays within each unit, kept
// exactly, the rest R_t = M_t − S_t obeys R_t = F_t R_{t-1} + K_t with
// K_t = (F_t − F̃_t) S_{t-1}, and only R is left to chance:
//
//	ĝ_t = q_t S_{t-1} + δ_t I_t + (q_t·s̃_{t-1}) θ̃_{t-1}   (pre)
//	ĝ_t = δ_t S_t + (δ_t·s̃_t) θ̃_t                          (post)
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 ε_t,  θ̃_t = θ̃_{t-1}/ρ0 + (ε_tᵀ K_t)/ρ1
//
// A coordinate j of unit u reaches S through unit u's state entries alone, so
// (ε_tᵀ K_t)_j = Σ_b (ε_tᵀ(F_t − F̃_t))_{b,u} S_{t-1,b,j}: one more product with
// F, and parts·P for the update, in place of UORO's P.
//
// A step costs 2S² + (2 + parts)P multiply-adds a draw; the state is S+P numbers a draw,
// and parts·P that all draws share.
var residualSpec = Spec{
	Name:     "residual",
	Formula:  "v S + UORO of R = F R + (F − F̃) S, with S = F̃ S + I (SnAp-1)",
	Bias:     "unbiased",
	Citation: "Menick et al. 2021 (SnAp-1) with Tallec & Ollivier 2017",
	Variates: true,
	New:      newResidualChain,
}

// scaledResidualSpec is residual with its noise and its scales in the metric of
// scaled-uoro. The gains multiply: each takes away another part of the noise.
var scaledResidualSpec = Spec{
	Name:     "scaled-residual",
	Formula:  "residual with noise μ∘ε and norms ‖w∘s̃‖, as scaled-uoro; μ² = ‖K‖/w",
	Bias:     "unbiased",
	Citation: "Menick et al. 2021 (SnAp-1) with scaled-uoro",
	Variates: true,
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		chain, err := newResidualChain(l, o)
		if err != nil {
			return nil, err
		}
		plain := chain.NewBatch
		chain.Closed = nil
		chain.Name, chain.Cost = "scaled-residual", metricCost(l, chain.Cost, 4, sourceNormsCost(l))
		chain.NewBatch = func() Batch {
			r := plain().(*residual)
			r.metric = newMetric(l)
			return &scaledResidual{r, aligned(l.S() * Lanes), aligned(l.S() * Lanes)}
		}
		return chain, nil
	},
}

func newResidualChain(l *cell.Layout, o Options) (*Chain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	specs, err := residualCovariates(o.Covariates)
	if err != nil {
		return nil, err
	}
	return &Chain{
		Name: "residual", Convention: o.Convention, Covariates: o.Covariates, NoiseDim: l.S(),
		NewBatch: func() Batch {
			return newResidual(l, o, specs)
		},
		NewKnown: func() Known {
			return &residualKnown{newUOROKnown(l, o, specs).(*uoroKnown), NewSnap1(l)}
		},
		Cost:   residualCost(l, o.Convention, specs),
		Closed: &ClosedForm{Residual: true},
	}, nil
}

// residualCovariates finds the covariates and puts their means on this chain in
// place of UORO's.
func residualCovariates(names []string) ([]CovariateSpec, error) {
	specs, err := findCovariates(names)
	if err != nil {
		return nil, err
	}
	for i := range specs {
		if specs[i].NewResidualMean == nil {
			return nil, fmt.Errorf("residual: covariate %q has no exact mean on the residual chain that is cheap to follow", names[i])
		}
		specs[i] = specs[i].onResidual()
	}
	return specs, nil
}

// onResidual is the covariate with its mean on this chain, and that mean's cost.
func (s CovariateSpec) onResidual() CovariateSpec {
	s.NewMean = s.NewResidualMean
	if cost, shared := s.Cost, s.ResidualShared; shared != nil {
		s.Cost = func(l *cell.Layout) Cost {
			c := cost(l)
			c.Shared = shared(l)
			return c
		}
	}
	return s
}

// residualCost counts F s̃ and εᵀ(F − F̃) (2S²); the decay of θ̃, its update over each
// part of a unit's state and its norm, and ĝ ((parts + 3)P); what the source gains, from
// the inner products of S's rows (parts·(parts + 1)·H), and left/ρ1 (S); the rest as in
// UORO (5S). Shared are a step of SnAp-1, its product with q, the inner products of its
// rows, and the direct term under Pre.
func residualCost(l *cell.Layout, c Convention, specs []CovariateSpec) Cost {
	s, p, parts := int64(l.S()), int64(l.P()), int64(l.Parts)
	cost := Cost{
		PerDraw: 2*s*s + (parts+3)*p + parts*(parts+1)*int64(l.H) + 6*s,
		Shared:  parts*(parts+2)*p + parts*(parts+1)/2*p, Numbers: s + p,
	}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost.with(l, specs)
}

// residual is a batch of draws: UORO whose source is K_t.
type residual struct {
	*vectorUORO
	snap   *Snap1    // S_{t-1}, the same for every lane
	pulled []float64 // S×Lanes: εᵀ(F − F̃)
	across *product  // (F − F̃)ᵀ
}

func newResidual(l *cell.Layout, o Options, specs []CovariateSpec) *residual {
	return &residual{
		vectorUORO: newVectorUORO(l, o, newCovariates(specs, l, o)), snap: NewSnap1(l),
		pulled: paddedLanes(l.S()), across: newProduct(l),
	}
}

// pull writes pulled = vᵀ(F − F̃), v being S×Lanes.
func (r *residual) pull(j *cell.Jacobian, v []float64) {
	r.across.setAcross(r.layout, j)
	r.across.mul(r.pulled, v)
}

func (r *residual) Reset() {
	r.vectorUORO.Reset()
	r.snap.Reset()
}

func (r *residual) Step(j *cell.Jacobian, eps []float64) {
	r.pull(j, eps)
	r.stepResidual(j, r.snap, r.pulled, eps)
	r.snap.Step(j)
}

// scaledResidual is a batch of draws of residual in the metric.
type scaledResidual struct {
	*residual
	left, drive []float64 // S×Lanes
}

func (r *scaledResidual) Reset() {
	r.residual.Reset()
	r.metric.reset()
}

func (r *scaledResidual) Step(j *cell.Jacobian, eps []float64) {
	r.metric.update(j)
	r.metric.forSource(r.layout, j, r.snap)
	r.metric.noise(r.left, r.drive, eps)
	r.pull(j, r.left)
	r.stepResidual(j, r.snap, r.pulled, r.drive)
	r.snap.Step(j)
}

// stepResidual is UORO's step with s̃ driven by drive and θ̃ by leftᵀ S_{t-1},
// both S×Lanes, where E[drive leftᵀ] = F − F̃.
func (u *vectorUORO) stepResidual(j *cell.Jacobian, snap *Snap1, left, drive []float64) {
	u.carry(j)
	u.sourceNormSq(snap, left)
	u.setScales(drive)
	u.advanceState(drive)
	u.advanceThetaBy(snap, left)
	u.advanceCovariates(j, drive)
}

// sourceNormSq writes FactorSq = ‖leftᵀS‖² over the rows that u serves, from the
// inner products of S's rows.
func (u *vectorUORO) sourceNormSq(snap *Snap1, left []float64) {
	l := u.layout
	var sum lane
	for i := u.firstUnit; i < u.endUnit; i++ {
		for a := range l.Parts {
			for b := range a + 1 {
				both, right := snap.inner(i, a, b), rowOf(left, b*l.H+i)
				if b < a {
					both *= 2
				}
				for w, v := range rowOf(left, a*l.H+i) {
					sum[w] += both * v * right[w]
				}
			}
		}
	}
	u.scale.FactorSq = sum
}

// advanceThetaBy writes θ̃ ← θ̃/ρ0 + Σ_b (left_b/ρ1) S_b, row by row, and ‖θ̃‖².
func (u *vectorUORO) advanceThetaBy(snap *Snap1, left []float64) {
	l := u.layout
	u.sum = lane{}
	gain := u.gained(left)
	for g := range l.Groups {
		for i := u.firstUnit; i < u.endUnit; i++ {
			lo, hi := l.Row(g, i)
			decay := &u.scale.Inv0
			for b := range l.Parts {
				u.row = lane{} // only the finished row counts
				kernel.Decay(u.thetaTilde[lo*Lanes:], snap.row(b, lo, hi), decay, rowOf(gain, b*l.H+i), &u.row, hi-lo)
				decay = &allOnes
			}
			addScaled(&u.sum, 1, &u.row)
		}
	}
	u.scale.ThetaSq = u.sum
}

// gained is left/ρ1 at the units that u serves, in the place of F s̃, which is done with.
func (u *vectorUORO) gained(left []float64) []float64 {
	l := u.layout
	for b := range l.Parts {
		lo, hi := (b*l.H+u.firstUnit)*Lanes, (b*l.H+u.endUnit)*Lanes
		copy(u.carried[lo:hi], left[lo:hi])
		kernel.ScaleLanes(u.carried[lo:hi], &u.scale.Inv1, u.endUnit-u.firstUnit)
	}
	return u.carried
}

// row is the part of S from coordinates lo … hi-1 to state part b of their unit.
func (m *Snap1) row(b, lo, hi int) []float64 {
	p := len(m.s) / m.layout.Parts
	return m.s[b*p+lo : b*p+hi]
}

// inner is the inner product of the rows of S of state parts a and b, over all
// coordinates of a unit.
func (m *Snap1) inner(unit, a, b int) float64 {
	sum := 0.0
	for g := range m.layout.Groups {
		lo, hi := m.layout.Row(g, unit)
		sum += innerOfFour(m.row(a, lo, hi), m.row(b, lo, hi))
	}
	return sum
}

// residualKnown is the deterministic side: SnAp-1's gradient, and the means of
// the covariates on this chain.
type residualKnown struct {
	*uoroKnown
	snap *Snap1
}

func (k *residualKnown) Reset() {
	k.uoroKnown.Reset()
	k.snap.Reset()
}

func (k *residualKnown) At(j *cell.Jacobian, offset []float64, means [][]float64) {
	k.snap.PullTo(offset, k.convention.pull(j))
	if k.convention == Pre {
		k.layout.AddImmediate(offset, j.Delta, j)
	}
	for i, m := range k.means {
		m.PullTo(means[i], k.convention.pull(j))
	}
}

func (k *residualKnown) Step(j *cell.Jacobian) {
	k.uoroKnown.Step(j)
	k.snap.Step(j)
}
