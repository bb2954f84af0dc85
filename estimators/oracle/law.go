package oracle

import "math"

// Law is a discrete law of one noise number ε: its values and their
// probabilities. Products of a law are enumerated.
type Law struct {
	Name   string
	Nodes  []float64
	Weight []float64 // sums to 1
}

// Signs is the Rademacher law, ±1: κ = E ε⁴ = 1.
var Signs = Law{Name: "rademacher", Nodes: []float64{-1, 1}, Weight: []float64{0.5, 0.5}}

// Gauss3 is the three-point Gauss–Hermite rule. It has the moments of the
// standard normal law up to the fifth (Abramowitz & Stegun 25.4.46 with
// x = √3, weights 1/6, 2/3, 1/6), so κ = 3, and the mean and the second moments
// of an estimator of degree two in every noise number, as UORO's at
// deterministic ρ is, are exactly those under Gaussian noise. Under an
// adaptive guard it is a symmetric law of its own.
var Gauss3 = Law{
	Name:   "gaussian",
	Nodes:  []float64{-math.Sqrt(3), 0, math.Sqrt(3)},
	Weight: []float64{1. / 6, 2. / 3, 1. / 6},
}

// Kurtosis is κ = E ε⁴ of a law of mean 0 and variance 1.
func (l Law) Kurtosis() float64 {
	sum := 0.0
	for i, x := range l.Nodes {
		sum += l.Weight[i] * x * x * x * x
	}
	return sum
}
