package verify

import "math"

// The draws are as small as 1e-150 or as large as 1e150 where a network saturates or an
// estimator explodes, and their figures take squares of squares of them. So a sample is
// divided by powers of two, which is exact, and its figures are multiplied again: the
// draws by one, the exact gradient, which is no part of the explosion, by its own.

// exponents are those of the powers of two, of the draws and of g.
type exponents struct{ draws, exact int }

// ordinary is the exponent up to which sixth powers are ordinary numbers.
const ordinary = 100

// scaled is the sample with numbers near one, where they are not ordinary ones. A square
// that is 0 without a unit stays 0: what rests on it is no figure.
func (s *sample) scaled() (*sample, exponents) {
	out, x := *s, exponents{}
	if by := exponentOf(s.e, s.plain); by > ordinary || by < -ordinary {
		divided := *s
		divided.e, divided.plain = timesAll(s.e, -by), timesAll(s.plain, -by)
		divided.parts, divided.plainParts = math.Ldexp(s.parts, -2*by), math.Ldexp(s.plainParts, -2*by)
		if _, variance, _ := divided.moments(divided.e, 0, -1); math.Ldexp(variance, 2*by) > 0 {
			out, x.draws = divided, by
		}
	}
	if by := exponentOf([][]float64{s.exact}); by > ordinary || by < -ordinary {
		if exact := times(s.exact, -by); math.Ldexp(dot(exact, exact), 2*by) > 0 {
			out.exact, x.exact = exact, by
		}
	}
	out.axes = nil
	for _, axis := range s.axes { // only their directions matter
		out.axes = append(out.axes, times(axis, -exponentOf([][]float64{axis})))
	}
	return &out, x
}

// exponentOf is the least power of two above all numbers; 0 without any.
func exponentOf(lists ...[][]float64) int {
	most := 0.0
	for _, list := range lists {
		for _, x := range list {
			for _, v := range x {
				most = math.Max(most, math.Abs(v)) // NaN stays
			}
		}
	}
	if math.IsNaN(most) || math.IsInf(most, 0) {
		return 0
	}
	_, exponent := math.Frexp(most)
	return exponent
}

func times(x []float64, exponent int) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Ldexp(v, exponent)
	}
	return out
}

func timesAll(x [][]float64, exponent int) [][]float64 {
	if x == nil {
		return nil
	}
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = times(x[i], exponent)
	}
	return out
}

// of is the exponent of a column's unit.
func (x exponents) of(column string) int {
	switch column {
	case "var_trace", "var_trace_mcse", "var_trace_lo", "var_trace_hi", "mse", "bias_sq", "bias_sq_mcse", "bias_sq_lo", "bias_sq_hi", "rounding":
		return 2 * x.draws
	case "exact_norm_sq":
		return 2 * x.exact
	case "rel_var":
		return 2 * (x.draws - x.exact)
	case "along_error", "along_exact_mcse", "bias_bound", "bias_detectable":
		return x.draws - x.exact
	case "shared_error", "shared_mcse":
		return x.draws
	case "shared_exact":
		return x.exact
	}
	return 0
}

// unscale gives a scaled sample's figures their units. What no float64 can hold is no
// figure.
func (c Columns) unscale(x exponents) {
	for name, v := range c {
		c[name] = math.Ldexp(v, x.of(name))
	}
	for _, sum := range []struct {
		name, part string
		known      float64
	}{{"along_exact", "along_error", 1}, {"shared", "shared_error", c["shared_exact"]}} {
		if v, ok := c[sum.part]; ok {
			c[sum.name] = sum.known + v
			delete(c, sum.part)
		}
	}
	c.deleteNonfinite()
}

func (c Columns) deleteNonfinite() {
	for name, v := range c {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			delete(c, name)
		}
	}
}
