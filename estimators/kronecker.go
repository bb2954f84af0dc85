package estimators

import (
	"math"

	"uorobench/estimators/cell"
)

// kronecker is the state that PreUORO and KF-RTRL share: M_t ≈ A ⊗ ã, where A is
// S×Q with a column per row of θ, Q = groups·H, and ã a feature vector.
type kronecker struct {
	layout     *cell.Layout
	guard      Guard
	schedule   *Schedule
	convention Convention
	steps      int

	a, carried   []float64 // S×Q×Lanes: A and F A
	feature      []float64 // Z×Lanes: ã
	rho0, rho1   []float64 // Lanes
	normA, normB []float64 // Lanes
	pulled       []float64 // Lanes
	product      *wideProduct
	signals      Signals
}

func newKronecker(l *cell.Layout, o Options) *kronecker {
	lanes := func(n int) []float64 { return make([]float64, n*Lanes) }
	n := l.S() * len(l.Groups) * l.H
	return &kronecker{
		layout: l, guard: o.Guard, schedule: o.Schedule, convention: o.Convention,
		a: lanes(n), carried: lanes(n), feature: lanes(l.Z()),
		rho0: lanes(1), rho1: lanes(1), normA: lanes(1), normB: lanes(1), pulled: lanes(1),
		product: newWideProduct(l.S(), len(l.Groups)*l.H),
		signals: ownSignals(1, l.P()),
	}
}

// kroneckerCost counts F A (S²Q), the update and the norm of A (2SQ), ã's update
// and norm (3Z), and the estimate, v A and its outer product with ã (SQ + P), which
// is formed at measured steps only but counted for every step.
func kroneckerCost(l *cell.Layout) Cost {
	s, p, z := int64(l.S()), int64(l.P()), int64(l.Z())
	q := int64(len(l.Groups) * l.H)
	return Cost{PerDraw: s*s*q + 3*s*q + 3*z + p, Shared: p, Numbers: s*q + z}
}

func (k *kronecker) Reset() {
	clear(k.a)
	clear(k.feature)
	k.steps = 0
}

func (k *kronecker) Kill(w int) {
	zeroLane(k.a, w)
	zeroLane(k.feature, w)
}

// step is A ← c1 ρ0 F A + c2 ρ1 D, ã ← c1 ã/ρ0 + c2 z/ρ1; c1 and c2 are Lanes
// random numbers of mean 0 or 1 whose squares have mean 1, independent of the
// past and of each other.
func (k *kronecker) step(j *cell.Jacobian, c1, c2 []float64) {
	k.product.set(j)
	k.product.mul(k.carried, k.a)
	k.scales(j)
	for at, v := range k.carried {
		w := at % Lanes
		k.a[at] = c1[w] * k.rho0[w] * v
	}
	k.addGain(j, c2)
	for i, z := range j.Z {
		row := rowOf(k.feature, i)
		for w := range row {
			row[w] = c1[w]*row[w]/k.rho0[w] + c2[w]*z/k.rho1[w]
		}
	}
	k.steps++
}

// scales sets ρ0 = √(‖ã‖/‖F A‖) and ρ1 = √(‖z‖/‖D‖) under the guard.
func (k *kronecker) scales(j *cell.Jacobian) {
	if k.guard == GuardFixed {
		fill(k.rho0, k.schedule.Rho0[k.steps])
		fill(k.rho1, k.schedule.Rho1[k.steps])
		return
	}
	normSqLanes(k.normA, k.feature)
	normSqLanes(k.normB, k.carried)
	for w := range k.rho0 {
		k.rho0[w] = k.guard.scale(math.Sqrt(k.normA[w]), math.Sqrt(k.normB[w]))
	}
	fill(k.rho1, k.guard.scale(math.Sqrt(inner(j.Z, j.Z)), math.Sqrt(inner(j.Gain, j.Gain))))
}

// addGain adds c2 ρ1 D: column (group, unit) has entries at the unit's state.
func (k *kronecker) addGain(j *cell.Jacobian, c2 []float64) {
	l := k.layout
	s, q := l.S(), len(l.Groups)*l.H
	for g := range l.Groups {
		for i, gain := range j.Gain[g*s : (g+1)*s] {
			row := rowOf(k.a, i*q+g*l.H+i%l.H)
			for w := range row {
				row[w] += c2[w] * k.rho1[w] * gain
			}
		}
	}
}

// Signals forms (v A) ⊗ ã, row by row of θ.
func (k *kronecker) Signals(j *cell.Jacobian) *Signals {
	l := k.layout
	v, q := k.convention.pull(j), len(l.Groups)*l.H
	clear(k.signals.Basis[0])
	for g := range l.Groups {
		for unit := 0; unit < l.H; unit++ {
			pullColumn(k.pulled, v, k.a, q, g*l.H+unit)
			lo, _ := l.Row(g, unit)
			addOuter(k.signals.Basis[0][lo*Lanes:], k.pulled, k.feature, l.Groups[g].Lo, l.Groups[g].Hi)
		}
	}
	return &k.signals
}

// pullColumn writes dst[w] = Σ_i v[i]·a[i,col,w] for a of q columns.
func pullColumn(dst, v, a []float64, q, col int) {
	var sum lane
	for i, x := range v {
		addScaled(&sum, x, rowOf(a, i*q+col))
	}
	copy(dst, sum[:])
}

// addOuter adds scale·feature[c] for c in [from, to) to dst, (to-from)×Lanes.
func addOuter(dst, scale, feature []float64, from, to int) {
	for c := from; c < to; c++ {
		out, z := rowOf(dst, c-from), rowOf(feature, c)
		for w, a := range scale {
			out[w] += a * z[w]
		}
	}
}
