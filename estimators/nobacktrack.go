package estimators

import (
	"math"

	"uorobench/estimators/cell"
)

// nobacktrackSpec is NoBackTrack (Ollivier, Tallec & Charpiat 2015,
// arXiv:1507.07680): UORO's ancestor, with a scale for every state entry in the
// place of one ρ1 for the whole noise,
//
//	s̃_t = ρ0 F_t s̃_{t-1} + Σ_i ρ_i ε_i e_i,  θ̃_t = θ̃_{t-1}/ρ0 + Σ_i (ε_i/ρ_i) I_{t,i}
//
// with ρ_i = √(‖I_{t,i}‖/‖e_i‖) under the guard, I_{t,i} being row i of I_t. It
// needs the norm of every row of I_t, which the sparsity of our cells gives for
// nothing; UORO was made for where it does not. The scales ρ_i are not random,
// so that the price is UORO's.
var nobacktrackSpec = Spec{
	Name: "nobacktrack", Formula: "(q·s̃) θ̃ + δ I, one scale per state entry", Bias: "unbiased",
	Citation: "Ollivier, Tallec & Charpiat 2015", Variates: true,
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		chain, err := newVariantChain("nobacktrack", l, o, func(specs []CovariateSpec) Batch { return newNoBackTrack(l, o, specs) })
		if err != nil {
			return nil, err
		}
		// In the place of UORO's norms of ε and εᵀI and of u/ρ1 there are ε/ρ_i and ρ_i ε,
		// and once for all draws the norms of the rows of I.
		chain.Cost.PerDraw -= 2 * int64(len(l.Groups)*l.H)
		chain.Cost.Shared += 2 * int64(len(l.Groups)*l.S())
		return chain, nil
	},
}

// noBackTrack is a batch of draws.
type noBackTrack struct {
	*vectorUORO
	rho, inverse []float64 // S: ρ_i and 1/ρ_i, the same for every lane
	left, drive  []float64 // S×Lanes: ε_i/ρ_i and ρ_i ε_i
}

func newNoBackTrack(l *cell.Layout, o Options, specs []CovariateSpec) *noBackTrack {
	s := l.S()
	return &noBackTrack{
		newVectorUORO(l, o, newCovariates(specs, l, o)),
		make([]float64, s), make([]float64, s), aligned(s * Lanes), aligned(s * Lanes),
	}
}

func (b *noBackTrack) Step(j *cell.Jacobian, eps []float64) {
	u := b.vectorUORO
	u.carry(j)
	u.setScales(eps)
	fill(u.scale.Rho1[:], 1) // ρ_i stands in left and drive
	b.setRho(j)
	scaleEntries(b.left, b.inverse, eps)
	scaleEntries(b.drive, b.rho, eps)
	u.factors.set(u.layout, j, b.left)
	u.advance(j, b.drive)
}

// setRho sets ρ_i.
func (b *noBackTrack) setRho(j *cell.Jacobian) {
	if b.guard == GuardFixed {
		fill(b.rho, b.schedule.Rho1[b.step])
	} else {
		b.rhoOfRows(j)
	}
	for i, rho := range b.rho {
		b.inverse[i] = 1 / rho
	}
}

// rhoOfRows takes ρ_i from the norms of the rows of I_t.
func (b *noBackTrack) rhoOfRows(j *cell.Jacobian) {
	l := b.layout
	clear(b.rho)
	for g := range l.Groups {
		z := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		zz := inner(z, z)
		for i, gain := range j.Gain[g*l.S() : (g+1)*l.S()] {
			b.rho[i] += gain * gain * zz
		}
	}
	for i, sq := range b.rho {
		b.rho[i] = b.guard.scale(math.Sqrt(sq), 1)
	}
}
