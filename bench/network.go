package bench

import (
	"fmt"
	"hash/fnv"

	"uorobench/bench/noise"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// Tags of the data stream: one counter range per purpose, so that a longer
// sequence never moves the initial weights.
const (
	tagSequence   = 0
	tagWeights    = 1
	tagDirections = 1 << 32 // and the numbers after it
)

// network makes the cell and its weights: drawn, embedded, or from a file.
func network(e *Experiment, name string, inputs, outputs int) (cell.Cell, *cell.Params, error) {
	c, err := cell.New(name, inputs, e.Hidden)
	if err != nil {
		return nil, nil, err
	}
	p := cell.NewParams(c.Layout(), outputs)
	if e.Weights == WeightsRandom {
		p.Init(c.Layout(), e.Scale, noise.New(e.WeightSeed, noise.Data).Uniforms(tagWeights).Next)
		return c, p, nil
	}
	tensors, from, err := loadTensors(e, name, inputs, outputs)
	if err != nil {
		return nil, nil, err
	}
	if err := p.SetTensors(c.Layout(), tensors); err != nil {
		return nil, nil, fmt.Errorf("weights %s do not fit cell %s with %d inputs, %d hidden units, %d outputs: %w",
			from, name, inputs, e.Hidden, outputs, err)
	}
	return c, p, nil
}

// loadTensors reads an embedded stage or a safetensors file.
func loadTensors(e *Experiment, name string, inputs, outputs int) (tensors []cell.Tensor, from string, err error) {
	var raw []weights.Tensor
	switch {
	case weights.IsStage(e.Weights):
		from = fmt.Sprintf("%q (embedded)", e.Weights)
		raw, _, err = weights.Stage(name, e.Weights)
	case e.Weights == WeightsBalancing:
		from = fmt.Sprintf("%q", e.Weights)
		raw, err = balancingWeights(e, name)
	default:
		from = e.Weights
		raw, err = e.ownTensors(inputs, outputs)
	}
	for _, t := range raw {
		tensors = append(tensors, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
	}
	return tensors, from, err
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
