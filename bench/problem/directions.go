package problem

import (
	"math"

	"uorobench/bench/noise"
	"uorobench/stats"
)

// RandomDirections is the number of fixed random unit vectors along which a bias
// is looked for, apart from the exact gradient.
const RandomDirections = 8

// Directions are unit vectors of length P that a bias is looked for along:
// RandomDirections of them with entries ±1/√P, from the seed's data stream, the
// same for every estimator and step; and behind them that of Shared, if there is one.
func (p *Problem) Directions(seed uint64) [][]float64 {
	out := make([][]float64, RandomDirections)
	scale := 1 / math.Sqrt(float64(p.P()))
	for d := range out {
		u := noise.New(seed, noise.Data).Uniforms(tagDirections + uint64(d))
		out[d] = make([]float64, p.P())
		for j := range out[d] {
			out[d][j] = scale
			if u.Word()&1 == 0 {
				out[d][j] = -scale
			}
		}
	}
	if p.Shared == nil {
		return out
	}
	unit, length := make([]float64, p.P()), p.SharedLength()
	for j, v := range p.Shared {
		unit[j] = v / length
	}
	return append(out, unit)
}

// SharedLength is ‖∂θ/∂ϑ‖.
func (p *Problem) SharedLength() float64 { return math.Sqrt(stats.Dot(p.Shared, p.Shared)) }

// ExactShared is ∂L/∂ϑ = g·∂θ/∂ϑ, summed over measured steps (0-based).
func (p *Problem) ExactShared(steps []int) float64 {
	sum := 0.0
	for _, m := range steps {
		sum += Inner(p.Exact[m], p.Shared)
	}
	return sum
}

// Inner is Σ x_j y_j in the order of j.
func Inner(x, y []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum += v * y[j]
	}
	return sum
}

// Sum adds up vectors of all measured steps.
func Sum(rows [][]float64) []float64 {
	out := make([]float64, len(rows[0]))
	for _, row := range rows {
		for j, v := range row {
			out[j] += v
		}
	}
	return out
}
