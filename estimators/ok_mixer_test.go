package estimators

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// mixOf runs the mixer on orthonormal u_i and A_i of lengths whose products are
// d, for every pattern of signs, and returns the mean of the coefficient matrix
// X Yᵀ and its variance: since Σ_i u_i ⊗ A_i is Σ of X Yᵀ over orthogonal
// u_i ⊗ A_j, the variance is Σ_ij Var((X Yᵀ)_ij) ‖u_i‖²‖A_j‖².
func mixOf(d []float64) (mean [][]float64, variance float64) {
	n := len(d)
	m := newMixer(n)
	gram := make([]float64, n*n*Lanes)
	for i, v := range d {
		gram[(i*n+i)*Lanes] = v // ‖u_i‖² = ‖A_i‖² = d_i
	}
	x, y := make([]float64, n*(n-1)*Lanes), make([]float64, n*(n-1)*Lanes)
	sum, square := grid(n), grid(n)
	for pattern := range 1 << n {
		signs := make([]float64, n)
		for i := range signs {
			signs[i] = float64(1 - 2*(pattern>>i&1))
		}
		m.mix(x, y, gram, gram, signs, 0)
		for i := range n {
			for k := range n {
				c := 0.0
				for r := range n - 1 {
					c += x[(i*(n-1)+r)*Lanes] * y[(k*(n-1)+r)*Lanes]
				}
				sum[i][k] += c / float64(int(1)<<n)
				square[i][k] += c * c / float64(int(1)<<n)
			}
		}
	}
	for i := range n {
		for k := range n {
			variance += (square[i][k] - sum[i][k]*sum[i][k]) * d[i] * d[k]
		}
	}
	return sum, variance
}

func grid(n int) [][]float64 {
	g := make([][]float64, n)
	for i := range g {
		g[i] = make([]float64, n)
	}
	return g
}

// least is s1²/k − Σ d² over the mixed values, with k found by trying all.
func least(d []float64) float64 {
	best := math.Inf(1)
	for first := 0; first < len(d)-1; first++ {
		k, s1, squares := float64(len(d)-1-first), 0.0, 0.0
		for _, v := range d[first:] {
			s1 += v
			squares += v * v
		}
		if k*d[first] <= s1*(1+1e-12) {
			best = math.Min(best, s1*s1/k-squares)
		}
	}
	return best
}

// TestMixer: the mean is the identity and the variance is the formula of the
// paper, for random singular values.
func TestMixer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(rt, "n")
		d := rapid.SliceOfN(rapid.Float64Range(0.01, 3), n, n).Draw(rt, "d")
		for i := range d { // falling
			for k := i; k > 0 && d[k] > d[k-1]; k-- {
				d[k], d[k-1] = d[k-1], d[k]
			}
		}
		mean, variance := mixOf(d)
		for i := range mean {
			for k, v := range mean[i] {
				want := 0.0
				if i == k {
					want = 1
				}
				if !(math.Abs(v-want) < 1e-10) {
					rt.Fatalf("d = %v: E[X Yᵀ][%d,%d] = %v", d, i, k, v)
				}
			}
		}
		if want := least(d); !(math.Abs(variance-want) < 1e-10*(want+d[0]*d[0])) {
			rt.Fatalf("d = %v: variance %v, the least is %v", d, variance, want)
		}
	})
}

// TestMixerByHand: d = (1, 1) into one term has variance s1² − Σ d² = 4 − 2;
// d = (4, 1, 1) keeps the 4, for 2·4 > 6, and mixes (1, 1): 2 again.
// d = (2, 2, 2) mixes all into two: 36/2 − 12 = 6.
func TestMixerByHand(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{{[]float64{1, 1}, 2}, {[]float64{4, 1, 1}, 2}, {[]float64{2, 2, 2}, 6}, {[]float64{3, 0, 0}, 0}} {
		if _, v := mixOf(c.d); !(math.Abs(v-c.want) < 1e-10) {
			t.Errorf("d = %v: variance %v, by hand %v", c.d, v, c.want)
		}
	}
}

// TestLiftedPivots: with u_n = u_{n-1} and orthogonal A_j of lengths a_j the terms have
// the singular values a_1 … a_{n-2}, √(a²_{n-1} + a²_n) and 0, so that the sum could be
// kept as it is. Its mean is, and the variance is what the lift of Cholesky's pivots
// costs: up to 2e-7 of the singular value σ that is mixed with the 0, times the
// largest ‖u‖‖A‖. That is 3e-4 of a draw, which docs/methods.md tells.
func TestLiftedPivots(t *testing.T) {
	for _, c := range []struct {
		a     []float64
		sigma float64
	}{
		{[]float64{1, 1}, math.Sqrt2},
		{[]float64{3, 0.6, 0.8}, 1},
		{[]float64{0.5, 3, 4}, 0.5},
		{[]float64{7, 5, 1, 1}, math.Sqrt2},
	} {
		n, largest := len(c.a), 0.0
		gramU, gramA := make([]float64, n*n*Lanes), make([]float64, n*n*Lanes)
		for i, a := range c.a {
			gramU[(i*n+i)*Lanes], gramA[(i*n+i)*Lanes] = 1, a*a
			largest = max(largest, a)
		}
		gramU[((n-2)*n+n-1)*Lanes], gramU[((n-1)*n+n-2)*Lanes] = 1, 1
		off, variance := mixedError(gramU, gramA, n)
		if off > 1e-8*largest {
			t.Errorf("%v: the mean is off by %g", c.a, off)
		}
		unit := c.sigma * largest
		if variance > 2e-7*unit || variance < 1e-9*unit {
			t.Errorf("%v: variance %g, want from 1e-9 to 2e-7 of %g", c.a, variance, unit)
		}
	}
}

// mixedError returns, over all signs, the length of the mean error of Σ_ij (X Yᵀ)_ij
// u_i ⊗ A_j against Σ_i u_i ⊗ A_i, and the mean square of the error, for vectors with
// the given Gram matrices.
func mixedError(gramU, gramA []float64, n int) (mean, square float64) {
	m := newMixer(n)
	x, y := make([]float64, n*(n-1)*Lanes), make([]float64, n*(n-1)*Lanes)
	norm := func(e []float64) (sum float64) {
		for i := range n * n {
			for k := range n * n {
				sum += e[i] * e[k] * gramU[(i/n*n+k/n)*Lanes] * gramA[(i%n*n+k%n)*Lanes]
			}
		}
		return sum
	}
	total := make([]float64, n*n)
	for pattern := range 1 << n {
		signs, e := make([]float64, n), make([]float64, n*n)
		for i := range signs {
			signs[i] = float64(1 - 2*(pattern>>i&1))
		}
		m.mix(x, y, gramU, gramA, signs, 0)
		for i := range n {
			e[i*n+i] = -1
			for k := range n {
				for r := range n - 1 {
					e[i*n+k] += x[(i*(n-1)+r)*Lanes] * y[(k*(n-1)+r)*Lanes]
				}
				total[i*n+k] += e[i*n+k] / float64(int(1)<<n)
			}
		}
		square += norm(e) / float64(int(1)<<n)
	}
	return math.Sqrt(max(0, norm(total))), square
}
