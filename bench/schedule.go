package bench

import (
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/bench/problem"
	"uorobench/estimators"
)

// scheduleDraws is how many draws of the adaptive guard the schedule of guard
// fixed is averaged over. Any positive schedule is unbiased and has a closed
// form; this one only has to be typical.
const scheduleDraws = 32 * Lanes

// newSchedule returns, for guard fixed, the mean ρ0 and ρ1 at every step of UORO
// under guard code over the first draws of the pilot stream; nil for other
// guards. The draws are taken in order by one goroutine, so that the schedule
// does not depend on the workers.
func newSchedule(e *Experiment, p *problem.Problem) (*estimators.Schedule, error) {
	if estimators.Guard(e.Guard) != estimators.GuardFixed {
		return nil, nil
	}
	sel, err := estimators.Parse("uoro")
	if err != nil {
		return nil, err
	}
	c, err := sel.Spec.New(p.Trajectory.Layout, estimators.Options{Guard: estimators.GuardCode})
	if err != nil {
		return nil, err
	}
	batch, ok := c.NewBatch().(estimators.Scaler)
	if !ok {
		return nil, fmt.Errorf("cell %s: %s does not tell its scales", p.Cell.Name(), c.Name)
	}
	s := meanScales(e, p, c, batch)
	return s, finiteScales(p.Cell.Name(), s.Rho0, s.Rho1)
}

func meanScales(e *Experiment, p *problem.Problem, c *estimators.Chain, scaler estimators.Scaler) *estimators.Schedule {
	steps, batch := p.Trajectory.Steps, scaler.(estimators.Batch)
	s := &estimators.Schedule{Rho0: make([]float64, len(steps)), Rho1: make([]float64, len(steps))}
	source := lawOf(e).Filler(noise.New(e.Seed, noise.Pilot), c.NoiseDim)
	eps := make([]float64, c.NoiseDim*Lanes)
	for first := uint64(0); first < scheduleDraws; first += Lanes {
		batch.Reset()
		source.Seek(first)
		for t, j := range steps {
			source.Fill(eps, t)
			c.Advance(batch, j, eps, nil)
			rho0, rho1 := scaler.Scales()
			for w := range rho0 {
				s.Rho0[t] += rho0[w] / scheduleDraws
				s.Rho1[t] += rho1[w] / scheduleDraws
			}
		}
	}
	return s
}

// finiteScales refuses a schedule that no draw could be taken with.
func finiteScales(name string, rho ...[]float64) error {
	for _, scales := range rho {
		for t, v := range scales {
			if !(v > 0) || math.IsInf(v, 1) {
				return fmt.Errorf("cell %s, guard fixed: the pilot draws give %v as a scale at step %d: it must be a positive number; take another guard or smaller weights", name, v, t+1)
			}
		}
	}
	return nil
}
