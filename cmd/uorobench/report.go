package main

import (
	"context"

	"uorobench/reports"
)

// reportCommand prints a finished run, sweep or training again, from its Parquet alone.
type reportCommand struct {
	Dir    string     `arg:"" help:"run, sweep or training directory"`
	Format formatFlag `default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
}

func (c *reportCommand) execute(_ context.Context, out output) error {
	if reports.IsSweep(c.Dir) {
		r, err := reports.ReadSweep(c.Dir)
		if err != nil {
			return err
		}
		return r.Write(out.stdout, reports.Format(c.Format))
	}
	if reports.IsTraining(c.Dir) {
		r, err := reports.ReadTrainingReport(c.Dir)
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
