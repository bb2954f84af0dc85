package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"uorobench/reports"
)

// reportCommand prints a finished run, sweep or training again, from its Parquet alone.
type reportCommand struct {
	Dir    string     `arg:"" help:"run, sweep or training directory"`
	Format formatFlag `default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
	Figure []string   `placeholder:"FILE" help:"a training's curves, drawn again, or with --seconds a sweep's plane; ends in .svg or .png"`

	Timing time.Duration `name:"seconds" placeholder:"200ms" help:"time each estimator or method alone for so long, on this machine and now, and tell the seconds beside the counted work, or beside the steps of a training; nothing is written into DIR"`
}

func (c *reportCommand) execute(ctx context.Context, out output) error {
	if c.Timing != 0 {
		return c.seconds(ctx, out)
	}
	if reports.IsTraining(c.Dir) {
		return c.training(out)
	}
	if len(c.Figure) > 0 {
		return asUsage(fmt.Errorf("--figure: %s is no training directory", c.Dir))
	}
	if reports.IsSweep(c.Dir) {
		r, err := reports.ReadSweep(c.Dir)
		if err != nil {
			return err
		}
		return r.Write(out.stdout, reports.Format(c.Format))
	}
	r, err := reports.ReadReport(c.Dir)
	if err != nil {
		return err
	}
	return r.Write(out.stdout, reports.Format(c.Format))
}

func (c *reportCommand) training(out output) error {
	r, err := reports.ReadTrainingReport(c.Dir)
	if err != nil {
		return err
	}
	if err := c.draw(); err != nil {
		return err
	}
	return r.Write(out.stdout, reports.Format(c.Format))
}

// draw draws the figures that are asked for.
func (c *reportCommand) draw() error {
	if len(c.Figure) == 0 {
		return nil
	}
	f, err := reports.ReadFigure(c.Dir)
	if err != nil {
		return err
	}
	for _, path := range c.Figure {
		err := f.WriteFile(path)
		if bad := (*reports.FigureError)(nil); errors.As(err, &bad) {
			return asUsage(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
