package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"uorobench/bench/speed"
	"uorobench/estimators/kernel"
	"uorobench/reports"
)

// benchCommand measures the engine against the machine's peak.
type benchCommand struct {
	Jobs   []string      `arg:"" optional:"" help:"jobs to run; all where none is named"`
	Time   time.Duration `default:"2s" placeholder:"2s" help:"for each job"`
	Format formatFlag    `default:"table" placeholder:"table" help:"form of the table: table, markdown, csv or json"`
}

// Help is the text between the command's usage and its flags.
func (c *benchCommand) Help() string {
	return `Chunks of each job take turns with a kernel that only multiplies and adds on registers; the table tells the median of the ratios.`
}

func (c *benchCommand) execute(ctx context.Context, out output) error {
	jobs, err := c.jobs()
	if err != nil {
		return asUsage(err)
	}
	if c.Time <= 0 || c.Time > time.Hour {
		return asUsage(fmt.Errorf("--time %v: must be more than 0 and at most 1h", c.Time))
	}
	var speeds []speed.Speed
	for _, j := range jobs {
		s, err := speed.Measure(ctx, j, c.Time)
		if err != nil {
			return err
		}
		speeds = append(speeds, s)
	}
	title := fmt.Sprintf("%s/%s, kernels %s, one thread", runtime.GOOS, runtime.GOARCH, kernel.Name())
	return reports.WriteSpeeds(out.stdout, reports.Format(c.Format), title, speeds)
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
