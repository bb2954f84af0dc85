package bench

import (
	"fmt"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// Where all sign patterns are taken once, they are the population and not a
// sample: variances are over N, the bias is that of the mean, λ is the best there
// is, and nothing has a Monte Carlo error. Plain batches carry the passes, so
// that cosines and tails are of all patterns too.

// checkPatterns refuses what has too many sign patterns to take them all. The
// fields alone decide it: a run of several cells is refused before the first is
// measured. An estimator whose shape cannot be known here speaks up when the run
// is planned.
func (e *Experiment) checkPatterns() error {
	if e.Noise != NoiseExhaustive {
		return nil
	}
	_, seq, err := sequencesOf(e)
	if err != nil {
		return err
	}
	for _, name := range e.Cells {
		c, err := cell.New(name, seq.X, e.Hidden)
		if err != nil {
			return e.refuse(err.Error(), "cell", "hidden")
		}
		for _, label := range e.Estimators {
			dim, err := noiseDim(c.Layout(), e, label)
			if err != nil || dim == 0 {
				continue
			}
			if _, err := noise.NewExhaustive(dim, e.Steps); err != nil {
				return e.refuse(fmt.Sprintf("cell %s, estimator %s: %v; take fewer hidden units or steps", name, label, err),
					"noise", "steps", "hidden", "cell", "estimators")
			}
		}
	}
	return nil
}

// noiseDim is the number of random signs that an estimator takes per step; 0 for
// one without noise.
func noiseDim(l *cell.Layout, e *Experiment, label string) (int, error) {
	sel, err := estimators.Parse(label)
	if err != nil {
		return 0, err
	}
	o := optionsOf(sel.Spec, chainOptions(e, nil))
	if o.Guard == estimators.GuardFixed {
		o.Guard = estimators.GuardCode // its schedule is not made yet, and says nothing of the noise
	}
	chain, err := sel.Spec.New(l, o)
	if err != nil || chain.Signals() == 0 {
		return 0, err
	}
	return chain.NoiseDim, nil
}

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
