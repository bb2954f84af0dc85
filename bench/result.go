package bench

import (
	"uorobench/bench/draw"
	"uorobench/bench/result"
)

// Result is what a run found: everything that goes into the datasets, and the
// timing, which goes into the manifest only.
type Result struct {
	Experiment *Experiment
	Cells      []*CellResult
	Timing     Timing
}

// What a run hands out is made by the packages below; these are their names here.
type (
	CellResult       = result.Cell
	EstimatorResult  = result.Estimator
	StepResult       = result.Step
	ExactFigures     = result.ExactFigures
	TrainedCovariate = result.TrainedCovariate
	DrawValue        = draw.Value
	NonFiniteError   = draw.NonFiniteError
	OwnNetwork       = result.OwnNetwork
)

// Values of StepResult.Sampling.
const (
	SamplingRandom     = result.SamplingRandom
	SamplingExhaustive = result.SamplingExhaustive
	SamplingNone       = result.SamplingNone
)

// Lanes is the number of draws in a chunk.
const Lanes = draw.Lanes
