package estimators

import "uorobench/estimators/cell"

// scaledUOROSpec is UORO with every noise entry scaled, and s̃ measured, by what the
// state entries are worth to the losses to come (metric): with weights w and μ_k that
// do not depend on the draws,
//
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 μ∘ε_t,  θ̃_t = θ̃_{t-1}/ρ0 + ((ε_t/μ)ᵀ I_t)/ρ1
//	ρ0 = √(‖θ̃‖/‖w∘F s̃‖),  ρ1 = √(‖(ε/μ)ᵀ I‖/‖w∘μ∘ε‖)   under the guard
//
// with μ_k² = ‖I_k‖/w_k. Unbiased, since E[(μ∘ε)(ε/μ)ᵀ] = 1. A draw costs 4S
// multiply-adds more than UORO's.
var scaledUOROSpec = Spec{
	Name: "scaled-uoro", Formula: "UORO with noise μ∘ε and norms ‖w∘s̃‖; w² values the state, μ² = ‖I‖/w", Bias: "unbiased",
	Citation: "Tallec & Ollivier 2017; scales per entry after Ollivier et al. 2015; values by TD(0), Sutton 1988", Variates: true,
	New: func(l *cell.Layout, o Options) (*Chain, error) {
		chain, err := newVariantChain("scaled-uoro", l, o, func(specs []CovariateSpec) Batch { return newScaledUORO(l, o, specs) })
		if err != nil {
			return nil, err
		}
		chain.Cost = metricCost(l, chain.Cost, 4, rowNormsCost(l)) // μ ε, ε/μ, and w with F s̃ and μ ε
		return chain, nil
	},
}

// scaledUORO is a batch of draws.
type scaledUORO struct {
	*vectorUORO
	left, drive []float64 // S×Lanes: ε/μ and μ ε
}

func newScaledUORO(l *cell.Layout, o Options, specs []CovariateSpec) *scaledUORO {
	n := l.S() * Lanes
	u := newVectorUORO(l, o, newCovariates(specs, l, o))
	u.metric = newMetric(l)
	return &scaledUORO{u, aligned(n), aligned(n)}
}

func (s *scaledUORO) Reset() {
	s.vectorUORO.Reset()
	s.metric.reset()
}

func (s *scaledUORO) Step(j *cell.Jacobian, eps []float64) {
	s.metric.update(j)
	s.metric.forState(s.layout, j)
	s.metric.noise(s.left, s.drive, eps)
	s.stepWith(j, s.left, s.drive)
}
