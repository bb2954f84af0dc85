package main

import (
	"context"

	"uorobench/reports"
)

// compareCommand compares the variances of two runs, or of one run's estimators.
type compareCommand struct {
	A        string     `arg:"" help:"run directory"`
	B        string     `arg:"" optional:"" help:"run directory that is compared with A"`
	Baseline string     `placeholder:"NAME" help:"compare every estimator of B (or of A, without B) with this one of A"`
	Match    []string   `placeholder:"LIST" help:"columns that two rows must agree in: ${matches}; the step always"`
	Steps    bool       `help:"step by step, instead of all measured steps together"`
	Force    bool       `help:"compare runs although their trajectories differ"`
	Format   formatFlag `default:"table" placeholder:"table" help:"form of the comparison: table, markdown, csv or json"`
}

// Help is the text between the command's usage and its flags.
func (c *compareCommand) Help() string {
	return `Prints var_trace of B over that of A with its 95 % interval, its p, and p adjusted for all rows (Holm). A ratio that is not told from 1 is ~. Runs that were not measured on the same weights and sequence are refused.`
}

func (c *compareCommand) execute(_ context.Context, out output) error {
	a, err := reports.ReadRun(c.A)
	if err != nil {
		return err
	}
	var b *reports.RunData
	if c.B != "" {
		if b, err = reports.ReadRun(c.B); err != nil {
			return err
		}
	}
	made, err := reports.Compare(a, b, reports.CompareOptions{Match: c.Match, Baseline: c.Baseline, Steps: c.Steps, Force: c.Force})
	if err != nil {
		return asUsage(err)
	}
	return made.Write(out.stdout, reports.Format(c.Format))
}
