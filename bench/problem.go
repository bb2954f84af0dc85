package bench

import (
	"fmt"
	"hash/fnv"

	"uorobench/bench/noise"
	"uorobench/bench/problem"
	"uorobench/bench/task"
	"uorobench/estimators/cell"
)

// problemConfig describes the problem of one of the experiment's cells.
func (e *Experiment) problemConfig(cellName string) (*problem.Config, error) {
	t, err := e.MakeTask()
	return &problem.Config{
		Task: t, SequenceSeed: e.sequenceSeed(), WarmUp: e.WarmUp, Steps: e.Steps, Stride: e.Stride,
		Cell: cellName, Hidden: e.Hidden, Weights: e.Weights, WeightSeed: e.WeightSeed, Scale: e.Scale, Own: e.ownTensors,
	}, err
}

func newProblem(e *Experiment, cellName string) (*problem.Problem, error) {
	c, err := e.problemConfig(cellName)
	if err != nil {
		return nil, err
	}
	return problem.New(c)
}

// sequencesOf makes the task's sequence, the same for every cell of a run.
func sequencesOf(e *Experiment) (warmUp, window task.Sequence, err error) {
	c, err := e.problemConfig("")
	if err != nil {
		return warmUp, window, err
	}
	return c.Sequences()
}

// network makes a cell and its weights.
func network(e *Experiment, cellName string, inputs, outputs int) (cell.Cell, *cell.Params, error) {
	c, err := e.problemConfig(cellName)
	if err != nil {
		return nil, nil, err
	}
	return c.Network(inputs, outputs)
}

func (e *Experiment) sequenceSeed() uint64 {
	if e.SequenceSeed == 0 {
		return e.Seed
	}
	return e.SequenceSeed
}

// balancingHint names the weights that the task is nothing without.
func (e *Experiment) balancingHint() string {
	if e.Task.Name != (task.InfluenceBalancing{}).Name() || e.Weights == WeightsBalancing {
		return ""
	}
	return fmt.Sprintf("; this task has weights of its own: weights = %q, or --weights %s", WeightsBalancing, WeightsBalancing)
}

// normals is the source of the untrained covariates' weights: standard normals
// of the covariate stream, tagged by the purpose's name.
func normals(seed uint64) func(purpose string, dst []float64) {
	stream := noise.New(seed, noise.CovariateTraining)
	return func(purpose string, dst []float64) {
		h := fnv.New64a()
		h.Write([]byte(purpose)) // never fails
		u := stream.Uniforms(h.Sum64())
		for i := range dst {
			dst[i] = u.Normal()
		}
	}
}
