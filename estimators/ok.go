package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// okFamily is OK, the optimal Kronecker-sum approximation of rank R (Benzing et
// al. 2019, arXiv:1902.03993): M_t ≈ Σ_r u_r ⊗ A_r. A step makes R+1 terms of it,
// u_r ⊗ F A_r and z ⊗ D, and puts them back into R, unbiased and with the least
// possible variance (mixer). While M has rank R or less it is exact.
//
// It needs I_t = D_t ⊗ z_t with a diagonal D_t, as KF-RTRL does, and is refused
// elsewhere for the same reason. Of ε it uses R+1 signs.
//
// A step costs R·S³ + (R+1)(3R/2+1)(S² + Z) multiply-adds a draw, and some
// 60·(R+1)³ for the decomposition; R·(S² + Z) numbers, Z = X + H + 2.
var okFamily = family("ok-R", Range{1, 64}, func(r int) Spec {
	return Spec{
		Formula: "Σ_r (δ A_r) ⊗ u_r, optimal unbiased rank R of Σ u_r ⊗ F A_r + z ⊗ D", Bias: "unbiased",
		Citation: "Benzing et al. 2019",
		Admits:   func(l *cell.Layout) error { return admitsKronecker("ok", l) },
		New: func(l *cell.Layout, o Options) (*Chain, error) {
			if err := admitsKronecker("ok", l); err != nil {
				return nil, err
			}
			return &Chain{
				Name: "ok", Convention: o.Convention, NoiseDim: r + 1,
				NewBatch: func() Batch { return newOK(r, l, o) },
				NewKnown: func() Known { return newUOROKnown(l, o, nil) },
				Cost:     okCost(r, l, o.Convention),
			}, nil
		},
	}
})

// okCost counts the products with F, the two Gram matrices, the mixing of the
// factors, a decomposition of five sweeps of Jacobi rotations, and the estimate.
func okCost(r int, l *cell.Layout, c Convention) Cost {
	s, z, p, n, m := int64(l.S()), int64(l.Z()), int64(l.P()), int64(r), int64(r+1)
	width := s*s + z
	cost := Cost{
		PerDraw: n*s*s*s + m*(m+1)/2*width + n*m*width + 60*m*m*m + n*(s*s+p),
		Numbers: n * width,
	}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost
}

// ok is a batch of draws.
type ok struct {
	layout     *cell.Layout
	convention Convention
	rank       int
	// u are R+1 vectors of Z×Lanes and a R+1 matrices of S columns of Padded(S)×Lanes,
	// each with zeros up to a multiple of Block entries; the last of each is the new term.
	u, a           [][]float64
	uNext, aNext   [][]float64
	gramU, gramA   []float64 // (R+1)²×Lanes
	mixU, mixA     []float64 // (R+1)×R×Lanes
	mixer          *mixer
	product        *product
	pulled         lane
	signals        Signals
	signsOfOneLane []float64 // R+1
}

func newOK(r int, l *cell.Layout, o Options) *ok {
	m := r + 1
	k := &ok{
		layout: l, convention: o.Convention, rank: r, mixer: newMixer(m), product: newProduct(l),
		gramU: make([]float64, m*m*Lanes), gramA: make([]float64, m*m*Lanes),
		mixU: make([]float64, m*r*Lanes), mixA: make([]float64, m*r*Lanes),
		signals: ownSignals(1, l.P()), signsOfOneLane: make([]float64, m),
	}
	for range m {
		z, square := kernel.Padded(l.Z())*Lanes, kernel.Padded(l.S())*l.S()*Lanes
		k.u, k.uNext = append(k.u, aligned(z)), append(k.uNext, aligned(z))
		k.a, k.aNext = append(k.a, aligned(square)), append(k.aNext, aligned(square))
	}
	return k
}

func (k *ok) Reset() {
	for i := range k.u {
		clear(k.u[i])
		clear(k.a[i])
	}
}

func (k *ok) Kill(w int) {
	for i := range k.u {
		zeroLane(k.u[i], w)
		zeroLane(k.a[i], w)
	}
}

func (k *ok) Step(j *cell.Jacobian, eps []float64) {
	k.product.set(j)
	for i := range k.rank {
		k.product.mulColumns(k.aNext[i], k.a[i])
		k.a[i], k.aNext[i] = k.aNext[i], k.a[i]
	}
	k.newTerm(j)
	gramLanes(k.gramU, k.u)
	gramLanes(k.gramA, k.a)
	for w := range Lanes {
		for i := range k.signsOfOneLane {
			k.signsOfOneLane[i] = eps[i*Lanes+w]
		}
		k.mixer.mix(k.mixU, k.mixA, k.gramU, k.gramA, k.signsOfOneLane, w)
	}
	mixLanes(k.uNext, k.u, k.mixU, k.rank)
	mixLanes(k.aNext, k.a, k.mixA, k.rank)
	k.u, k.uNext = k.uNext, k.u
	k.a, k.aNext = k.aNext, k.a
}

// newTerm writes z and D into the last place.
func (k *ok) newTerm(j *cell.Jacobian) {
	u, a, s := k.u[k.rank], k.a[k.rank], kernel.Padded(k.layout.S())
	for i, z := range j.Z {
		fill(u[i*Lanes:(i+1)*Lanes], z)
	}
	clear(a)
	for i, gain := range j.Gain {
		fill(a[(i*s+i)*Lanes:(i*s+i+1)*Lanes], gain)
	}
}

func (k *ok) Signals(j *cell.Jacobian) *Signals {
	v, h, column := k.convention.pull(j), k.layout.H, kernel.Padded(k.layout.S())*Lanes
	clear(k.signals.Basis[0])
	for i := range k.rank {
		for unit := 0; unit < h; unit++ {
			kernel.Weigh(&k.pulled, v, k.a[i][unit*column:], len(v), 1)
			lo, hi := k.layout.Row(0, unit)
			addOuter(k.signals.Basis[0][lo*Lanes:], &k.pulled, k.u[i], 0, hi-lo)
		}
	}
	return &k.signals
}

// gramLanes writes the inner products of the vectors x, n²×Lanes.
func gramLanes(dst []float64, x [][]float64) {
	n := len(x)
	for a := range x {
		for b := 0; b <= a; b++ {
			kernel.Dot(rowOf(dst, a*n+b), x[a], x[b], len(x[a])/Lanes)
			*rowOf(dst, b*n+a) = *rowOf(dst, a*n+b)
		}
	}
}

// mixLanes writes dst[k] = Σ_i mix[i,k]·x[i] for k < rank. dst's last entry is
// left for the next new term.
func mixLanes(dst, x [][]float64, mix []float64, rank int) {
	for k := range rank {
		clear(dst[k])
		for i := range x {
			kernel.Accumulate(dst[k], x[i], rowOf(mix, i*rank+k), &allLanes, len(x[i])/Lanes)
		}
	}
}
