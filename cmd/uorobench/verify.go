package main

import (
	"context"
	"errors"
	"fmt"

	"uorobench/bench/verify"
	"uorobench/reports"
)

// verifyCommand checks the program against its oracles, or a finished run
// against itself.
type verifyCommand struct {
	Dir       string     `arg:"" optional:"" help:"Run or sweep directory: check its files, and its figures against each other, instead of the program."`
	Cell      []string   `placeholder:"CELL" help:"check these cells only"`
	Estimator []string   `placeholder:"NAME" help:"check these estimators or families of estimators only"`
	Check     []string   `placeholder:"NAME" help:"do these checks only, by their names in the table"`
	Cases     bool       `help:"a line for every case, not for every check"`
	Workers   int        `placeholder:"CORES" help:"threads; the results do not depend on them"`
	Format    formatFlag `default:"table" placeholder:"table" help:"form of the table: table, markdown, csv or json (the last two have every case)"`
}

// Help is the text between the command's usage and its flags.
func (c *verifyCommand) Help() string {
	return `Every estimator, covariate, guard, convention and noise law on small networks of every cell, against oracles that share no code with them. The exit status is 1 if anything fails.`
}

func (c *verifyCommand) execute(ctx context.Context, out output) error {
	if err := c.checkUse(); err != nil {
		return asUsage(err)
	}
	if c.Dir != "" && reports.IsSweep(c.Dir) {
		return c.sweep(ctx, out)
	}
	cases, err := c.cases(ctx)
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		return asUsage(errors.New("verify: there is nothing to check: no such estimator can be had on these cells"))
	}
	if err := (reports.Verification{Cases: cases, Each: c.Cases}).Write(out.stdout, reports.Format(c.Format)); err != nil {
		return err
	}
	return failed(cases)
}

// sweep checks every point of a sweep and the sweep's own files.
func (c *verifyCommand) sweep(ctx context.Context, out output) error {
	parts, err := reports.RecheckSweep(ctx, c.Dir, c.Workers)
	if err != nil {
		return err
	}
	v := reports.SweepVerification{Parts: parts, Each: c.Cases}
	if err := v.Write(out.stdout, reports.Format(c.Format)); err != nil {
		return err
	}
	return failed(v.Cases())
}

// failed is the error of cases that do not hold.
func failed(cases []verify.Case) error {
	if n := len(verify.Failures(cases)); n > 0 {
		return fmt.Errorf("verify: %d of %d cases fail", n, len(cases))
	}
	return nil
}

func (c *verifyCommand) checkUse() error {
	if c.Workers < 0 || c.Workers > maxWorkers {
		return fmt.Errorf("--workers %d: must be a whole number from 0 (one per core) to %d", c.Workers, maxWorkers)
	}
	if c.Dir != "" && len(c.Cell)+len(c.Estimator)+len(c.Check) > 0 {
		return errors.New("verify: --cell, --estimator and --check narrow the checks of the program; a run directory is checked whole")
	}
	return nil
}

func (c *verifyCommand) cases(ctx context.Context) ([]verify.Case, error) {
	if c.Dir != "" {
		return reports.Recheck(c.Dir)
	}
	more := reports.ProgramChecks()
	selection, err := verify.Select(c.Cell, c.Estimator, c.Check, more...)
	if err != nil {
		return nil, asUsage(fmt.Errorf("verify: %w", err))
	}
	return verify.Run(ctx, verify.Options{Selection: selection, Workers: c.Workers, More: more})
}
