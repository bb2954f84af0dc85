package reports

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"uorobench/bench"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// RunWriter writes a run directory: the draws while they come, all else when
// the run is done. Nothing stands under a final name before its dataset is
// whole, and the manifest comes last.
type RunWriter struct {
	dir        *Dir
	experiment *bench.Experiment
	config     string // resolved configuration as TOML
	sha256     string
	finished   bool
	early      int              // files that were written before the first draw
	draws      *Writer[DrawRow] // nil without --detail draws
	rows       []DrawRow        // scratch
	notFinite  map[string]int64 // by dataset: numbers that were none, nil without any
}

// NewRunWriter starts writing the run of a resolved experiment into dir: its
// config.toml stands there before the first draw. End it with Finish or Abort;
// Abort after Finish does nothing. After an error nothing of it is left.
func NewRunWriter(dir *Dir, e *bench.Experiment) (*RunWriter, error) {
	w := &RunWriter{dir: dir, experiment: e, config: string(e.Encode())}
	w.sha256 = Digest(w.config)
	err := w.text(configName, w.config)
	w.early = len(dir.files)
	if err == nil && e.HasDetail(bench.DetailDraws) {
		w.draws, err = Draws.Create(dir, w.sha256)
	}
	if err != nil {
		return nil, errors.Join(err, dir.Discard())
	}
	return w, nil
}

// Sink is what the run hands its draws to; nil where they are not asked for.
func (w *RunWriter) Sink() func([]bench.DrawValue) error {
	if w.draws == nil {
		return nil
	}
	return func(draws []bench.DrawValue) error {
		w.rows = drawRows(w.rows[:0], w.experiment, draws)
		return w.draws.Write(finiteRows(w, Draws, w.rows))
	}
}

// Abort drops what was not finished and, where figures are finished, sets them
// aside; kept is where they are then, and empty where there are none.
func (w *RunWriter) Abort() (kept string, err error) {
	if w.finished {
		return "", nil
	}
	if len(w.dir.files) <= w.early {
		return "", w.Discard()
	}
	err = w.dropDraws()
	kept, aside := w.dir.SetAside()
	return kept, errors.Join(err, aside)
}

// Discard drops all of an unfinished run, also what is finished of it.
func (w *RunWriter) Discard() error {
	if w.finished {
		return nil
	}
	return errors.Join(w.dropDraws(), w.dir.Discard())
}

func (w *RunWriter) dropDraws() error {
	if w.draws == nil {
		return nil
	}
	return w.draws.Abort()
}

// Origin is where and when a run happened; it goes into the manifest only.
type Origin struct {
	Program        Program
	Host           Host
	Started, Ended time.Time
	// Launched is when the program began, where Started is later.
	Launched time.Time
}

// startup is the time to the first draw, in seconds; 0 where nothing was drawn.
func (o Origin) startup(first time.Time) float64 {
	from := o.Started
	if !o.Launched.IsZero() {
		from = o.Launched
	}
	if first.IsZero() {
		return 0
	}
	return first.Sub(from).Seconds()
}

// Finish writes everything and returns the report of the run. What cannot be
// written does not hold up the rest, but the manifest, without which a run is not
// finished; the first error is told.
func (w *RunWriter) Finish(r *bench.Result, o Origin) (Report, error) {
	report := Report{
		Summary: finiteRows(w, Summary, summaryRows(r)), Steps: finiteRows(w, Steps, stepRows(r)), Total: finiteRows(w, Totals, totalRows(r)),
		Lambdas: finiteRows(w, Lambdas, lambdaRows(r)), Training: finiteRows(w, CovariateTraining, covariateTrainingRows(r)),
		Convergence: finiteRows(w, Convergence, convergenceRows(r)), Networks: finiteRows(w, Networks, networkRows(r)), Data: finiteRows(w, Data, dataRows(r)),
	}
	failed := w.restore()
	for _, write := range []func() error{
		func() error { return w.params(r) },
		func() error { return Sequence.WriteAll(w.dir, w.sha256, sequenceRows(r.Cells[0])) },
		func() error { return w.vectors(vectorRows(r.Cells[0])) },
		w.closeDraws,
		func() error { return w.scales(r) },
		func() error { return w.coordinates(r) },
		func() error { return Steps.WriteAll(w.dir, w.sha256, report.Steps) },
		func() error { return Summary.WriteAll(w.dir, w.sha256, report.Summary) },
		func() error { return w.totals(report.Total) },
		func() error { return w.lambdas(report.Lambdas) },
		func() error { return w.covariateTraining(report.Training) },
		func() error { return w.convergence(report.Convergence) },
		func() error { return w.networks(report.Networks) },
		func() error { return w.data(report.Data) },
		func() error { return w.report(report, "summary.md", Markdown) },
		func() error { return w.report(report, "summary.json", JSON) },
	} {
		if err := write(); err != nil && failed == nil {
			failed = err
		}
	}
	if failed == nil {
		failed = w.manifest(r, o).Write(w.dir)
	}
	w.finished = failed == nil
	return report, failed
}

// restore sees to a directory that is gone since the draws began.
func (w *RunWriter) restore() error {
	restored, err := w.dir.Restore()
	if restored {
		return w.text(configName, w.config)
	}
	return err
}

func (w *RunWriter) text(name, text string) error {
	return w.dir.WriteFile(name, func(out io.Writer) error {
		_, err := io.Copy(out, strings.NewReader(text))
		return err
	})
}

func (w *RunWriter) report(r Report, name string, f Format) error {
	return w.dir.WriteFile(name, func(out io.Writer) error { return r.Write(out, f) })
}

// params writes the measured weights of every cell, float64, PyTorch names.
func (w *RunWriter) params(r *bench.Result) error {
	for _, c := range r.Cells {
		meta := map[string]string{"cell": c.Cell, "hidden": fmt.Sprint(c.Hidden), "config_sha256": w.sha256}
		err := w.dir.WriteFile("params-"+c.Cell+".safetensors", func(out io.Writer) error {
			return weights.Write(out, safetensors(c.Tensors), meta, weights.F64)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func safetensors(tensors []cell.Tensor) []weights.Tensor {
	out := make([]weights.Tensor, len(tensors))
	for i, t := range tensors {
		out[i] = weights.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data}
	}
	return out
}

func (w *RunWriter) closeDraws() error {
	if w.draws == nil {
		return nil
	}
	return w.draws.Close()
}

// scales writes the schedule of guard fixed; under other guards there is none.
func (w *RunWriter) scales(r *bench.Result) error {
	rows := scaleRows(r)
	if len(rows) == 0 {
		return nil
	}
	return Scales.WriteAll(w.dir, w.sha256, rows)
}

func (w *RunWriter) totals(rows []SummaryRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Totals.WriteAll(w.dir, w.sha256, rows)
}

func (w *RunWriter) convergence(rows []ConvergenceRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Convergence.WriteAll(w.dir, w.sha256, rows)
}

func (w *RunWriter) networks(rows []NetworkRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Networks.WriteAll(w.dir, w.sha256, rows)
}

func (w *RunWriter) coordinates(r *bench.Result) error {
	if !w.experiment.HasDetail(bench.DetailCoordinates) {
		return nil
	}
	out, err := Coordinates.Create(w.dir, w.sha256)
	if err != nil {
		return err
	}
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			if err := out.Write(finiteRows(w, Coordinates, coordinateRows(w.experiment, c, est))); err != nil {
				return errors.Join(err, out.Abort())
			}
		}
	}
	return out.Close()
}

func (w *RunWriter) manifest(r *bench.Result, o Origin) Manifest {
	e, t := w.experiment, r.Timing
	m := Manifest{
		Program: o.Program, Host: o.Host, Started: o.Started, Ended: o.Ended, Exit: Complete,
		ConfigTOML: w.config,
		Seeds:      map[string]uint64{"noise": e.Seed, "weights": e.WeightSeed},
		Inputs:     e.Inputs(),
		Symbols:    r.Cells[0].Sequence.Symbols,
		Timing: Timing{
			DrawSeconds: t.DrawSeconds, DrawSteps: t.DrawSteps, MultiplyAdds: t.MultiplyAdds,
			GFLOPS: t.GFLOPS(), Kernels: t.Kernels, StartupSeconds: o.startup(t.FirstDraw),
			GCCycles: t.GCCycles, WorkerBytes: t.WorkerBytes, SumBytes: t.SumBytes,
		},
		Oracle: make(map[string]float64), MeanLoss: make(map[string]float64), Bits: make(map[string]float64),
		NotFinite: w.notFinite, Doubts: make(map[string]string),
	}
	for _, c := range r.Cells {
		if text := warningOf(c.Doubts); text != "" {
			m.Doubts[c.Cell] = text
		}
		m.Oracle[c.Cell], m.MeanLoss[c.Cell] = c.OracleError, c.MeanLoss
		if !c.Sequence.Squared() {
			m.Bits[c.Cell] = c.BitsPerSymbol
		}
	}
	return m
}
