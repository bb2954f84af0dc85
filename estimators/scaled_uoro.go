package estimators

import "uorobench/estimators/cell"

// scaledUOROSpec is UORO in coordinates of the state in which it is nearly
// isotropic to the loss (metric): with a_i a running scale per state entry,
//
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 ε_t/a_t,  θ̃_t = θ̃_{t-1}/ρ0 + ((a_t ε_t)ᵀ I_t)/ρ1
//	ρ0 = √(‖θ̃‖/‖a F s̃‖),  ρ1 = √(‖(a ε)ᵀ I‖/‖ε‖)   under the guard
//
// that is UORO of the network whose state is a∘s. UORO is not the same in all
// coordinates, and the original ones have no claim to be the best. Unbiased, since
// a does not depend on the draws. It costs 4S multiply-adds a draw more than UORO.
var scaledUOROSpec = Spec{
	Name: "scaled-uoro", Formula: "UORO of the state a∘s, a_i² = |q_i|/‖I_i‖ in running means", Bias: "unbiased",
	Citation: "Tallec & Ollivier 2017 in rescaled coordinates; scales after Cooijmans & Martens 2019", Variates: true,
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
	left, drive []float64 // S×Lanes: a ε and ε/a
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
