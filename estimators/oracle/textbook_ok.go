package oracle

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// OK is ok-R (Benzing et al. 2019), one draw at a time, with a whole matrix in the place
// of its factors: on every featureBlock the estimate M̃_t of M_t is of rank R when read as
// features × (state entry, row of θ). A block of no more than R features is exact. A step takes the singular value
// decomposition of
//
//	F_t M̃_{t-1} + I_t = Σ_i σ_i l_i v_iᵀ,   n = R+1 values, falling
//
// keeps the first n−1−k pairs, k being the largest number with k·σ ≤ s1 for all others,
// s1 their sum, and puts in the place of those others
//
//	(s1/k) Σ_ij ε_i ε_j (1_ij − z_i z_j) l_i v_jᵀ,   z_i = √(1 − k σ_i/s1)
//
// A singular vector is defined up to its sign (l_i and v_i change it together), and so
// is the ε_i that belongs to it. A draw is therefore defined up to the signs of ε, and
// Follow looks for the draw among them.
type OK struct {
	rank       int
	tr         *cell.Trajectory
	convention estimators.Convention
	steps      []*denseStep
}

// NewOK makes ok-rank ready for a trajectory.
func NewOK(rank int, tr *cell.Trajectory, convention estimators.Convention) *OK {
	return &OK{rank: rank, tr: tr, convention: convention, steps: denseSteps(tr)}
}

// Follow returns the estimates of one draw at every step. eps holds R+1 numbers a
// step and block. Where the signs of the singular vectors leave a choice, the outcome is
// taken that is nearest to got, the batch's own draw, at the next step that tells: among
// all 2^(R+1) of them, so that a draw that no choice of signs explains stands out.
func (k *OK) Follow(eps [][]float64, got []Estimate) []Estimate {
	p := k.tr.Layout.P()
	out := make([]Estimate, len(k.steps))
	for t, d := range k.steps {
		out[t].Random, out[t].Direct = make([]float64, p), make([]float64, p)
		if k.convention == estimators.Pre {
			out[t].Direct = pull(d.Delta, d.immediate, p)
		}
	}
	for i, block := range featureBlocks(k.tr.Layout) {
		of := okBlock{k, block}
		n := k.rank + 1
		for t, random := range of.follow(eps, i*n, (i+1)*n, got) {
			block.scatter(out[t].Random, random)
		}
	}
	return out
}

// okBlock is ok-R of a block of features, whose coordinates are gathered row by row.
type okBlock struct {
	*OK
	featureBlock
}

func (k *okBlock) follow(eps [][]float64, from, to int, got []Estimate) (out [][]float64) {
	p := k.columns() * k.width()
	outcomes := [][]float64{make([]float64, k.tr.Layout.S()*p)}
	read := func(t int, v []float64) {
		best := outcomes[0]
		if norm(v) > 0 { // else they all agree
			best = nearest(outcomes, v, k.gather(got[t].Random, k.tr.Layout.P()), p)
			outcomes = [][]float64{best}
		}
		out = append(out, pull(v, best, p))
	}
	for t, d := range k.steps {
		if k.convention == estimators.Pre {
			read(t, d.Q)
		}
		var next [][]float64
		for _, m := range outcomes {
			next = append(next, k.step(m, d, eps[t][from:to])...)
		}
		outcomes = next
		if k.convention == estimators.Post {
			read(t, d.Delta)
		}
	}
	return out
}

// nearest is the outcome whose v M̃ is nearest to got.
func nearest(outcomes [][]float64, v, got []float64, p int) []float64 {
	best, least := outcomes[0], math.Inf(1)
	for _, m := range outcomes {
		if e := norm(sum(pull(v, m, p), scaledBy(-1, got))); e < least {
			best, least = m, e
		}
	}
	return best
}

// step lists the outcomes of a step for all signs of the noise.
func (k *okBlock) step(m []float64, d *denseStep, eps []float64) [][]float64 {
	s := k.tr.Layout.S()
	grown := sum(product(d.F, m, s, len(m)/s), k.gather(d.immediate, k.tr.Layout.P()))
	if k.width() <= k.rank {
		return [][]float64{grown}
	}
	svd := k.decompose(grown)
	var out [][]float64
	for pattern := range 1 << k.rank { // all signs turned around give the same
		signs := make([]float64, k.rank+1)
		for i, e := range eps {
			signs[i] = e * float64(1-2*(pattern>>i&1))
		}
		out = append(out, k.assemble(svd, svd.mixed(signs)))
	}
	return out
}

// singular are the leading n singular values and vectors.
type singular struct {
	sigma       []float64
	left, right [][]float64 // a number a feature, and S·Q
}

// nothing is the part of the largest singular value below which one is rounding: its
// root would stand in z.
const nothing = 1e-13

// decompose reads the S×(Q·width) matrix as features × (state entry, row of θ).
func (k *okBlock) decompose(m []float64) *singular {
	z, q := k.width(), k.columns()
	p := q * z
	folded := mat.NewDense(z, len(m)/z, nil)
	for at, v := range m {
		i, j := at/p, at%p
		folded.Set(j%z, i*q+j/z, v)
	}
	var svd mat.SVD
	if !svd.Factorize(folded, mat.SVDThin) {
		panic("oracle: the singular value decomposition does not converge")
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	values := svd.Values(nil)
	out := &singular{}
	for i := range min(k.rank+1, len(values)) {
		if values[i] < nothing*values[0] {
			values[i] = 0
		}
		out.sigma = append(out.sigma, values[i])
		out.left = append(out.left, mat.Col(nil, i, &u))
		out.right = append(out.right, mat.Col(nil, i, &v))
	}
	return out
}

// mixed is the n×n matrix that stands in the place of diag(σ).
func (s *singular) mixed(eps []float64) []float64 {
	n := len(s.sigma)
	out := make([]float64, n*n)
	first, s1 := s.kept()
	for i := range first {
		out[i*n+i] = s.sigma[i]
	}
	if s1 == 0 {
		return out
	}
	k := float64(n - 1 - first)
	z := func(i int) float64 { return math.Sqrt(math.Max(0, 1-k*s.sigma[i]/s1)) }
	for i := first; i < n; i++ {
		for j := first; j < n; j++ {
			c := -z(i) * z(j)
			if i == j {
				c += 1
			}
			out[i*n+j] = s1 / k * eps[i] * eps[j] * c
		}
	}
	return out
}

// kept is how many values are kept as they are, the fewest that the rule allows, and the
// sum of the others.
func (s *singular) kept() (first int, s1 float64) {
	n := len(s.sigma)
	for first = 0; ; first++ {
		s1 = 0
		for _, v := range s.sigma[first:] {
			s1 += v
		}
		if first == n-2 || float64(n-1-first)*s.sigma[first] <= s1 {
			return first, s1
		}
	}
}

// assemble is Σ_ij c_ij l_i v_jᵀ as an S×(Q·width) matrix.
func (k *okBlock) assemble(s *singular, c []float64) []float64 {
	z, q, n := k.width(), k.columns(), len(s.sigma)
	p := q * z
	out := make([]float64, k.tr.Layout.S()*p)
	for at := range out {
		i, j := at/p, at%p
		for a := range n {
			for b := range n {
				out[at] += c[a*n+b] * s.left[a][j%z] * s.right[b][i*q+j/z]
			}
		}
	}
	return out
}
