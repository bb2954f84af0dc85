package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// exactSum is Σ_c e_c ⊗ A_c over the features of a group: A_c is M_t on the
// coordinates that feature c is multiplied by, and nothing is left to chance. All
// lanes carry the same numbers, which costs no more than a sum of as many terms.
type exactSum struct {
	layout        *cell.Layout
	group         featureGroup
	a, next       [][]float64 // a feature: Q columns of Padded(S)×Lanes
	pulled, drive lane
}

func newExactSum(l *cell.Layout, group featureGroup) *exactSum {
	k := &exactSum{layout: l, group: group}
	for range group.width() {
		square := kernel.Padded(l.S()) * group.columns(l) * Lanes
		k.a, k.next = append(k.a, aligned(square)), append(k.next, aligned(square))
	}
	return k
}

func (k *exactSum) reset() {
	for _, a := range k.a {
		clear(a)
	}
}

func (k *exactSum) kill(w int) {
	for _, a := range k.a {
		zeroLane(a, w)
	}
}

func (k *exactSum) step(f *product, j *cell.Jacobian, _ []float64) {
	for c, z := range j.Z[k.group.lo:k.group.hi] {
		f.mulColumns(k.next[c], k.a[c])
		k.a[c], k.next[c] = k.next[c], k.a[c]
		fill(k.drive[:], z)
		k.group.addGain(k.a[c], k.layout, j, &k.drive)
	}
}

func (k *exactSum) addEstimate(dst, v []float64) {
	for i, at := range k.group.rows {
		_, _, first := k.group.seen(k.layout, at)
		for unit := range k.layout.H {
			lo, _ := k.layout.Row(at, unit)
			for c := range k.a {
				kernel.Weigh(&k.pulled, v, columnOf(k.a[c], k.layout, i, unit), len(v), 1)
				addScaled(rowOf(dst, lo+first+c), 1, &k.pulled)
			}
		}
	}
}
