package bench

import (
	"fmt"

	"uorobench/bench/chain"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

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
	options := chainOptions(e, nil)
	if options.Guard == estimators.GuardFixed {
		options.Guard = estimators.GuardCode // its schedule is not made yet, and says nothing of the noise
	}
	law := lawOf(e)
	for _, name := range e.Cells {
		c, err := cell.New(name, seq.X, e.Hidden)
		if err != nil {
			return e.refuse(err.Error(), "cell", "hidden")
		}
		plans, err := chain.Plans(c.Layout(), &chain.Config{Estimators: e.Estimators, Options: options})
		if err != nil {
			continue
		}
		for _, plan := range plans {
			if plan.Signals() == 0 {
				continue
			}
			if _, err := law.Count(plan.NoiseDim, e.Steps); err != nil {
				return e.refuse(fmt.Sprintf("cell %s, estimator %s: %v; take fewer hidden units or steps", name, plan.Name, err),
					"noise", "steps", "hidden", "cell", "estimators")
			}
		}
	}
	return nil
}
