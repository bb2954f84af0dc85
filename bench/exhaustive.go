package bench

import (
	"fmt"

	"uorobench/bench/noise"
	"uorobench/stats"
)

// Where all sign patterns are taken once, they are the population and not a
// sample: variances are over N, the bias is that of the mean, λ is the best there
// is, and nothing has a Monte Carlo error. Plain batches carry the passes, so
// that cosines and tails are of all patterns too.

// countPatterns sets the chain's number of patterns, where all are asked for.
func (r *runner) countPatterns(pr *problem, c *chainPlan) error {
	if !r.exhaustive() || c.Signals() == 0 {
		return nil
	}
	all, err := noise.NewExhaustive(c.NoiseDim, len(pr.tr.Steps))
	if err != nil {
		return fmt.Errorf("cell %s, estimator %s: %w; take fewer hidden units or steps", pr.cell.Name(), c.Name, err)
	}
	c.patterns = int64(all.Draws())
	return nil
}

func (p *pass) all() bool { return p.law == NoiseExhaustive }

func (p *pass) sampling() string {
	if p.all() {
		return SamplingExhaustive
	}
	return SamplingRandom
}

func (p *pass) figures(e, plain *stats.Errors) stats.Row {
	if p.all() {
		return stats.NewPopulationRow(e, plain)
	}
	return stats.NewRow(e, plain)
}

// exactIfAll takes the error off a figure of all patterns.
func (p *pass) exactIfAll(i stats.Interval) stats.Interval {
	if p.all() {
		return i.Exact()
	}
	return i
}

// ofPopulation turns variances over n − 1 into variances over n.
func (p *pass) ofPopulation(variance []float64) {
	for j := range variance {
		variance[j] *= float64(p.draws-1) / float64(p.draws)
	}
}
