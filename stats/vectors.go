package stats

import "gonum.org/v1/gonum/floats"

// axpy adds a·x to y: gonum's, as dot.
func axpy(a float64, x, y []float64) { floats.AddScaled(y[:len(x)], a, x) }

// Dot is Σ x_i y_i over the length of x, which y must have too. All figures of this
// package are formed with it, so that a norm formed elsewhere can agree to the bit.
func Dot(x, y []float64) float64 { return dot(x, y) }

// dot is Dot: gonum's, which has vector instructions.
func dot(x, y []float64) float64 { return floats.Dot(x, y[:len(x)]) }
