package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"uorobench/bench"
	"uorobench/bench/training"
	"uorobench/reports"
)

// trainCommand trains networks online and draws their learning curves.
type trainCommand struct {
	Experiment string `arg:"" optional:"" default:"train-anbn-quick" help:"A built-in training experiment (${trainings}) or a TOML file."`

	fieldFlags

	Out     string     `required:"" group:"Output" placeholder:"DIR" help:"training directory, new or empty"`
	Resume  bool       `group:"Output" help:"go on with an interrupted training in DIR; all else must be given as before"`
	Format  formatFlag `group:"Output" default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
	Quiet   bool       `group:"Output" short:"q" help:"no progress bar and no closing line on stderr"`
	Workers int        `group:"Output" placeholder:"CORES" help:"threads; the results do not depend on them"`
}

func newTrainCommand() trainCommand {
	return trainCommand{fieldFlags: newFieldFlags(training.DefaultExperiment().Fields())}
}

// saveEvery is the number of steps from one checkpoint of a training to the
// next: a killed training loses the work of a minute or so.
const saveEvery = 10000

// execute implements command. Everything that can be wrong with the experiment
// is said before the directory is made.
func (c *trainCommand) execute(ctx context.Context, out output) error {
	if c.Workers < 0 || c.Workers > maxWorkers {
		return asUsage(fmt.Errorf("--workers %d: must be a whole number from 0 (one per core) to %d", c.Workers, maxWorkers))
	}
	e, plan, err := c.experiment()
	if err != nil {
		return asUsage(err)
	}
	open := reports.NewTrainingWriter
	if c.Resume {
		open = reports.ResumeTraining
	}
	writer, err := open(c.Out, e)
	if err != nil {
		return asUsage(err)
	}
	return c.train(ctx, plan, writer, out)
}

// experiment is the file with the flags over it.
func (c *trainCommand) experiment() (*training.Experiment, *training.Plan, error) {
	e, err := training.Load(c.Experiment)
	if err != nil {
		return nil, nil, err
	}
	if err := c.apply(e.Fields()); err != nil {
		return nil, nil, err
	}
	plan, err := e.Plan()
	return e, plan, err
}

func (c *trainCommand) train(ctx context.Context, plan *training.Plan, writer *reports.TrainingWriter, out output) error {
	plan.Store, plan.SaveEvery = writer.Store(), saveEvery
	started := time.Now()
	results, err := c.run(ctx, plan, out)
	if err != nil {
		return err
	}
	made, err := writer.Finish(results, originOf(started, c.Workers))
	if err != nil { // a full disk must not cost the figures of a long training as well
		return errors.Join(err, made.Write(out.stdout, reports.Format(c.Format)))
	}
	if !c.Quiet {
		fmt.Fprintf(out.stderr, "uorobench: wrote %s\n", c.Out)
	}
	return made.Write(out.stdout, reports.Format(c.Format))
}

// run carries out the plan behind a progress bar.
func (c *trainCommand) run(ctx context.Context, plan *training.Plan, out output) ([]training.Result, error) {
	bar := newProgress(out.stderr, c.Quiet)
	bar.unit = "steps"
	defer bar.close()
	workers := c.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	results, err := plan.Run(ctx, workers, trainingProgress(bar.callback()))
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, suspendedBy(cause, c.Out)
	}
	return results, err
}

// trainingProgress adds up what the trainings report, which they do from
// several goroutines; nil where nothing is shown.
func trainingProgress(show func(bench.Progress)) func(training.Progress) {
	if show == nil {
		return nil
	}
	var lock sync.Mutex
	done := map[int]int64{}
	return func(now training.Progress) {
		lock.Lock()
		defer lock.Unlock()
		done[now.Run] = int64(now.Done)
		all := bench.Progress{Cell: now.Method, Phase: fmt.Sprintf("seed %d", now.Seed), Total: int64(now.Runs) * int64(now.Steps)}
		for _, n := range done {
			all.Done += n
		}
		show(all)
	}
}

// suspended is a signal that ended a training or a sweep, which can go on.
type suspended struct {
	interrupted
	kept, dir string
}

func suspendedBy(cause error, dir string) error {
	if signal, ok := cause.(interrupted); ok {
		return suspended{signal, "checkpoints", dir}
	}
	return cause
}

func (s suspended) Error() string {
	return fmt.Sprintf("interrupted (%s): %s are kept in %s; go on with --resume", s.signal, s.kept, s.dir)
}

func (s suspended) Unwrap() error { return s.interrupted }

func trainingNames() string { return strings.Join(training.BuiltIn(), ", ") }
