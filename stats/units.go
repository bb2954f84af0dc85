package stats

import "math"

// Second moments are as small as 1e-300 or as large as 1e300 where a network
// saturates or an estimator explodes, and figures that need their squares and cubes
// would vanish or overflow. So those are formed in units of a power of two that is
// near the moment itself: dividing by it is exact, and every figure scales exactly
// as it should.

// unitOf is the largest power of two that is not above v > 0; 1 for what has none.
func unitOf(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 1) {
		return 1
	}
	_, exponent := math.Frexp(v)
	return math.Ldexp(1, exponent-1)
}

// inUnits are e's sums divided by unit, those of first order aside: what bias and
// its traces are formed from.
func (e *Errors) inUnits(unit float64) *Errors {
	c := *e
	c.Q, c.Gram, c.level = divided(e.Q, unit), divided(e.Gram, unit), e.level/unit
	return &c
}

func divided(x []float64, unit float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v / unit
	}
	return out
}

// largest is max |x|.
func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}
