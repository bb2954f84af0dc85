package oracle

import (
	"math"

	"uorobench/estimators/cell"
)

// addMetric writes a_t of the scaled family into the steps, from its definition: with
// E x a running mean over the steps so far,
//
//	a_i² = (√E q_i² / √E q² + η) / (√E ‖I_i‖² / √E ‖I‖² + η),   η = 0.03
//
// where E q² and E ‖I‖² are means over i too. A step at which all q_i are zero is left
// out of the means of q, and of I likewise. The mean of n steps weighs the latest by
// r_n = max(0.05, 1/n) and keeps 1 − r_n of the mean before; of no steps the ratio of
// the roots is 1.
func addMetric(steps []*denseStep, l *cell.Layout) {
	const eta = 0.03
	var q, influence [][]float64
	for _, d := range steps {
		q, influence = withStep(q, squares(d.Q, 1)), withStep(influence, squares(d.immediate, l.P()))
		ofQ, ofI := shares(q, l.S()), shares(influence, l.S())
		d.metric = make([]float64, l.S())
		for i := range d.metric {
			d.metric[i] = math.Sqrt((ofQ[i] + eta) / (ofI[i] + eta))
		}
	}
}

// withStep adds a step that is not zero.
func withStep(x [][]float64, step []float64) [][]float64 {
	if norm(step) == 0 {
		return x
	}
	return append(x, step)
}

// shares are √E x_i / √(Σ_i E x_i / n).
func shares(x [][]float64, n int) []float64 {
	out := make([]float64, n)
	if len(x) == 0 {
		for i := range out {
			out[i] = 1
		}
		return out
	}
	mean, total := runningMean(x), 0.0
	for _, v := range mean {
		total += v
	}
	for i, v := range mean {
		out[i] = math.Sqrt(v) / math.Sqrt(total/float64(n))
	}
	return out
}

// squares are the squared lengths of the rows of a matrix.
func squares(m []float64, columns int) []float64 {
	var out []float64
	for at := 0; at < len(m); at += columns {
		out = append(out, normSq(m[at:at+columns]))
	}
	return out
}

// runningMean is Σ_τ w_τ x_τ, w_τ = r_τ Π_{σ>τ} (1 − r_σ).
func runningMean(x [][]float64) []float64 {
	out, keep := make([]float64, len(x[0])), 1.0
	for t := len(x) - 1; t >= 0; t-- {
		rate := math.Max(0.05, 1/float64(t+1))
		out = sum(out, scaledBy(keep*rate, x[t]))
		keep *= 1 - rate
	}
	return out
}
