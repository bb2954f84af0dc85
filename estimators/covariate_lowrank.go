package estimators

import (
	"math"

	"uorobench/estimators/cell"
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
// draw, and the factors 5·R·S² + 2·R²·S a batch, counted by its share.
func lowRankSpec(rank int) CovariateSpec {
	return CovariateSpec{
		Formula:  "F̃ = unit-diagonal part of F + rank R of the rest; μ from its dense influence",
		Citation: "SnAp-1 (Menick et al. 2021) with subspace iteration (Halko et al. 2011)",
		New: func(l *cell.Layout, _ Options) Covariate {
			low := newLowRank(l, rank)
			return newSurrogate(l, low.apply, nil)
		},
		NewMean:         func(l *cell.Layout, _ Options) Mean { return newDenseMean(l, newLowRank(l, rank), false) },
		NewResidualMean: func(l *cell.Layout, _ Options) Mean { return newDenseMean(l, newLowRank(l, rank), true) },
		ResidualShared:  func(l *cell.Layout) int64 { return denseCost(l, rank, true) },
		Adjoint:         func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, _ int) { lowRankAdjoint(l, rank, dst, v, j) },
		Cost: func(l *cell.Layout) Cost {
			s, r := int64(l.S()), int64(rank)
			return Cost{
				PerDraw: (2*r+int64(l.Parts)+3)*s + (5*r*s*s+2*r*r*s)/Lanes,
				Shared:  denseCost(l, rank, false), Numbers: s,
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
	layout      *cell.Layout
	rank        int
	left, right []float64 // rank×S
}

func newLowRank(l *cell.Layout, rank int) *lowRank {
	return &lowRank{l, rank, make([]float64, rank*l.S()), make([]float64, rank*l.S())}
}

// factor starts from cosines, which no network's units are ordered by.
func (f *lowRank) factor(j *cell.Jacobian) {
	s := f.layout.S()
	for at := range f.right {
		r, i := at/s, at%s
		f.right[at] = math.Cos(math.Pi*(float64(i)+0.5)*float64(r)/float64(s) + 0.3)
	}
	for range 2 {
		for r := range f.rank {
			left, right := f.left[r*s:(r+1)*s], f.right[r*s:(r+1)*s]
			mulRest(left, f.layout, j, right)
			pullRest(right, f.layout, j, left)
		}
		f.orthonormalise()
	}
	for r := range f.rank {
		mulRest(f.left[r*s:(r+1)*s], f.layout, j, f.right[r*s:(r+1)*s])
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

// mulRest writes dst = (F − F¹) x, pullRest dst = xᵀ (F − F¹).
func mulRest(dst []float64, l *cell.Layout, j *cell.Jacobian, x []float64) {
	s := l.S()
	for i := range dst {
		sum := inner(x, j.F[i*s:(i+1)*s])
		for k := i % l.H; k < s; k += l.H {
			sum -= j.F[i*s+k] * x[k]
		}
		dst[i] = sum
	}
}

func pullRest(dst []float64, l *cell.Layout, j *cell.Jacobian, x []float64) {
	s := l.S()
	clear(dst)
	for i, a := range x {
		axpy(a, j.F[i*s:(i+1)*s], dst)
		for k := i % l.H; k < s; k += l.H {
			dst[k] -= a * j.F[i*s+k]
		}
	}
}

// apply writes dst = F̃ src for a batch.
func (f *lowRank) apply(dst []float64, j *cell.Jacobian, src []float64) {
	s := f.layout.S()
	f.factor(j)
	unitBlocks(f.layout, dst, j, src)
	for r := range f.rank {
		var along lane
		for k, v := range f.right[r*s : (r+1)*s] {
			addScaled(&along, v, rowOf(src, k))
		}
		for i, w := range f.left[r*s : (r+1)*s] {
			addScaled(rowOf(dst, i), w, &along)
		}
	}
}
