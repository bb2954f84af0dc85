package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"uorobench/reports"
)

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// usageError is a command line or an experiment that cannot be run as it is.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// asUsage marks an error as the user's; nil stays nil.
func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// commands is the grammar. A new command is one line here and one file.
type commands struct {
	Run        runCommand        `cmd:"" help:"Measure an experiment: write datasets, print the report."`
	Sweep      sweepCommand      `cmd:"" help:"Measure an experiment at several values of its fields: tables, exponents."`
	Train      trainCommand      `cmd:"" help:"Train online with each estimator: learning curves, weights, a figure."`
	Report     reportCommand     `cmd:"" help:"Print the report of a run directory again."`
	Bench      benchCommand      `cmd:"" help:"Measure the engine against the machine's peak."`
	Compare    compareCommand    `cmd:"" help:"Compare the variances of two runs, or of one run's estimators."`
	Inspect    inspectCommand    `cmd:"" help:"Tell what a file of weights holds, and what run takes it for."`
	Estimators estimatorsCommand `cmd:"" help:"List the estimators and covariates."`
	Verify     verifyCommand     `cmd:"" help:"Check the program against its oracles, or a run directory against itself."`
	Version    versionCommand    `cmd:"" help:"Print version, revision and build target."`
}

// command is one of commands. Its errors are for run to print.
type command interface {
	execute(ctx context.Context, out output) error
}

// output is where a command writes: results to stdout, all else to stderr.
type output struct{ stdout, stderr io.Writer }

// run is the whole program but for the process: it parses args, carries the
// command out and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := output{stdout, stderr}
	chosen, err := parse(args, out)
	if err == nil && chosen != nil {
		err = chosen.execute(ctx, out)
	}
	return report(stderr, err)
}

// report prints the error in one line and picks the status.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return statusDone
	}
	var stop interrupted
	if errors.As(err, &stop) && stop.signal == syscall.SIGPIPE {
		return stop.status() // whoever stopped reading knows
	}
	fmt.Fprintf(stderr, "uorobench: %s\n", oneLine(err))
	var usage usageError
	switch {
	case errors.As(err, &stop):
		return stop.status()
	case errors.As(err, &usage):
		return statusUsage
	}
	return statusFailed
}

// oneLine joins what errors.Join puts on lines of their own.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

const description = `Bias and variance of online gradient estimators of recurrent networks, measured against the exact gradient.`

// parse returns the command, or nil where only help was asked for.
func parse(args []string, out output) (command, error) {
	grammar := &commands{Run: newRunCommand(), Sweep: newSweepCommand(), Train: newTrainCommand()}
	helped := false
	parser, err := kong.New(grammar,
		kong.Name("uorobench"),
		kong.Description(description),
		kong.Writers(out.stdout, out.stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(helpGroups()),
		kong.WithHyphenPrefixedParameters(true),
		kong.Vars{"builtin": builtInNames(), "trainings": trainingNames(), "matches": strings.Join(reports.Matches(), ", ")},
	)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil, nil
	case err != nil:
		return nil, asUsage(fmt.Errorf("%w; see uorobench --help", err))
	}
	return parsed.Selected().Target.Addr().Interface().(command), nil
}
