package estimators

import "uorobench/estimators/cell"

// okFamily is OK, the optimal Kronecker-sum approximation of rank R (Benzing et
// al. 2019, arXiv:1902.03993): M_t ≈ Σ_r u_r ⊗ A_r. A step makes R+1 terms of it,
// u_r ⊗ F A_r and z ⊗ D, and puts them back into R, unbiased and with the least
// possible variance (mixer). While M has rank R or less it is exact.
//
// The paper needs I_t = D_t ⊗ z_t with one feature vector for all weights. Here every
// featureGroup has a sum of its own: one for all cells but the gru, which has two.
// (One sum for the whole gru was tried on paper: it is unbiased, too, since rows that
// see a part of the features can take that part; it saves a third of the work and has
// three times the variance.) A group of no more than R features needs no mixing: its
// terms are the features themselves and it is exact. Signs p(R+1) … p(R+1)+R of a step
// are those of group p, used or not.
//
// A step costs R·S²Q + (R+1)(3R/2+1)(SQ + Z) multiply-adds a draw and group, Q the rows
// of θ in it and Z its features, and some 60·(R+1)³ for the decomposition; of an exact
// one Z·S²Q.
var okFamily = family("ok-R", Range{1, 64}, func(r int) Spec {
	return Spec{
		Formula: "Σ_r (δ A_r) ⊗ u_r, optimal unbiased rank R of Σ u_r ⊗ F A_r + z ⊗ D; per group of features", Bias: "unbiased",
		Citation: "Benzing et al. 2019",
		New: func(l *cell.Layout, o Options) (*Chain, error) {
			groups := featureGroups(l)
			return &Chain{
				Name: "ok", Convention: o.Convention, NoiseDim: (r + 1) * len(groups),
				NewBatch: func() Batch { return newOK(r, l, groups, o) },
				NewKnown: func() Known { return newUOROKnown(l, o, nil) },
				Cost:     okCost(r, l, groups, o.Convention),
			}, nil
		},
	}
})

// okCost counts the products with F, the Gram matrices and the mixing of R terms of
// SQ + Z numbers and of the new one, of whose D only the gains count, a decomposition
// of five sweeps of Jacobi rotations, and the estimate. Shared are ‖z‖², ‖D‖², and the
// direct term under Pre.
func okCost(r int, l *cell.Layout, groups []featureGroup, c Convention) Cost {
	s, n, m := int64(l.S()), int64(r), int64(r+1)
	var cost Cost
	for i := range groups {
		square, z, p := s*int64(groups[i].columns(l)), int64(groups[i].width()), int64(groups[i].coordinates(l))
		gains := s * int64(len(groups[i].rows))
		if z <= n { // exact: F A, the gains, v A and ĝ
			cost.PerDraw += z*s*square + z*gains + z*square + p
			cost.Numbers += z * square
			continue
		}
		old, added := square+z, gains+z
		cost.PerDraw += n*s*square + (n*(n+1)/2+n*n)*old + 2*n*added + 60*m*m*m + n*(square+p)
		cost.Shared += added
		cost.Numbers += n * old
	}
	if c == Pre {
		cost.Shared += directCost(l)
	}
	return cost
}

// featureSum is the estimate of M_t on a group of features in the course of draws.
type featureSum interface {
	reset()
	kill(w int)
	// step takes it from M_{t-1} to M_t. f holds F_t; eps are (R+1)×Lanes signs.
	step(f *product, j *cell.Jacobian, eps []float64)
	// addEstimate adds v M to the group's coordinates of dst, P×Lanes.
	addEstimate(dst, v []float64)
}

// ok is a batch of draws.
type ok struct {
	convention Convention
	sums       []featureSum // by group of features
	signs      int          // R+1
	product    *product
	signals    Signals
}

func newOK(r int, l *cell.Layout, groups []featureGroup, o Options) *ok {
	k := &ok{convention: o.Convention, signs: r + 1, product: newProduct(l), signals: ownSignals(1, l.P())}
	mixer := newMixer(r + 1)
	for _, g := range groups {
		if g.width() <= r {
			k.sums = append(k.sums, newExactSum(l, g))
			continue
		}
		k.sums = append(k.sums, newKroneckerSum(r, l, g, mixer))
	}
	return k
}

func (k *ok) Reset() {
	for _, s := range k.sums {
		s.reset()
	}
}

func (k *ok) Kill(w int) {
	for _, s := range k.sums {
		s.kill(w)
	}
}

func (k *ok) Step(j *cell.Jacobian, eps []float64) {
	k.product.set(j)
	for _, s := range k.sums {
		s.step(k.product, j, eps[:k.signs*Lanes])
		eps = eps[k.signs*Lanes:]
	}
}

// Signals forms Σ (v A_r) ⊗ u_r over the terms of all groups.
func (k *ok) Signals(j *cell.Jacobian) *Signals {
	v := k.convention.pull(j)
	clear(k.signals.Basis[0])
	for _, s := range k.sums {
		s.addEstimate(k.signals.Basis[0], v)
	}
	return &k.signals
}
