package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"uorobench/bench"
	"uorobench/reports"
)

// sweepCommand measures an experiment at several values of its fields.
type sweepCommand struct {
	Experiment string `arg:"" optional:"" default:"default" help:"A built-in experiment (${builtin}) or a TOML file."`

	fieldFlags

	Over    []string   `group:"Output" sep:"none" placeholder:"AXIS" help:"FIELD=VALUE,VALUE,… or FIELD=FROM..TO; several make a grid. Values of seed, weight-seed and sequence-seed are repetitions. Else the axes of the file"`
	Out     string     `group:"Output" placeholder:"DIR" help:"sweep directory, new or empty; else runs/NAME-sweep-TIME"`
	Resume  bool       `group:"Output" help:"go on with an interrupted sweep in DIR: finished points stay; all else must be given as before"`
	Format  formatFlag `group:"Output" default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
	Quiet   bool       `group:"Output" short:"q" help:"no progress bar and no lines on stderr"`
	Workers int        `group:"Output" placeholder:"CORES" help:"threads; the results do not depend on them"`
}

func newSweepCommand() sweepCommand {
	return sweepCommand{fieldFlags: newFieldFlags(bench.Default().Fields())}
}

// Help is the text between the command's usage and its flags.
func (c *sweepCommand) Help() string {
	return `Every point is a run directory of its own, DIR/axis_FIELD=VALUE/…, so "SELECT … FROM read_parquet('DIR/**/summary.parquet', hive_partitioning = true)" has the axes as columns.`
}

// execute implements command. Everything that can be wrong with any point is
// said before the directory is made.
func (c *sweepCommand) execute(ctx context.Context, out output) error {
	base, axes, points, err := c.plan()
	if err != nil {
		return asUsage(err)
	}
	manifest := reports.NewSweepManifest(base, axes, points)
	dir := c.Out
	if dir == "" {
		dir = filepath.Join("runs", fmt.Sprintf("%s-sweep-%s", base.Name, time.Now().UTC().Format("20060102T150405Z")))
	}
	sweep, err := c.open(dir, &manifest)
	if err != nil {
		return asUsage(err)
	}
	manifest.Started = time.Now()
	if err := c.measure(ctx, sweep, points, out); err != nil {
		return err
	}
	origin := originOf(manifest.Started, c.Workers)
	manifest.Program, manifest.Host, manifest.Ended = origin.Program, origin.Host, origin.Ended
	made, err := manifest.Report(dir)
	if err != nil {
		return err
	}
	if err := sweep.Finish(made); err != nil {
		return errors.Join(err, made.Write(out.stdout, reports.Format(c.Format)))
	}
	if !c.Quiet {
		fmt.Fprintf(out.stderr, "uorobench: wrote %s\n", dir)
	}
	return made.Write(out.stdout, reports.Format(c.Format))
}

// plan reads the experiment and the axes.
func (c *sweepCommand) plan() (*bench.Experiment, []bench.Axis, []bench.Point, error) {
	if c.Workers < 0 || c.Workers > maxWorkers {
		return nil, nil, nil, fmt.Errorf("--workers %d: must be a whole number from 0 (one per core) to %d", c.Workers, maxWorkers)
	}
	base, err := bench.Load(c.Experiment)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := c.apply(base.Fields()); err != nil {
		return nil, nil, nil, err
	}
	axes := base.Over
	if len(c.Over) > 0 {
		axes = nil
	}
	for _, text := range c.Over {
		axis, err := bench.ParseAxis(text)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("--over: %w", err)
		}
		axes = append(axes, axis)
	}
	points, err := bench.Sweep(base, axes)
	return base, axes, points, err
}

// open makes the sweep's directory, or takes up the one of an interrupted sweep.
func (c *sweepCommand) open(dir string, m *reports.SweepManifest) (*reports.SweepDir, error) {
	if !c.Resume {
		return reports.CreateSweep(dir, m)
	}
	if c.Out == "" {
		return nil, errors.New("--resume: want --out DIR, the directory to go on with")
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--resume: %s is not a directory", dir)
	}
	sweep, err := reports.ResumeSweep(dir, m)
	if err != nil {
		return nil, fmt.Errorf("--resume: %w", err)
	}
	return sweep, nil
}

// measure runs the points that are not finished.
func (c *sweepCommand) measure(ctx context.Context, sweep *reports.SweepDir, points []bench.Point, out output) error {
	for i, p := range points {
		if sweep.Finished(i) {
			continue
		}
		if err := c.point(ctx, sweep, i, p, out); err != nil {
			return c.stopped(err, sweep, i, points)
		}
		if !c.Quiet {
			fmt.Fprintf(out.stderr, "uorobench: %d of %d: %s\n", i+1, len(points), p.Name())
		}
	}
	return nil
}

// stopped says at which point a sweep ended, and what is left of it. A new sweep
// whose first point came to nothing leaves nothing.
func (c *sweepCommand) stopped(err error, sweep *reports.SweepDir, at int, points []bench.Point) error {
	done := 0
	for i := range points {
		if i < at || sweep.Finished(i) {
			done++
		}
	}
	name := points[at].Name()
	if done == 0 && !c.Resume {
		return errors.Join(fmt.Errorf("sweep at %s: %w", name, err), sweep.Discard())
	}
	var signal interrupted
	if errors.As(err, &signal) {
		return suspended{signal, fmt.Sprintf("%d of %d points", done, len(points)), sweep.Path()}
	}
	return fmt.Errorf("sweep at %s: %w (%d of %d points are finished in %s; --resume goes on)", name, err, done, len(points), sweep.Path())
}

// point measures one point into its run directory.
func (c *sweepCommand) point(ctx context.Context, sweep *reports.SweepDir, i int, p bench.Point, out output) error {
	dir, err := sweep.Point(i)
	if err != nil {
		return err
	}
	// What is left of a point that failed would read as one more point.
	m := measurement{workers: c.Workers, bar: newProgress(out.stderr, c.Quiet), discard: true}
	defer m.bar.close()
	if _, err = m.into(ctx, p.Experiment, dir); err != nil {
		return err
	}
	return dir.Unmark()
}
