package bench

import (
	"fmt"

	"uorobench/bench/input"
	"uorobench/bench/task"
)

// OwnData tells which file of a user's own data is measured on; false for other tasks.
func (e *Experiment) OwnData() (input.Digest, bool) {
	if e.Task.Name != (*task.File)(nil).Name() {
		return input.Digest{}, false
	}
	for _, d := range e.Inputs() {
		if d.Path == e.Task.Data {
			return d, true
		}
	}
	return input.Digest{Path: e.Task.Data}, true
}

// WeightsOrigin says in words where the weights come from.
func (e *Experiment) WeightsOrigin() string {
	switch {
	case e.Weights == WeightsRandom:
		return fmt.Sprintf("random, seed %d, scale %g", e.WeightSeed, e.Scale)
	case isWeightsFile(e.Weights):
		return e.Weights
	}
	return e.Weights + ", of this program"
}
