package bench

import (
	"errors"
	"fmt"
	"slices"

	"uorobench/bench/config"
	"uorobench/bench/weights"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Validate says whether the experiment can be run: each value by itself, their
// combinations, the task's sequence, and the weights' fit to every cell. It
// reads the files that the experiment names and writes nothing. The error is one
// line; where a field is at fault it is a *config.FieldError.
func (e *Experiment) Validate() error {
	e, err := e.fromWeights()
	if err != nil {
		return err
	}
	return e.validate()
}

func (e *Experiment) validate() error {
	if err := e.Fields().Check(); err != nil {
		return err
	}
	for _, check := range []func(*Experiment) error{
		(*Experiment).checkCovariateTraining,
		(*Experiment).checkWindow,
		(*Experiment).checkGroups,
		(*Experiment).checkPrecision,
		(*Experiment).checkMemory,
		(*Experiment).checkTask,
		(*Experiment).checkCells,
		(*Experiment).checkPatterns,
		(*Experiment).checkWeights,
	} {
		if err := check(e); err != nil {
			return err
		}
	}
	return nil
}

// Resolve validates the experiment and returns its canonical form: the number
// of pilot draws filled in (a quarter of the draws, but at least 512 and 16 per
// group), what a file of weights says of its cell and size, λ scopes and the covariates' training spelled out, details in order, and all that has no meaning
// here (another task's options, say) at its default. Equal measurements have
// equal canonical forms. e is not changed.
func (e *Experiment) Resolve() (*Experiment, error) {
	if len(e.Over) > 0 {
		return nil, fmt.Errorf("the experiment is a sweep, over %s: use \"uorobench sweep\"", axisNames(e.Over))
	}
	e, err := e.fromWeights()
	if err != nil {
		return nil, err
	}
	if err := e.validate(); err != nil {
		return nil, err
	}
	c := *e
	c.places = nil
	c.Cells = slices.Clone(e.Cells)
	c.Estimators, c.Detail = e.canonicalLabels(), nil
	for _, d := range details() {
		if d == DetailSteps || e.HasDetail(d) {
			c.Detail = append(c.Detail, d)
		}
	}
	c.CovariateTraining.Method = TrainingNone // the labels say it now
	c.Fields().Reset()
	c.Pilot = c.pilotDraws()
	c.SequenceSeed = c.sequenceSeed()
	return &c, nil
}

// minPilot is 16 draws for each of the default number of groups: enough that a
// λ of a scope with one coefficient has a standard error worth printing.
const minPilot = 512

func (e *Experiment) pilotDraws() int64 {
	if e.LambdaFit != FitPilot || e.Pilot > 0 {
		return e.Pilot
	}
	return max(e.Draws/4, minPilot, Lanes*int64(e.Groups))
}

// refuse makes the error of a combination: see config.Config.Refuse.
func (e *Experiment) refuse(wrong string, keys ...string) error {
	return e.Fields().Refuse(wrong, keys...)
}

func (e *Experiment) checkWindow() error {
	if e.Stride > e.Steps {
		return e.refuse(fmt.Sprintf("no step would be measured: stride = %d is larger than steps = %d", e.Stride, e.Steps), "stride", "steps")
	}
	return nil
}

// checkGroups sees to it that every group has draws: standard errors are the
// spread between groups.
func (e *Experiment) checkGroups() error {
	least := Lanes * int64(e.Groups)
	wrong := func(what string) string {
		return fmt.Sprintf("%s must be at least %d, %d for each of the groups = %d", what, least, Lanes, e.Groups)
	}
	switch {
	case e.Noise == NoiseExhaustive && e.HasDetail(DetailConvergence):
		return e.refuse("convergence is of the mean of random draws, and noise = \"exhaustive\" has none", "detail", "noise")
	case e.Draws < least:
		return e.refuse(wrong("draws"), "draws", "groups")
	case e.PlainDraws < least:
		return e.refuse(wrong("plain_draws"), "plain_draws", "groups")
	case e.LambdaFit == FitPilot && e.Pilot > 0 && e.Pilot < least:
		return e.refuse(wrong("pilot_draws"), "pilot_draws", "groups")
	case e.LambdaFit == FitCross && e.Folds > e.Groups:
		return e.refuse(fmt.Sprintf("folds = %d is larger than groups = %d, and a fold is a set of groups", e.Folds, e.Groups), "folds", "groups")
	}
	return nil
}

// maxTrajectory bounds the memory of what all draws share, in bytes.
const maxTrajectory = 8 << 30

// checkMemory refuses a trajectory that no usual machine can hold, before it is
// made: T Jacobians of S×S numbers.
func (e *Experiment) checkMemory() error {
	parts := 1
	for _, name := range e.Cells {
		if c, err := cell.New(name, 1, 1); err == nil {
			parts = max(parts, c.Layout().Parts)
		}
	}
	state := int64(e.Hidden * parts)
	if need := 8 * int64(e.Steps) * state * state; need > maxTrajectory {
		return e.refuse(fmt.Sprintf("the trajectory would take %d GiB (steps = %d times the square of %d state entries), allowed %d GiB",
			need>>30, e.Steps, state, int64(maxTrajectory)>>30), "steps", "hidden")
	}
	return nil
}

// checkTask makes the task and its sequence, and looks for a measured step that
// has a loss.
func (e *Experiment) checkTask() error {
	if _, err := e.MakeTask(); errors.As(err, new(*config.FieldError)) {
		return e.Fields().Locate(err)
	} else if err != nil {
		return e.refuse(err.Error(), "task.file", "task.data")
	}
	_, seq, err := sequencesOf(e)
	if err != nil {
		return e.refuse(err.Error(), "steps", "warm_up", "task.length", "task.delay", "task.offset", "task.file", "task.data")
	}
	for t := e.Stride; t <= e.Steps; t += e.Stride {
		if seq.HasLoss(t - 1) {
			return nil
		}
	}
	return e.refuse(fmt.Sprintf("no step would be measured: of the steps %d, %d, … up to %d none has a loss", e.Stride, 2*e.Stride, e.Steps), "stride", "steps")
}

// checkCells asks every estimator whether every cell can have it.
func (e *Experiment) checkCells() error {
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
			if err := admits(c.Layout(), label); err != nil {
				return e.refuse(fmt.Sprintf("cell %s cannot have %q: %s", name, label, err), "estimators", "cell", "hidden")
			}
		}
	}
	return nil
}

func admits(l *cell.Layout, label string) error {
	sel, err := estimators.Parse(label)
	if err != nil {
		return err
	}
	return sel.Spec.Check(l)
}

// checkWeights loads the weights for every cell.
func (e *Experiment) checkWeights() error {
	if e.Weights == WeightsRandom {
		return nil
	}
	_, seq, err := sequencesOf(e)
	if err != nil {
		return err
	}
	for _, name := range e.Cells {
		if _, _, err := network(e, name, seq.X, seq.Y); err != nil {
			keys := []string{"weights", "hidden", "cell"}
			if weights.IsStage(e.Weights) || e.Weights == WeightsBalancing {
				keys = append(keys, "task.name", "task.layout")
			}
			return e.refuse(err.Error()+e.balancingHint(), keys...)
		}
	}
	return nil
}
