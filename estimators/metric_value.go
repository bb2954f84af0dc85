package estimators

import "math"

// stateValue is the V of metric, compared among the entries of the state: it is kept
// as V_i = unit² · part_i with the largest part at 1, so that it neither overflows nor
// vanishes, in whatever units the loss is measured and however long there is none.
type stateValue struct {
	part, next []float64
	unit       float64 // 0 before the first loss
	steps      int     // from the first loss on
}

func newStateValue(n int) *stateValue {
	return &stateValue{part: make([]float64, n), next: make([]float64, n)}
}

func (v *stateValue) reset() {
	clear(v.part)
	v.unit, v.steps = 0, 0
}

// update takes in a step, F being S×S and q of length S.
func (v *stateValue) update(f, q []float64) {
	if v.adopt(largest(q)); v.unit == 0 {
		return
	}
	v.steps++
	rate := math.Max(metricRate, 1/float64(v.steps))
	v.handBack(f)
	most := 0.0
	for i, later := range v.next {
		now := q[i] / v.unit
		v.part[i] += rate * (now*now + later - v.part[i])
		most = math.Max(most, v.part[i])
	}
	v.normalise(most)
}

// adopt makes room for an error signal of this size.
func (v *stateValue) adopt(size float64) {
	if size <= v.unit {
		return
	}
	ratio := v.unit / size
	for i := range v.part {
		v.part[i] *= ratio * ratio
	}
	v.unit = size
}

// handBack writes next = (F∘F)ᵀ part.
func (v *stateValue) handBack(f []float64) {
	clear(v.next)
	n := len(v.part)
	for i, p := range v.part {
		for k, x := range f[i*n : (i+1)*n] {
			v.next[k] += x * x * p
		}
	}
}

// normalise makes the largest part 1 again.
func (v *stateValue) normalise(most float64) {
	if most == 0 {
		v.unit = 0
		return
	}
	for i := range v.part {
		v.part[i] /= most
	}
	v.unit = math.Min(v.unit*math.Sqrt(most), math.MaxFloat64)
}

// weightsTo writes w.
func (v *stateValue) weightsTo(w []float64) {
	sum := 0.0
	for _, p := range v.part {
		sum += p
	}
	mean := math.Sqrt(sum / float64(len(w)))
	for i, p := range v.part {
		w[i] = 1
		if mean > 0 {
			w[i] = math.Sqrt(p)/mean + metricFloor
		}
	}
}

// largest is max |x_i|.
func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = math.Max(most, math.Abs(v))
	}
	return most
}
