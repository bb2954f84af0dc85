package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"uorobench/bench"
	"uorobench/reports"
)

// runCommand measures an experiment.
type runCommand struct {
	Experiment string `arg:"" optional:"" default:"default" help:"A built-in experiment (${builtin}) or a TOML file."`

	fieldFlags

	Out     string       `group:"Output" placeholder:"DIR" help:"run directory, new or empty; else runs/NAME-TIME-HASH"`
	Format  formatFlag   `group:"Output" default:"table" placeholder:"table" help:"form of the report: table, markdown, csv or json"`
	Quiet   bool         `group:"Output" short:"q" help:"no progress bar and no closing line on stderr"`
	Workers int          `group:"Output" placeholder:"CORES" help:"threads; the results do not depend on them"`
	Profile profileFlags `embed:""`
}

func newRunCommand() runCommand {
	return runCommand{fieldFlags: newFieldFlags(bench.Default().Fields())}
}

// Help is the text between the command's usage and its flags.
func (c *runCommand) Help() string {
	return `A flag replaces the value of the experiment's file. The value shown after a flag is what holds where neither gives one.`
}

// execute implements command. Everything that can be wrong with the experiment
// is said before the run directory is made.
func (c *runCommand) execute(ctx context.Context, out output) (err error) {
	e, err := c.experiment()
	if err != nil {
		return asUsage(err)
	}
	dir, err := reports.CreateDir(c.directory(e, time.Now()))
	if err != nil {
		return asUsage(err)
	}
	if err := c.Profile.check(dir.Path()); err != nil {
		return asUsage(errors.Join(err, dir.Discard()))
	}
	stop, err := c.Profile.start(out.stderr)
	if err != nil {
		return errors.Join(err, dir.Discard())
	}
	defer func() { err = errors.Join(err, stop()) }()
	return c.measure(ctx, e, dir, out)
}

// experiment is the file with the flags over it, resolved.
func (c *runCommand) experiment() (*bench.Experiment, error) {
	if c.Workers < 0 || c.Workers > maxWorkers {
		return nil, fmt.Errorf("--workers %d: must be a whole number from 0 (one per core) to %d", c.Workers, maxWorkers)
	}
	e, err := bench.Load(c.Experiment)
	if err != nil {
		return nil, err
	}
	if err := c.apply(e.Fields()); err != nil {
		return nil, err
	}
	return e.Resolve()
}

// maxWorkers is far above any machine's cores; more workers only take memory.
const maxWorkers = 1024

// directory is --out, or a name that says what and when and tells apart
// experiments of one name.
func (c *runCommand) directory(e *bench.Experiment, now time.Time) string {
	if c.Out != "" {
		return c.Out
	}
	return filepath.Join("runs", fmt.Sprintf("%s-%s-%s", e.Name, now.UTC().Format("20060102T150405Z"), e.Hash()[:8]))
}

func (c *runCommand) measure(ctx context.Context, e *bench.Experiment, dir *reports.Dir, out output) error {
	m := measurement{workers: c.Workers, bar: newProgress(out.stderr, c.Quiet), launched: launched}
	made, err := m.into(ctx, e, dir)
	m.bar.close()
	if len(made.Summary) == 0 {
		return err
	}
	if err == nil && !c.Quiet {
		fmt.Fprintf(out.stderr, "uorobench: wrote %s\n", dir.Path())
	}
	// A full disk must not cost the figures of a long run as well.
	return errors.Join(err, made.Write(out.stdout, reports.Format(c.Format)))
}

// measurement carries experiments out.
type measurement struct {
	workers  int // 0: one per core
	bar      *progress
	discard  bool      // nothing is kept of a run that could not be written whole
	launched time.Time // when the program began, if that was for this run
}

// into measures e into its run directory. The report is empty unless all draws
// were made; it comes with an error where it could not be written.
func (m measurement) into(ctx context.Context, e *bench.Experiment, dir *reports.Dir) (made reports.Report, err error) {
	writer, err := reports.NewRunWriter(dir, e)
	if err != nil {
		return made, err
	}
	defer func() {
		if err != nil {
			err = m.abort(writer, err)
		}
	}()
	started := time.Now()
	result, err := bench.Run(ctx, e, bench.RunOptions{Workers: m.workers, Progress: m.bar.callback(), Draws: writer.Sink()})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return made, cause // whatever the run made of it
	}
	if err != nil {
		return made, err
	}
	origin := originOf(started, m.workers)
	origin.Launched = m.launched
	return writer.Finish(result, origin)
}

// abort ends the writing of a run that failed, and says where the finished files
// are.
func (m measurement) abort(w *reports.RunWriter, err error) error {
	if m.discard {
		return errors.Join(err, w.Discard())
	}
	kept, failed := w.Abort()
	if kept != "" {
		err = fmt.Errorf("%w; what was written is in %s", err, kept)
	}
	return errors.Join(err, failed)
}

// originOf is for a run that started then and ends now; 0 workers are one per
// core.
func originOf(started time.Time, workers int) reports.Origin {
	info, _ := debug.ReadBuildInfo()
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo") // absent on other systems: no model name
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return reports.Origin{
		Program: reports.ProgramOf(version, revision, info),
		Host:    reports.HostOf(reports.CPUModel(string(cpuinfo)), workers, info),
		Started: started.UTC(),
		Ended:   time.Now().UTC(),
	}
}

// formatFlag is a report's format, checked when it is parsed.
type formatFlag reports.Format

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *formatFlag) UnmarshalText(text []byte) error {
	format, err := reports.ParseFormat(string(text))
	*f = formatFlag(format)
	return err
}

func builtInNames() string { return strings.Join(bench.BuiltIn(), ", ") }
