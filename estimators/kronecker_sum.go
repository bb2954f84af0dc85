package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// kroneckerSum is Σ_r u_r ⊗ A_r of a group of features, rank terms and room for
// the new one.
type kroneckerSum struct {
	layout *cell.Layout
	group  featureGroup
	rank   int
	// u are R+1 vectors of width×Lanes and a R+1 matrices of Q columns of
	// Padded(S)×Lanes, each with zeros up to a multiple of Block entries; the last of
	// each is the new term.
	u, a           [][]float64
	uNext, aNext   [][]float64
	gramU, gramA   []float64 // (R+1)²×Lanes
	mixU, mixA     []float64 // (R+1)×R×Lanes
	mixer          *mixer    // scratch, shared by the groups
	pulled         lane
	signsOfOneLane []float64 // R+1
}

func newKroneckerSum(r int, l *cell.Layout, group featureGroup, mixer *mixer) *kroneckerSum {
	m := r + 1
	k := &kroneckerSum{
		layout: l, group: group, rank: r, mixer: mixer,
		gramU: make([]float64, m*m*Lanes), gramA: make([]float64, m*m*Lanes),
		mixU: make([]float64, m*r*Lanes), mixA: make([]float64, m*r*Lanes),
		signsOfOneLane: make([]float64, m),
	}
	z, square := kernel.Padded(group.width())*Lanes, kernel.Padded(l.S())*group.columns(l)*Lanes
	for range m {
		k.u, k.uNext = append(k.u, aligned(z)), append(k.uNext, aligned(z))
		k.a, k.aNext = append(k.a, aligned(square)), append(k.aNext, aligned(square))
	}
	return k
}

func (k *kroneckerSum) reset() {
	for i := range k.u {
		clear(k.u[i])
		clear(k.a[i])
	}
}

func (k *kroneckerSum) kill(w int) {
	for i := range k.u {
		zeroLane(k.u[i], w)
		zeroLane(k.a[i], w)
	}
}

// step takes A_r to F A_r, adds the term of I_t and mixes the R+1 terms back into R.
func (k *kroneckerSum) step(f *product, j *cell.Jacobian, eps []float64) {
	for i := range k.rank {
		f.mulColumns(k.aNext[i], k.a[i])
		k.a[i], k.aNext[i] = k.aNext[i], k.a[i]
	}
	k.newTerm(j)
	gramLanes(k.gramU, k.u)
	gramLanes(k.gramA, k.a)
	for w := range Lanes {
		for i := range k.signsOfOneLane {
			k.signsOfOneLane[i] = eps[i*Lanes+w]
		}
		k.mixer.mix(k.mixU, k.mixA, k.gramU, k.gramA, k.signsOfOneLane, w)
	}
	mixLanes(k.uNext, k.u, k.mixU, k.rank)
	mixLanes(k.aNext, k.a, k.mixA, k.rank)
	k.u, k.uNext = k.uNext, k.u
	k.a, k.aNext = k.aNext, k.a
}

// newTerm writes z and D into the last place.
func (k *kroneckerSum) newTerm(j *cell.Jacobian) {
	u, a := k.u[k.rank], k.a[k.rank]
	for i, z := range j.Z[k.group.lo:k.group.hi] {
		fill(u[i*Lanes:(i+1)*Lanes], z)
	}
	clear(a)
	k.group.addGain(a, k.layout, j, &onesLane)
}

// addEstimate adds Σ_r (v A_r) ⊗ u_r to the group's coordinates of dst, P×Lanes.
func (k *kroneckerSum) addEstimate(dst, v []float64) {
	for i := range k.rank {
		addKronecker(dst, v, k.a[i], k.u[i], k.layout, &k.group, &k.pulled)
	}
}

// gramLanes writes the inner products of the vectors x, n²×Lanes.
func gramLanes(dst []float64, x [][]float64) {
	n := len(x)
	for a := range x {
		for b := 0; b <= a; b++ {
			kernel.Dot(rowOf(dst, a*n+b), x[a], x[b], len(x[a])/Lanes)
			*rowOf(dst, b*n+a) = *rowOf(dst, a*n+b)
		}
	}
}

// mixLanes writes dst[k] = Σ_i mix[i,k]·x[i] for k < rank. dst's last entry is
// left for the next new term.
func mixLanes(dst, x [][]float64, mix []float64, rank int) {
	for k := range rank {
		clear(dst[k])
		for i := range x {
			kernel.Accumulate(dst[k], x[i], rowOf(mix, i*rank+k), &allLanes, len(x[i])/Lanes)
		}
	}
}
