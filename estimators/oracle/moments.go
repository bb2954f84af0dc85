package oracle

import "math"

// Moments are the exact first and second moments of the K signals of a chain
// at one step: y_0 the estimate less its offset, y_1 … the covariates.
type Moments struct {
	Step int         // 1-based
	Mean [][]float64 // K×P: E[y_k]
	// Cov[k][l][j] = Cov(y_k[j], y_l[j]), K×K×P; [k][l] and [l][k] are the same
	// slice. Covariances between coordinates are not kept.
	Cov [][][]float64
}

// Trace returns the K×K matrix of Σ_j Cov(y_k[j], y_l[j]), the trace of the
// cross-covariance.
func (m *Moments) Trace() [][]float64 { return traces(m.Cov) }

// VarTrace is Σ_j Var(y_0[j] − Σ_k λ_k y_k[j]), lambda[k-1] being λ_k. The
// known means and the offset do not change it.
func (m *Moments) VarTrace(lambda []float64) float64 { return Combine(m.Trace(), lambda) }

// Lambda is the λ that makes VarTrace least: Var(c)⁻¹ Cov(c, y_0) of the traces.
// A covariate without variance of its own gets λ = 0.
func (m *Moments) Lambda() []float64 { return Optimal(m.Trace()) }

// CoordinateLambda is the least-variance λ of every coordinate for itself,
// (K−1)×P.
func (m *Moments) CoordinateLambda() [][]float64 {
	k := len(m.Cov)
	out := make([][]float64, k-1)
	for i := range out {
		out[i] = make([]float64, len(m.Mean[0]))
	}
	at := square(k)
	for j := range m.Mean[0] {
		for a := range at {
			for b := range at {
				at[a][b] = m.Cov[a][b][j]
			}
		}
		for i, v := range Optimal(at) {
			out[i][j] = v
		}
	}
	return out
}

// Combine is the variance of y_0 − Σ λ_k y_k for the K×K covariance matrix c.
func Combine(c [][]float64, lambda []float64) float64 {
	weight := append([]float64{1}, lambda...)
	for k := range lambda {
		weight[k+1] = -lambda[k]
	}
	sum := 0.0
	for k, a := range weight {
		for l, b := range weight {
			sum += a * b * c[k][l]
		}
	}
	return sum
}

// Optimal is the λ, of length K−1, that makes Combine least. A covariate that
// is zero or a combination of the ones before it gets λ = 0.
func Optimal(c [][]float64) []float64 {
	n := len(c) - 1
	a := square(n)
	lambda := make([]float64, n)
	for k := range a {
		copy(a[k], c[k+1][1:])
		lambda[k] = c[k+1][0]
	}
	keep := eliminate(a, lambda)
	for k := n - 1; k >= 0; k-- {
		if !keep[k] {
			lambda[k] = 0
			continue
		}
		for l := k + 1; l < n; l++ {
			lambda[k] -= a[k][l] * lambda[l]
		}
		lambda[k] /= a[k][k]
	}
	return lambda
}

// eliminate brings the positive semidefinite system to triangular form and
// tells which pivots are there. A pivot that elimination has brought down by
// twelve digits is rounding.
func eliminate(a [][]float64, b []float64) []bool {
	keep := make([]bool, len(b))
	first := make([]float64, len(b))
	for k := range a {
		first[k] = a[k][k]
	}
	for k := range a {
		keep[k] = a[k][k] > 1e-12*math.Abs(first[k])
		for r := k + 1; keep[k] && r < len(a); r++ {
			f := a[r][k] / a[k][k]
			for c := k; c < len(a); c++ {
				a[r][c] -= f * a[k][c]
			}
			b[r] -= f * b[k]
		}
	}
	return keep
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// pairs makes K×K slices of length p, [k][l] and [l][k] the same.
func pairs(k, p int) [][][]float64 {
	m := make([][][]float64, k)
	for a := range m {
		m[a] = make([][]float64, k)
		for b := 0; b <= a; b++ {
			m[a][b] = make([]float64, p)
			m[b][a] = m[a][b]
		}
	}
	return m
}

// traces sums over the coordinates.
func traces(c [][][]float64) [][]float64 {
	m := square(len(c))
	for k := range c {
		for l := range c {
			for _, v := range c[k][l] {
				m[k][l] += v
			}
		}
	}
	return m
}
