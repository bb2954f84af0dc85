package estimators

import (
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
