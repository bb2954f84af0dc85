package main

import (
	"context"
	"errors"
	"fmt"

	"uorobench/bench/speed"
	"uorobench/reports"
)

// training measures online training with each method.
func (c *benchCommand) training(ctx context.Context, out output) error {
	if len(c.Jobs) > 0 {
		return asUsage(errors.New("--training: takes no jobs; name methods with --methods"))
	}
	methods := c.Methods
	if len(methods) == 0 {
		methods = speed.TrainingMethods
	}
	var speeds []speed.Training
	for _, cell := range c.Cell {
		for _, method := range methods {
			s, err := speed.MeasureTraining(ctx, cell, c.Hidden, method, c.Time)
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil {
				return asUsage(fmt.Errorf("--training: cell %s, method %s: %w", cell, method, err))
			}
			speeds = append(speeds, s)
		}
	}
	return reports.WriteTrainingSpeeds(out.stdout, reports.Format(c.Format), benchTitle(), speeds)
}
