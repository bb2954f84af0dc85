package stats

// axpy adds a·x to y.
func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

// Dot is Σ x_i y_i over the length of x, which y must have too. All figures of this
// package are formed with it, so that a norm formed elsewhere can agree to the bit.
func Dot(x, y []float64) float64 { return dot(x, y) }

// dot is Dot, in four sums side by side: one alone waits for every addition.
func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var a, b, c, d float64
	for len(x) >= 4 {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}
