package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// lane is the row of one entry over all draws of a batch.
type lane = [Lanes]float64

// onesLane is a factor of 1 for every draw.
var onesLane = func() (x lane) {
	fill(x[:], 1)
	return x
}()

// allLanes is for kernels that leave out draws, where none is to be.
var allLanes = func() (v kernel.Valid) {
	for w := range v {
		v[w] = ^uint64(0)
	}
	return v
}()

// rowOf views entry i of a lane-minor array.
func rowOf(x []float64, i int) *lane { return (*lane)(x[i*Lanes:]) }

// mulLanes writes dst = a·x for a (s×s, row-major) and x (s×Lanes).
func mulLanes(dst, a, x []float64, s int) {
	for i := 0; i < s; i++ {
		var sum lane
		for k, v := range a[i*s : (i+1)*s] {
			if v == 0 {
				continue
			}
			for w, y := range rowOf(x, k) {
				sum[w] += v * y
			}
		}
		*rowOf(dst, i) = sum
	}
}

// dotLanes writes dst[w] = Σ_i v[i]·x[i,w].
func dotLanes(dst, v, x []float64) {
	var sum lane
	for i, a := range v {
		if a == 0 {
			continue
		}
		for w, y := range rowOf(x, i) {
			sum[w] += a * y
		}
	}
	copy(dst, sum[:])
}

// normSqLanes writes dst[w] = Σ_i x[i,w]².
func normSqLanes(dst, x []float64) {
	var sum lane
	for i := 0; i < len(x)/Lanes; i++ {
		for w, y := range rowOf(x, i) {
			sum[w] += y * y
		}
	}
	copy(dst, sum[:])
}

// immediateNormSq writes dst[w] = ‖εᵀI_t‖² = Σ_rows u²‖z_row‖², without ever
// forming the P numbers.
func immediateNormSq(dst, factors []float64, l *cell.Layout, j *cell.Jacobian) {
	var sum lane
	for g := range l.Groups {
		zz := 0.0
		for _, z := range j.Z[l.Groups[g].Lo:l.Groups[g].Hi] {
			zz += z * z
		}
		for i := 0; i < l.H; i++ {
			for w, u := range rowOf(factors, g*l.H+i) {
				sum[w] += u * u * zz
			}
		}
	}
	copy(dst, sum[:])
}

// decayUpdate writes row = row·decay + factor ⊗ feat and adds the squares to sum.
func decayUpdate(row, feat []float64, decay, factor, sum *lane) {
	for c, z := range feat {
		r := rowOf(row, c)
		for w := range r {
			v := r[w]*decay[w] + factor[w]*z
			r[w] = v
			sum[w] += v * v
		}
	}
}

func zeroLane(x []float64, w int) {
	for at := w; at < len(x); at += Lanes {
		x[at] = 0
	}
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}
