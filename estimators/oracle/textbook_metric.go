package oracle

import (
	"math"
	"strings"
)

// entryScales are w_t and μ_t of the scaled family. left is 1/μ_t, but 0 for an entry
// that is left out, as μ_t is there.
type entryScales struct {
	w, mu, left []float64 // S
}

// addScales writes w_t and μ_t into the steps, from their definition:
//
//	V_i ← V_i + r (q_i² + Σ_j F_ji² V_j − V_i)   r = max(0.2, 1/n), n = 1 at the first q ≠ 0
//	w_i = √V_i / √(Σ_k V_k/S) + 0.03             1 before the first loss
//	μ_k² = ‖β_k‖ / ‖w∘d_k‖                       left out where β_k = 0 or d_k = 0
//
// with q and F of the step itself. Noise entry k drives s̃ along d_k and meets β_k in θ̃.
func addScales(name string, steps []*denseStep) {
	var v []float64 // nil before the first loss
	n := 0
	for _, d := range steps {
		if v == nil && norm(d.Q) > 0 {
			v = make([]float64, len(d.Q))
		}
		if v != nil {
			n++
			r := math.Max(0.2, 1/float64(n))
			v = sum(scaledBy(1-r, v), scaledBy(r, sum(times(d.Q, d.Q), pull(v, times(d.F, d.F), len(v)))))
		}
		d.scales = &entryScales{w: weightsOf(v, len(d.Q))}
		d.scales.setMu(name, d)
	}
}

// weightsOf are w for V.
func weightsOf(v []float64, n int) []float64 {
	w, total := make([]float64, n), 0.0
	for _, x := range v {
		total += x
	}
	for i := range w {
		w[i] = 1
		if total > 0 {
			w[i] = math.Sqrt(v[i]/(total/float64(n))) + 0.03
		}
	}
	return w
}

// setMu sets μ from the vectors of the estimator, all written out:
//
//	                        d_k               β_k
//	scaled-uoro, -split     e_k               row k of I
//	scaled-residual         e_k               row k of (F − F̃) S
//	scaled-split-residual   column k of F − F̃ row k of S
func (e *entryScales) setMu(name string, d *denseStep) {
	n := len(e.w)
	p := len(d.immediate) / n
	driven, met := identity(n), d.immediate
	switch {
	case strings.HasPrefix(name, "scaled-split-residual"):
		driven, met = d.rest, d.before
	case name == "scaled-residual":
		met = product(d.rest, d.before, n, p)
	}
	e.mu, e.left = make([]float64, n), make([]float64, n)
	for k := range n {
		along := make([]float64, n)
		for i := range along {
			along[i] = driven[i*n+k]
		}
		beta, value := norm(met[k*p:(k+1)*p]), norm(times(e.w, along))
		if beta > 0 && value > 0 {
			e.mu[k] = math.Sqrt(beta / value)
			e.left[k] = 1 / e.mu[k]
		}
	}
}

// identity is the n×n matrix of the vectors e_k.
func identity(n int) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		out[i*n+i] = 1
	}
	return out
}
