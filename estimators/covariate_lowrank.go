package estimators

import (
	"math"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// lowRankFamily is lowrank-R: F̃ keeps what F does within each unit, and of the
// rest the R directions that matter most,
//
//	F̃ = F¹ + (F − F¹) V Vᵀ
//
// with F¹ the within-unit part and V the R leading right singular vectors of
// F − F¹, found to within two rounds of subspace iteration. A trained network
// carries its memory in few directions that no single unit holds; snap1 loses
// them, and over a long memory the loss compounds.
//
// The mean needs a dense influence, (2R + parts + 1)·S·P multiply-adds a step
// and S·P numbers: less than RTRL as long as 2R is well below S, and once for all
// draws, but far more than snap1's. So it is for measuring with many draws, and
// not for a single online learner.
//
// What it cannot mend: under an adaptive guard the oldest noise has the largest
// share of UORO's variance, and over a hundred steps even a good F̃ drifts away from
// F in size, so that one λ for all ages is too much for the old and too little for
// the young. On trained GRUs its var_ratio is near snap1's for that reason, while
// the adjoints of the last 30 steps agree to a few per cent.
var lowRankFamily = covariateFamily("lowrank-R", Range{1, 256}, lowRankSpec)

// lowRankSpec is the member R. A step costs (2R + parts + 3)·S multiply-adds a
// draw, and the factors 5·R·S² + 2·R²·S once for all.
func lowRankSpec(rank int) CovariateSpec {
	return CovariateSpec{
		Formula:  "F̃ = unit-diagonal part of F + rank R of the rest; μ from its dense influence",
		Citation: "SnAp-1 (Menick et al. 2021) with subspace iteration (Halko et al. 2011)",
		New: func(l *cell.Layout, _ Options) Covariate {
			low := newLowRank(l, rank)
			return newSurrogate(l, low.apply)
		},
		NewMean:         func(l *cell.Layout, _ Options) Mean { return newDenseMean(l, newLowRank(l, rank), false) },
		NewResidualMean: func(l *cell.Layout, _ Options) Mean { return newDenseMean(l, newLowRank(l, rank), true) },
		ResidualShared: func(l *cell.Layout) int64 {
			s, r := int64(l.S()), int64(rank)
			return denseCost(l, rank, true) + 5*r*s*s + 2*r*r*s
		},
		Adjoint: func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, _ int) { lowRankAdjoint(l, rank, dst, v, j) },
		Cost: func(l *cell.Layout) Cost {
			s, r := int64(l.S()), int64(rank)
			return Cost{
				PerDraw: (2*r + int64(l.Parts) + 3) * s,
				Shared:  denseCost(l, rank, false) + 5*r*s*s + 2*r*r*s, Numbers: s,
			}
		},
	}
}

func lowRankAdjoint(l *cell.Layout, rank int, dst, v []float64, j *cell.Jacobian) {
	s := l.S()
	low := newLowRank(l, rank)
	low.factor(j)
	snap1Adjoint(l, dst, v, j, 0)
	for r := range rank {
		axpy(inner(v, low.left[r*s:(r+1)*s]), low.right[r*s:(r+1)*s], dst)
	}
}

// lowRank finds the factors of a step: F − F¹ ≈ Σ_r left_r right_rᵀ. It depends on
// the step's F alone, so that the covariate, its mean and its adjoint see the same
// F̃ whoever asks and whenever.
type lowRank struct {
	layout       *cell.Layout
	rank         int
	left, right  []float64 // rank×S
	start        []float64 // rank×S: what the iteration begins with
	rest, turned *product  // F − F¹ and its transpose, which take Lanes vectors at a time
	in, out      []float64 // S×Lanes: such vectors
	within       *unitProduct
	packed       []float64 // left, as kernel.Mix takes it
	along        []float64 // rank×Lanes: right_r·x of a batch
}

// newLowRank starts from cosines, which no network's units are ordered by.
func newLowRank(l *cell.Layout, rank int) *lowRank {
	s := l.S()
	f := &lowRank{
		layout: l, rank: rank, left: make([]float64, rank*s), right: make([]float64, rank*s), start: make([]float64, rank*s),
		rest: newProduct(l), turned: newProduct(l), in: aligned(s * Lanes), out: paddedLanes(s),
		within: newUnitProduct(l), packed: aligned(kernel.Padded(s) * rank), along: aligned(rank * Lanes),
	}
	for at := range f.start {
		r, i := at/s, at%s
		f.start[at] = math.Cos(math.Pi*(float64(i)+0.5)*float64(r)/float64(s) + 0.3)
	}
	return f
}

func (f *lowRank) factor(j *cell.Jacobian) {
	f.rest.setRest(f.layout, j)
	f.turned.setAcross(f.layout, j)
	copy(f.right, f.start)
	for range 2 {
		f.multiply(f.left, f.rest, f.right)
		f.multiply(f.right, f.turned, f.left)
		f.orthonormalise()
	}
	f.multiply(f.left, f.rest, f.right)
}

// multiply writes dst_r = a x_r for all r, both rank×S.
func (f *lowRank) multiply(dst []float64, a *product, x []float64) {
	s := f.layout.S()
	for first := 0; first < f.rank; first += Lanes {
		n := min(Lanes, f.rank-first)
		clear(f.in)
		for r := range n {
			for i, v := range x[(first+r)*s:][:s] {
				f.in[i*Lanes+r] = v
			}
		}
		a.mul(f.out, f.in)
		for r := range n {
			to := dst[(first+r)*s:][:s]
			for i := range to {
				to[i] = f.out[i*Lanes+r]
			}
		}
	}
}

// orthonormalise is modified Gram–Schmidt, done twice over for each vector, since
// they are nearly parallel. One that depends on those before becomes zero.
func (f *lowRank) orthonormalise() {
	s := f.layout.S()
	for r := range f.rank {
		x := f.right[r*s : (r+1)*s]
		before := length(x)
		for range 2 {
			for q := range r {
				y := f.right[q*s : (q+1)*s]
				axpy(-inner(x, y), y, x)
			}
		}
		scale := 0.0
		if n := length(x); n > 1e-10*before {
			scale = 1 / n
		}
		for i := range x {
			x[i] *= scale
		}
	}
}

// apply writes dst = F̃ src for a batch; dst has room for paddedLanes.
func (f *lowRank) apply(dst []float64, j *cell.Jacobian, src []float64) {
	f.factor(j)
	f.within.apply(dst, j, src)
	s := f.layout.S()
	for r := range f.rank {
		kernel.Weigh(rowOf(f.along, r), f.right[r*s:(r+1)*s], src, s, 1)
		for i, v := range f.left[r*s : (r+1)*s] {
			f.packed[i/kernel.Block*kernel.Block*f.rank+r*kernel.Block+i%kernel.Block] = v
		}
	}
	for i := 0; i < s; i += kernel.Block {
		kernel.Mix(dst[i*Lanes:cap(dst)], f.packed[i*f.rank:], f.along, nil, 1, f.rank, 0, 1)
	}
}
