package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// kronecker is the state that PreUORO and KF-RTRL share: M_t restricted to a group
// of features is A ⊗ ã, where A is S×Q with a column per row of θ and ã the
// features' vector. A lies column by column, so that each is a vector to the state
// product.
type kronecker struct {
	layout   *cell.Layout
	group    featureGroup
	guard    Guard
	schedule *Schedule
	steps    int

	a, carried  []float64      // Q×Padded(S)×Lanes: A and F A, filled up with zeros
	feature     []float64      // width×Lanes: ã
	scale       *kernel.Scales // ThetaSq is ‖ã‖², CarriedSq ‖F A‖², FactorSq ‖z‖² and NoiseSq ‖D‖²
	keep, drive lane           // what ã and z, A and D are multiplied by
	pulled      lane
}

func newKronecker(l *cell.Layout, group featureGroup, o Options) *kronecker {
	n := kernel.Padded(l.S()) * group.columns(l) * Lanes
	return &kronecker{
		layout: l, group: group, guard: o.Guard, schedule: o.Schedule,
		a: aligned(n), carried: aligned(n), feature: aligned(group.width() * Lanes), scale: new(kernel.Scales),
	}
}

// kroneckerCost counts, for every group of features, F A (S²Q), its norm and ρ0 F A
// (2SQ), ρ1 D (S a row group), ã's decay, update and norm (3 a feature), and the
// estimate, v A and its outer product with ã (SQ, and P in all). Shared are ‖z‖, ‖D‖,
// and the direct term under Pre.
func kroneckerCost(l *cell.Layout, groups []featureGroup, c Convention) Cost {
	s := int64(l.S())
	cost := Cost{PerDraw: int64(l.P())}
	for i := range groups {
		q, z, d := int64(groups[i].columns(l)), int64(groups[i].width()), int64(len(groups[i].rows))*s
		cost.PerDraw += s*s*q + 3*s*q + d + 3*z
		cost.Shared += z + d
		cost.Numbers += s*q + z
	}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost
}

func (k *kronecker) reset() {
	clear(k.a)
	clear(k.feature)
	k.scale.ThetaSq = lane{}
	k.steps = 0
}

func (k *kronecker) kill(w int) {
	zeroLane(k.a, w)
	zeroLane(k.feature, w)
	k.scale.ThetaSq[w] = 0
}

// step is A ← c1 ρ0 F A + c2 ρ1 D, ã ← c1 ã/ρ0 + c2 z/ρ1; c1 and c2 are Lanes
// random numbers of mean 0 or 1 whose squares have mean 1, independent of the
// past and of each other. f holds the step's F.
func (k *kronecker) step(f *product, j *cell.Jacobian, c1, c2 []float64) {
	f.mulColumns(k.carried, k.a)
	k.setScales(j)
	sc := k.scale
	k.a, k.carried = k.carried, k.a
	for w, c := range c1 {
		k.keep[w], k.drive[w] = c*sc.Rho0[w], c2[w]*sc.Rho1[w]
	}
	kernel.ScaleLanes(k.a, &k.keep, len(k.a)/Lanes)
	k.group.addGain(k.a, k.layout, j, &k.drive)
	for w, c := range c1 {
		k.keep[w], k.drive[w] = c/sc.Rho0[w], c2[w]/sc.Rho1[w]
	}
	sc.ThetaSq = lane{}
	kernel.Decay(k.feature, j.Z[k.group.lo:k.group.hi], &k.keep, &k.drive, &sc.ThetaSq, k.group.width())
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
	z := j.Z[k.group.lo:k.group.hi]
	fill(sc.FactorSq[:], inner(z, z))
	fill(sc.NoiseSq[:], k.group.gainSq(k.layout, j))
	k.guard.setRho(sc)
}

// columnOf is column (i-th row group, unit) of a matrix with a column per row of θ.
func columnOf(a []float64, l *cell.Layout, i, unit int) []float64 {
	n := kernel.Padded(l.S()) * Lanes
	return a[(i*l.H+unit)*n:][:n]
}

// addEstimate adds (v A) ⊗ ã to dst, P×Lanes, row by row of θ.
func (k *kronecker) addEstimate(dst, v []float64) {
	addKronecker(dst, v, k.a, k.feature, k.layout, &k.group, &k.pulled)
}

// addKronecker adds (v A) ⊗ u to the group's coordinates of dst, P×Lanes.
func addKronecker(dst, v, a, u []float64, l *cell.Layout, group *featureGroup, pulled *lane) {
	for i, at := range group.rows {
		from, to, first := group.seen(l, at)
		for unit := range l.H {
			kernel.Weigh(pulled, v, columnOf(a, l, i, unit), len(v), 1)
			lo, _ := l.Row(at, unit)
			addOuter(dst[(lo+first)*Lanes:], pulled, u, from-group.lo, to-group.lo)
		}
	}
}

// addOuter adds scale·feature[c] for c in [from, to) to dst, (to-from)×Lanes.
func addOuter(dst []float64, scale *lane, feature []float64, from, to int) {
	kernel.Accumulate(dst, feature[from*Lanes:], scale, &allLanes, to-from)
}
