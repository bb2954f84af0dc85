package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"uorobench/bench/speed"
	"uorobench/estimators"
	"uorobench/reports"
)

// seconds prints what the estimators of a finished run or sweep take on this machine.
func (c *reportCommand) seconds(ctx context.Context, out output) error {
	if err := c.checkSeconds(); err != nil {
		return asUsage(err)
	}
	if reports.IsSweep(c.Dir) {
		return c.sweepSeconds(ctx, out)
	}
	if reports.IsTraining(c.Dir) {
		return c.trainingSeconds(ctx, out)
	}
	r, err := reports.ReadReport(c.Dir)
	if err != nil {
		return err
	}
	s, err := measureSeconds(ctx, r.Timeables(), c.Timing)
	if err != nil {
		return err
	}
	return r.WriteSeconds(out.stdout, reports.Format(c.Format), s)
}

func (c *reportCommand) checkSeconds() error {
	switch {
	case c.Timing < 0 || c.Timing > time.Minute:
		return fmt.Errorf("--seconds %v: must be more than 0 and at most 1m for each estimator", c.Timing)
	case reports.Format(c.Format) == reports.CSV || reports.Format(c.Format) == reports.JSON:
		return fmt.Errorf("--seconds: the format is table or markdown, not %s; uorobench bench has them in all forms", c.Format)
	case len(c.Figure) > 0 && !reports.IsSweep(c.Dir):
		return fmt.Errorf("--figure: %s is no sweep directory", c.Dir)
	}
	return nil
}

// trainingSeconds times the updates of a training's methods. They are those of one draw on
// a^n b^n; a training of other work is refused.
func (c *reportCommand) trainingSeconds(ctx context.Context, out output) error {
	r, err := reports.ReadTrainingReport(c.Dir)
	if err != nil {
		return err
	}
	speeds := map[string]speed.Training{}
	for _, m := range r.Methods() {
		s, err := speed.MeasureTraining(ctx, m.Cell, m.Hidden, m.Method, c.Timing)
		if err != nil {
			return err
		}
		if s.Used != m.Used || s.Spent != m.Spent {
			return asUsage(fmt.Errorf("--seconds: a step of %s took %d counted multiply-adds in %s and takes %d here; only trainings of one draw on a^n b^n, by this version, can be timed",
				m.Method, m.Used, c.Dir, s.Used))
		}
		speeds[m.Method] = s
	}
	return r.WriteSeconds(out.stdout, reports.Format(c.Format), benchTitle(), speeds)
}

func (c *reportCommand) sweepSeconds(ctx context.Context, out output) error {
	r, err := reports.ReadSweep(c.Dir)
	if err != nil {
		return err
	}
	s, err := measureSeconds(ctx, r.Timeables(), c.Timing)
	if err != nil {
		return err
	}
	for _, path := range c.Figure {
		plane, ok := reports.SecondsPlaneOf(r, s)
		if !ok {
			return asUsage(fmt.Errorf("--figure: %s has fewer than three estimators to draw", c.Dir))
		}
		if err := plane.WriteFile(path); err != nil {
			if bad := (*reports.FigureError)(nil); errors.As(err, &bad) {
				return asUsage(err)
			}
			return err
		}
	}
	return r.WriteSeconds(out.stdout, reports.Format(c.Format), s)
}

// measureSeconds times each estimator alone, one after the other.
func measureSeconds(ctx context.Context, of []reports.Timeable, during time.Duration) (*reports.Seconds, error) {
	s := reports.NewSeconds(benchTitle())
	for _, t := range of {
		inputs, err := speed.InputsOf(t.Cell, t.Hidden, t.Label, t.Convention, t.Draw, t.Known)
		if err != nil {
			return nil, err
		}
		step, err := speed.MeasureStep(ctx, t.Cell, t.Hidden, inputs, t.Label, t.Convention, during)
		if err != nil {
			return nil, err
		}
		s.Add(t, step)
	}
	return s, nil
}

// estimators times steps of single estimators, in the place of jobs.
func (c *benchCommand) estimators(ctx context.Context, out output) error {
	if len(c.Jobs) > 0 || c.Training || c.Scaling || len(c.Methods) > 0 {
		return asUsage(errors.New("--estimators: takes no jobs, --training, --scaling or --methods"))
	}
	if c.Inputs < 1 {
		return asUsage(fmt.Errorf("--inputs %d: must be at least 1", c.Inputs))
	}
	var steps []speed.Step
	for _, cell := range c.Cell {
		for _, label := range c.Estimators {
			s, err := speed.MeasureStep(ctx, cell, c.Hidden, c.Inputs, label, estimators.Pre, c.Time)
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil {
				return asUsage(fmt.Errorf("--estimators: cell %s, %s: %w", cell, label, err))
			}
			steps = append(steps, s)
		}
	}
	return reports.WriteSteps(out.stdout, reports.Format(c.Format), benchTitle(), steps)
}
