package bench

import (
	"slices"

	"uorobench/bench/config"
	"uorobench/bench/input"
	"uorobench/bench/problem"
	"uorobench/bench/task"
	"uorobench/estimators"
)

// Experiment is a complete description of what is measured: two runs of equal
// experiments give the same datasets, byte for byte, on one build target. What
// only changes how a run is carried out (workers, output folder, profiles) is
// not in here.
//
// Fields is the table of its fields: the keys of an experiment file, what each
// allows and how its flag is called. Start from Default, Parse or Load; Validate
// says whether it can be run, Resolve gives its canonical form.
type Experiment struct {
	Name string // a label, also of the run's folder

	Cells      []string // names of estimators/cell, measured one after the other
	Hidden     int      // H, hidden units
	Weights    string   // WeightsRandom, WeightsBalancing, an embedded stage, or a .safetensors file
	WeightSeed uint64   // seed of random weights
	Scale      float64  // random weights are uniform in ±Scale/√H
	// Layer and Readout say which of several candidates of a file of weights is meant.
	Layer   string // prefix of the recurrent layer's tensors
	Readout string // name of the readout's

	Steps int // T, the length of the window
	// WarmUp steps of the task's sequence run before the window; the window starts
	// from the state that they leave, and is fixed to it.
	WarmUp int
	Stride int    // k: measured steps are k, 2k, … ≤ T; step T need not be one
	Seed   uint64 // of the noise
	// SequenceSeed is that of the task's sequence; 0: Seed. Runs of other noise on
	// one sequence are what a comparison of two runs wants.
	SequenceSeed uint64

	Draws int64 // N, draws that are reported
	// Precision goes on drawing until the interval of PrecisionOf has this relative
	// half-width at every measured step, or MaxDraws are drawn; 0: Draws, no more.
	Precision   float64
	PrecisionOf string // PrecisionVar, PrecisionRatio or PrecisionBias
	MaxDraws    int64
	PlainDraws  int64    // at most so many draws for what the engine does not cover
	Pilot       int64    // draws that λ is fitted on; 0: see Resolve
	Groups      int      // G of the group jackknife
	LambdaFit   string   // FitPilot, FitCross or FitInSample
	Folds       int      // folds of groups of FitCross
	Noise       string   // NoiseRademacher, NoiseGaussian or NoiseExhaustive
	Guard       string   // an estimators.Guard
	Convention  string   // "pre" or "post"
	Estimators  []string // name[/covariate[/scope]]
	Detail      []string // of DetailSteps, DetailTotal, DetailConvergence, DetailCoordinates, DetailDraws
	NonFinite   string   // NonFiniteStop or NonFiniteCount

	CovariateTraining CovariateTraining

	Task task.Choice

	// Over are the axes of a sweep; with any, the experiment is one for Sweep and
	// Resolve refuses it. They are given by the key over, a list of axes as
	// ParseAxis reads them, and have no flag of their own here.
	Over []Axis

	// inputs is what was read of the files that the experiment names. Copies share
	// it: a pipe can be read once. It is nil in an experiment that is built from
	// scratch, and its files are read whenever they are needed.
	inputs *input.Files

	// places says where each key was set, for messages. It is nil in an
	// experiment built in code, and no part of the experiment's meaning.
	places config.Places
}

// WeightsRandom asks for weights drawn from WeightSeed, as PyTorch does it.
const WeightsRandom = problem.Random

// WeightsBalancing asks for the linear system of influence balancing, which goes
// with that task, cell linear and task.BalancingUnits hidden units alone.
const WeightsBalancing = problem.Balancing

// Values of LambdaFit.
const (
	FitPilot    = "pilot"     // on draws of a noise stream of their own
	FitCross    = "cross"     // on the other folds of the measured draws
	FitInSample = "in-sample" // on the draws it corrects: a bias of order 1/N, marked so
)

// Values of Noise.
const (
	NoiseRademacher = "rademacher"
	NoiseGaussian   = "gaussian"
	// NoiseExhaustive takes every pattern of signs once, in place of draws: all
	// figures are exact then. It is what the word exhaustive for draws sets.
	NoiseExhaustive = "exhaustive"
)

// Values of Detail. The rows of steps are always written.
const (
	DetailSteps       = "steps"
	DetailCoordinates = "coordinates"
	DetailDraws       = "draws"
	DetailConvergence = "convergence" // the distance of the mean of N draws from the exact gradient
	DetailTotal       = "total"       // the sum of the estimates over the measured steps
)

// Values of NonFinite.
const (
	NonFiniteStop  = "stop"
	NonFiniteCount = "count"
)

// Default is the experiment that a key left out of a file falls back on: UORO
// and its control variates against RTRL on a^n b^n(1,32), on half-trained nets.
func Default() *Experiment {
	return &Experiment{
		Name:        "default",
		Task:        task.DefaultChoice(),
		Cells:       []string{"gru", "rnn"},
		Hidden:      32,
		Weights:     "mid",
		WeightSeed:  1,
		Scale:       1,
		Steps:       128,
		Stride:      4,
		Seed:        1,
		Draws:       163840,
		PrecisionOf: PrecisionVar,
		MaxDraws:    1 << 20,
		PlainDraws:  4096,
		Groups:      32,
		LambdaFit:   FitPilot,
		Folds:       4,
		Noise:       NoiseRademacher,
		Guard:       string(estimators.GuardCode),
		Convention:  estimators.Pre.String(),
		Estimators: []string{
			"rtrl", "uoro", "uoro-post",
			"cv-uoro/snap1/trace", "cv-uoro/snap1/unit", "cv-uoro/instant/trace",
			"cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/trace",
		},
		Detail:            []string{DetailSteps},
		NonFinite:         NonFiniteStop,
		CovariateTraining: CovariateTraining{Method: TrainingNone, Updates: 400, Rate: 0.01},
		inputs:            new(input.Files),
	}
}

// MakeTask makes the experiment's task. The error is a *config.FieldError for a
// wrong option, else it names the file that could not be read.
func (e *Experiment) MakeTask() (task.Task, error) {
	t := e.Task
	t.Inputs = e.inputs
	return t.Make()
}

// Inputs tells which bytes the files gave that the experiment named, as far as they
// were read: after Resolve all of them.
func (e *Experiment) Inputs() []input.Digest { return e.inputs.Digests() }

// HasDetail says whether the detail of that name is asked for.
func (e *Experiment) HasDetail(name string) bool { return slices.Contains(e.Detail, name) }
