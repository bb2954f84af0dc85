package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// kronecker is the state that PreUORO and KF-RTRL share: M_t ≈ A ⊗ ã, where A is
// S×Q with a column per row of θ, Q = groups·H, and ã a feature vector. A lies
// column by column, so that each is a vector to the state product.
type kronecker struct {
	layout     *cell.Layout
	guard      Guard
	schedule   *Schedule
	convention Convention
	steps      int

	a, carried  []float64      // Q×Padded(S)×Lanes: A and F A, filled up with zeros
	feature     []float64      // Z×Lanes: ã
	scale       *kernel.Scales // ThetaSq is ‖ã‖², CarriedSq ‖F A‖², FactorSq ‖z‖² and NoiseSq ‖D‖²
	keep, drive lane           // what ã and z, A and D are multiplied by
	product     *product
	pulled      lane
	signals     Signals
}

func newKronecker(l *cell.Layout, o Options) *kronecker {
	n := kernel.Padded(l.S()) * len(l.Groups) * l.H * Lanes
	return &kronecker{
		layout: l, guard: o.Guard, schedule: o.Schedule, convention: o.Convention,
		a: aligned(n), carried: aligned(n), feature: aligned(l.Z() * Lanes), scale: new(kernel.Scales),
		product: newProduct(l), signals: ownSignals(1, l.P()),
	}
}

// kroneckerCost counts F A (S²Q), its norm and ρ0 F A (2SQ), ρ1 D (groups·S), ã's
// decay, update and norm (3Z), and the estimate, v A and its outer product with ã
// (SQ + P). Shared are ‖z‖, ‖D‖, and the direct term under Pre.
func kroneckerCost(l *cell.Layout, c Convention) Cost {
	s, p, z, d := int64(l.S()), int64(l.P()), int64(l.Z()), int64(len(l.Groups)*l.S())
	q := int64(len(l.Groups) * l.H)
	cost := Cost{PerDraw: s*s*q + 3*s*q + d + 3*z + p, Shared: z + d, Numbers: s*q + z}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost
}

func (k *kronecker) Reset() {
	clear(k.a)
	clear(k.feature)
	k.scale.ThetaSq = lane{}
	k.steps = 0
}

func (k *kronecker) Kill(w int) {
	zeroLane(k.a, w)
	zeroLane(k.feature, w)
	k.scale.ThetaSq[w] = 0
}

// step is A ← c1 ρ0 F A + c2 ρ1 D, ã ← c1 ã/ρ0 + c2 z/ρ1; c1 and c2 are Lanes
// random numbers of mean 0 or 1 whose squares have mean 1, independent of the
// past and of each other.
func (k *kronecker) step(j *cell.Jacobian, c1, c2 []float64) {
	k.product.set(j)
	k.product.mulColumns(k.carried, k.a)
	k.setScales(j)
	sc := k.scale
	k.a, k.carried = k.carried, k.a
	for w, c := range c1 {
		k.keep[w], k.drive[w] = c*sc.Rho0[w], c2[w]*sc.Rho1[w]
	}
	kernel.ScaleLanes(k.a, &k.keep, len(k.a)/Lanes)
	k.addGain(j)
	for w, c := range c1 {
		k.keep[w], k.drive[w] = c/sc.Rho0[w], c2[w]/sc.Rho1[w]
	}
	sc.ThetaSq = lane{}
	kernel.Decay(k.feature, j.Z, &k.keep, &k.drive, &sc.ThetaSq, len(j.Z))
	k.steps++
}

// setScales sets ρ0 = √(‖ã‖/‖F A‖) and ρ1 = √(‖z‖/‖D‖) under the guard.
func (k *kronecker) setScales(j *cell.Jacobian) {
	sc := k.scale
	if k.guard == GuardFixed {
		fill(sc.Rho0[:], k.schedule.Rho0[k.steps])
		fill(sc.Rho1[:], k.schedule.Rho1[k.steps])
		return
	}
	kernel.Dot(&sc.CarriedSq, k.carried, k.carried, len(k.carried)/Lanes)
	fill(sc.FactorSq[:], inner(j.Z, j.Z))
	fill(sc.NoiseSq[:], inner(j.Gain, j.Gain))
	k.guard.setRho(sc)
}

// column is column (group, unit) of A.
func (k *kronecker) column(g, unit int) []float64 {
	n := kernel.Padded(k.layout.S()) * Lanes
	return k.a[(g*k.layout.H+unit)*n:][:n]
}

// addGain adds drive·D: column (group, unit) has entries at the unit's state.
func (k *kronecker) addGain(j *cell.Jacobian) {
	s, h := k.layout.S(), k.layout.H
	for g := range k.layout.Groups {
		for i, gain := range j.Gain[g*s : (g+1)*s] {
			addScaled(rowOf(k.column(g, i%h), i), gain, &k.drive)
		}
	}
}

// Signals forms (v A) ⊗ ã, row by row of θ.
func (k *kronecker) Signals(j *cell.Jacobian) *Signals {
	l, v := k.layout, k.convention.pull(j)
	clear(k.signals.Basis[0])
	for g := range l.Groups {
		for unit := range l.H {
			kernel.Weigh(&k.pulled, v, k.column(g, unit), len(v), 1)
			lo, _ := l.Row(g, unit)
			addOuter(k.signals.Basis[0][lo*Lanes:], &k.pulled, k.feature, l.Groups[g].Lo, l.Groups[g].Hi)
		}
	}
	return &k.signals
}

// addOuter adds scale·feature[c] for c in [from, to) to dst, (to-from)×Lanes.
func addOuter(dst []float64, scale *lane, feature []float64, from, to int) {
	kernel.Accumulate(dst, feature[from*Lanes:], scale, &allLanes, to-from)
}
