package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// linear is a batch of draws of a linear covariate.
type linear struct {
	w       *linearWeights
	h, next []float64 // copies×d×Lanes
	c       []float64 // P×Lanes
	// A, C and O as the kernels read them, B x of a step, and the row scales of O,
	// ones, and what it writes.
	self, drive, bias, output, ones, out []float64
}

func newLinear(w *linearWeights, l *cell.Layout) *linear {
	if w.d != kernel.Block {
		panic("estimators: a linear covariate has kernel.Block states to a copy")
	}
	n, rows := w.copies*w.d*Lanes, kernel.Padded(w.out)
	v := &linear{
		w: w, h: aligned(n), next: aligned(n), c: make([]float64, l.P()*Lanes),
		self: packed(w.a, w.d), drive: aligned(w.e * w.d), bias: make([]float64, w.d),
		output: aligned(rows * w.d), ones: aligned(rows), out: aligned(rows * Lanes),
	}
	kernel.PackTo(v.drive, w.c, w.d, w.e)
	kernel.PackTo(v.output, w.o, w.out, w.d)
	fill(v.ones, 1)
	return v
}

func (v *linear) Reset()         { clear(v.h) }
func (v *linear) Kill(w int)     { zeroLane(v.h, w) }
func (v *linear) Own() []float64 { return v.c }

func (v *linear) Step(j *cell.Jacobian, _, _, eps []float64) {
	w := v.w
	for r := range v.bias {
		v.bias[r] = inner(w.b[r*w.x:(r+1)*w.x], j.Z)
	}
	kernel.Mix(v.next, v.self, v.h, v.bias, w.copies, w.d, w.d, 1)
	kernel.Mix(v.next, v.drive, eps, nil, w.copies, w.e, 1, w.copies)
	v.h, v.next = v.next, v.h
}

// Scale writes c = O h into the own basis; the scale itself is one.
func (v *linear) Scale(dst, _ []float64) {
	fill(dst, 1)
	w := v.w
	for copy := range w.copies {
		kernel.MulLanes(v.out, v.output, v.ones, v.h[copy*w.d*Lanes:], w.out, w.d, Lanes)
		for r := range w.out {
			*rowOf(v.c, w.coordinate(copy, r)) = *rowOf(v.out, r)
		}
	}
}
