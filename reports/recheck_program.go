package reports

import (
	"context"
	"fmt"

	"uorobench/bench"
	"uorobench/bench/verify"
)

// ProgramChecks are the checks of the program that look at rows as they are written,
// for verify.Options.More.
func ProgramChecks() []*verify.Check { return []*verify.Check{writtenCheck} }

// writtenCheck makes runs of milliseconds and looks at all rows that they would
// write, as Recheck looks at those of a directory. Its job closes over the check, so
// it is set when the package begins.
var writtenCheck = newWrittenCheck()

func newWrittenCheck() *verify.Check {
	var check *verify.Check
	check = verify.NewCheck("written rows", "the draws made again one by one, and the other columns",
		"every column of every dataset of small runs: by plain batches, the engine, all patterns and with a closed form, with all details; relative", 1e-6,
		func() []verify.Job {
			var jobs []verify.Job
			for _, fix := range columnFixtures() {
				at := verify.Subject{Cell: fix.experiment.Cells[0], Guard: fix.experiment.Guard, Noise: fix.experiment.Noise}
				jobs = append(jobs, verify.Job{Subject: at, Do: func() []verify.Case { return writtenCases(check, at, fix) }})
			}
			return jobs
		})
	return check
}

// writtenCases are those of a fixture, under one check.
func writtenCases(check *verify.Check, at verify.Subject, fix columnFixture) []verify.Case {
	rows, err := measureFixture(fix.experiment)
	if err != nil {
		return []verify.Case{{Check: check, Subject: at, Failure: fmt.Sprintf("%s: %v", fix.name, err)}}
	}
	cases := rows.recheck(nil)
	for i := range cases {
		c := &cases[i]
		switch {
		case c.Failure != "":
			c.Failure = fmt.Sprintf("%s: %s: %s", fix.name, c.Check.Name, c.Failure)
		case !c.Passed():
			c.Failure = fmt.Sprintf("%s: %s: error %.2g, allowed %.2g", fix.name, c.Check.Name, c.Error, c.Check.Tolerance)
		}
		c.Check, c.Cell, c.Guard, c.Noise = check, at.Cell, at.Guard, at.Noise
	}
	return cases
}

// measureFixture runs an experiment and keeps its rows.
func measureFixture(e *bench.Experiment) (*runRows, error) {
	var draws []bench.DrawValue
	o := bench.RunOptions{Workers: 1}
	if e.HasDetail(bench.DetailDraws) {
		o.Draws = func(d []bench.DrawValue) error { draws = append(draws, d...); return nil }
	}
	r, err := bench.Run(context.Background(), e, o)
	if err != nil {
		return nil, err
	}
	return rowsOfResult(r, draws), nil
}
