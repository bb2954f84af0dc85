package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"time"

	"uorobench/bench/speed"
	"uorobench/estimators/kernel"
	"uorobench/reports"
)

// benchCommand measures the engine against the machine's peak.
type benchCommand struct {
	Jobs    []string      `arg:"" optional:"" help:"jobs to run; all where none is named"`
	Scaling bool          `help:"in the place of jobs: how the time grows with the draws and with the parameters"`
	Time    time.Duration `default:"2s" placeholder:"2s" help:"for each job"`
	Format  formatFlag    `default:"table" placeholder:"table" help:"form of the table: table, markdown, csv or json"`

	Estimators []string `placeholder:"NAME" help:"in place of jobs: seconds of a step of each of these estimators alone, beside its counted work"`
	Inputs     int      `default:"3" placeholder:"3" help:"with --estimators: inputs of the network"`

	Training bool     `help:"updates per second of training with each method, in place of the jobs"`
	Cell     []string `default:"gru" placeholder:"gru" help:"with --training or --estimators: the cells"`
	Hidden   int      `default:"32" placeholder:"32" help:"with --training or --estimators: hidden units"`
	Methods  []string `placeholder:"NAME" help:"with --training: the methods; those of the documentation's table where none is named"`

	Profile profileFlags `embed:""`
}

// Help is the text between the command's usage and its flags.
func (c *benchCommand) Help() string {
	return `Chunks of each job take turns with a kernel that only multiplies and adds on registers; the table tells the median of the ratios.
With --scaling networks and numbers of draws of several sizes take turns, and exponents are fitted.`
}

func (c *benchCommand) execute(ctx context.Context, out output) (err error) {
	jobs, err := c.jobs()
	if err != nil {
		return asUsage(err)
	}
	if c.Time <= 0 || c.Time > time.Hour {
		return asUsage(fmt.Errorf("--time %v: must be more than 0 and at most 1h", c.Time))
	}
	if err := c.Profile.check(""); err != nil {
		return asUsage(err)
	}
	stop, err := c.Profile.start(out.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if len(c.Estimators) > 0 {
		return c.estimators(ctx, out)
	}
	if c.Training {
		return c.training(ctx, out)
	}
	title := fmt.Sprintf("%s/%s, kernels %s, one thread", runtime.GOOS, runtime.GOARCH, kernel.Name())
	if c.Scaling {
		return c.scaling(ctx, out, title)
	}
	var speeds []speed.Speed
	for _, j := range jobs {
		s, err := labelled(ctx, j, c.Time)
		if err != nil {
			return err
		}
		speeds = append(speeds, s)
	}
	return reports.WriteSpeeds(out.stdout, reports.Format(c.Format), benchTitle(), speeds)
}

// labelled is speed.Measure, whose samples in a CPU profile tell the job.
func labelled(ctx context.Context, j speed.Job, during time.Duration) (s speed.Speed, err error) {
	pprof.Do(ctx, pprof.Labels("job", j.Name), func(ctx context.Context) { s, err = speed.Measure(ctx, j, during) })
	return s, err
}

func benchTitle() string {
	return fmt.Sprintf("%s/%s, kernels %s, one thread", runtime.GOOS, runtime.GOARCH, kernel.Name())
}

// scaling takes --time for each of the two sizes.
func (c *benchCommand) scaling(ctx context.Context, out output, title string) error {
	if len(c.Jobs) > 0 {
		return asUsage(fmt.Errorf("--scaling: has sizes of its own and takes no jobs: %v", c.Jobs))
	}
	found, err := speed.MeasureScaling(ctx, 2*c.Time)
	if err != nil {
		return err
	}
	return reports.WriteScalings(out.stdout, reports.Format(c.Format), title, found)
}

func (c *benchCommand) jobs() ([]speed.Job, error) {
	if len(c.Jobs) == 0 {
		return speed.Jobs, nil
	}
	var jobs []speed.Job
	for _, name := range c.Jobs {
		j, err := speed.Find(name)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}
