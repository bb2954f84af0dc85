package stats

import "math"

// MeanErrorAlong is the mean error per draw along the direction of an index of
// those that NewErrors was given, a unit vector; of pooled steps the sum over
// the steps. The MCSE is the delete-a-group jackknife's, which for a mean is the
// spread of the groups.
func (e *Errors) MeanErrorAlong(direction int) Interval {
	return e.jackknife(func(without int) (float64, bool) { return e.meanAlong(direction, without) })
}

// AlongExact is ḡ·g/‖g‖² for the mean estimate ḡ: how much of the exact gradient g
// it has in it. It is 1 in expectation without bias, and below 0 for an estimate
// that points against the gradient on average. Of pooled steps g is one long
// vector. Absent where g = 0.
func (e *Errors) AlongExact() Interval {
	last := len(e.Along) - 1
	length := math.Sqrt(e.ExactSq * e.axisSq[last]) // ‖g‖ times the length of the axis
	if length == 0 {
		return Interval{}
	}
	return e.jackknife(func(without int) (float64, bool) {
		mean, ok := e.meanAlong(last, without)
		return 1 + mean/length, ok
	})
}

func (e *Errors) meanAlong(axis, without int) (mean float64, ok bool) {
	n := 0.0
	for g, v := range e.Along[axis] {
		if g != without {
			mean += v
			n += float64(e.N[g])
		}
	}
	return divide(mean, n), n > 0
}

// Scaled is the interval of a·x + b, a ≥ 0.
func (i Interval) Scaled(a, b float64) Interval {
	i.Value, i.MCSE, i.Lo, i.Hi = a*i.Value+b, a*i.MCSE, a*i.Lo+b, a*i.Hi+b
	return i
}
