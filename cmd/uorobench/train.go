package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
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

	Out     string     `required:"" placeholder:"DIR" help:"training directory, new or empty"`
	Set     []string   `sep:"none" placeholder:"KEY=VALUE" help:"replace a key of the file, as in --set steps=5000 --set optimizer.rate=1e-2"`
	Resume  bool       `help:"go on with an interrupted training in DIR; all else must be given as before"`
	Format  formatFlag `default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
	Quiet   bool       `short:"q" help:"no progress bar and no closing line on stderr"`
	Workers int        `placeholder:"CORES" help:"threads; the results do not depend on them"`
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
	e, err := c.experiment()
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
	return c.train(ctx, e, writer, out)
}

// experiment is the file with the values of --set over it. They are applied at
// once, since a value may be right only beside another (steps and snapshots).
func (c *trainCommand) experiment() (*training.Experiment, error) {
	e, err := training.Load(c.Experiment)
	if err != nil || len(c.Set) == 0 {
		return e, err
	}
	var text strings.Builder
	for _, s := range c.Set {
		line, err := assignment(s)
		if err != nil {
			return nil, err
		}
		text.WriteString(line)
	}
	return e, e.Apply([]byte(text.String()), "--set")
}

var (
	keyForm = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	// bareForm is a value that TOML takes as it stands: a number, a list, a
	// truth value, or text in quotes. All else is text without its quotes.
	bareForm = regexp.MustCompile(`^([-+]?[0-9.]|[\["'{]|(true|false)$)`)
)

// assignment turns KEY=VALUE into a line of TOML.
func assignment(s string) (string, error) {
	key, value, ok := strings.Cut(s, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !ok || value == "" || !keyForm.MatchString(key) || strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("--set %q: want KEY=VALUE on one line, such as steps=5000 or task.hi=8", s)
	}
	if !bareForm.MatchString(value) {
		value = strconv.Quote(value)
	}
	return key + " = " + value + "\n", nil
}

func (c *trainCommand) train(ctx context.Context, e *training.Experiment, writer *reports.TrainingWriter, out output) error {
	plan, err := e.Plan()
	if err != nil {
		return err
	}
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
