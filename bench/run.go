// Package bench measures online gradient estimators on frozen networks: an
// Experiment describes a run completely, and Run plans it (a problem and the chains
// of every cell), draws in phases (pilot, measured draws, and what observers need
// besides) and times them.
//
// What is measured on is made by package problem, the draws are taken by package
// draw, the estimators that share draws are grouped by package chain, and the rows
// are formed by package result.
package bench

import (
	"context"
	"runtime"
	"sync"

	"uorobench/bench/chain"
	"uorobench/bench/draw"
	"uorobench/bench/noise"
	"uorobench/bench/parallel"
	"uorobench/bench/problem"
	"uorobench/bench/result"
	"uorobench/estimators"
	"uorobench/stats"
)

// RunOptions are the choices that change how a run goes, never what it finds.
type RunOptions struct {
	Workers  int                     // 0: one per core
	Progress func(Progress)          // may be nil; called from one goroutine at a time
	Draws    func([]DrawValue) error // sink of --detail draws: by chain and chunk, then by estimator, step, draw
}

// Run measures the experiment in its resolved form. It stops with the context's cause when the
// context ends, and with a *NonFiniteError when a draw leaves the finite
// numbers and the experiment does not count such draws.
func Run(ctx context.Context, e *Experiment, o RunOptions) (*Result, error) {
	e, err := e.Resolve()
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := newRunner(e, o)
	cells, err := r.plan()
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		if err := r.cell(ctx, c); err != nil {
			return nil, err
		}
	}
	result.Holm(r.result.Cells)
	return r.result, nil
}

type runner struct {
	experiment *Experiment
	options    RunOptions
	law        draw.Law
	fitting    fitting
	observers  *draw.Selection
	memory     draw.Memory // of the pass that is under way, and of its results
	progress   progress
	result     *Result
}

func newRunner(e *Experiment, o RunOptions) *runner {
	law := lawOf(e)
	return &runner{
		experiment: e, options: o, law: law, fitting: fittingOf(e, law.Sampling),
		observers: draw.Select(e.Detail, o.Draws), progress: progress{report: o.Progress},
		result: &Result{Experiment: e},
	}
}

// cell measures one cell.
func (r *runner) cell(ctx context.Context, c *cellPlan) error {
	p := c.problem
	out := &CellResult{
		Cell: p.Cell.Name(), Hidden: p.Trajectory.Layout.H, Params: p.P(),
		Layout: p.Trajectory.Layout, Tensors: p.Params.Tensors(p.Trajectory.Layout), WarmUp: p.WarmUp, Sequence: p.Sequence,
		MeanLoss: p.MeanLoss(), BitsPerSymbol: p.BitsPerSymbol(), Exact: p.Exact, Measured: p.Measured, Schedule: c.schedule,
		Doubts: p.Doubts,
	}
	var err error
	if out.Own, err = r.experiment.ownNetwork(out.Cell, p.Sequence.Y); err != nil {
		return err
	}
	r.result.Cells = append(r.result.Cells, out)
	bptt := p.BPTT()
	if out.Trained, err = train(ctx, r.experiment, r.options.Workers, &r.progress, c); err != nil {
		return err
	}
	rows := map[string]*EstimatorResult{}
	for _, w := range drawnFirst(c.chains) {
		found, err := r.chain(ctx, p, w)
		if err != nil {
			return err
		}
		for _, row := range found {
			if row != nil {
				rows[row.Label] = row
			}
		}
	}
	for _, label := range r.experiment.Estimators {
		sel, err := estimators.Parse(label)
		if err != nil {
			return err
		}
		out.Rows = append(out.Rows, rows[sel.Label])
	}
	out.OracleError, err = p.CheckExact(<-bptt)
	return err
}

// chain measures one chain: fit λ where a variant asks for it, then draw. The rows
// are by variant, nil for a hidden one.
func (r *runner) chain(ctx context.Context, p *problem.Problem, w *chainPlan) ([]*EstimatorResult, error) {
	if w.Signals() == 0 {
		k := chain.NewKnown(w.Chain, p.Trajectory, p.Measured)
		row := result.Deterministic(p, w.Plan, k, r.experiment.Convention)
		r.observers.Deterministic(p, k, row)
		return []*EstimatorResult{row}, nil
	}
	lambdas, err := r.fit(ctx, p, w)
	if err != nil {
		return nil, err
	}
	d := &result.Draws{
		Problem: p, Chain: w.Plan, Known: chain.NewKnown(w.Chain, p.Trajectory, p.Measured), Lambdas: lambdas,
		Sampling: r.law.Sampling, Kurtosis: r.law.Kurtosis, Directions: p.Directions(r.experiment.Seed), Workers: r.options.Workers,
	}
	passes, precision, err := r.measure(ctx, w, d)
	if err != nil {
		return nil, err
	}
	rows, err := d.Rows(r.experiment.HasDetail(DetailCoordinates))
	if err != nil {
		return nil, err
	}
	for _, pass := range passes {
		if err := pass.Report(d, rows); err != nil {
			return nil, err
		}
	}
	for i, row := range rows {
		if row == nil {
			continue
		}
		d.Warn(i, row)
		precision.warn(row)
		if w.Variants[i].Fitted() && r.fitting.pilot {
			row.PilotDraws = w.fit
		}
	}
	return rows, nil
}

// measure runs the measured draws, and the passes that observers need besides. It
// returns all of them, with the sums of the first in d.
func (r *runner) measure(ctx context.Context, w *chainPlan, d *result.Draws) (passes []*draw.Pass, reached *precision, err error) {
	views := draw.NewViews(d.Problem, w.Plan, d.Known, d.Lambdas)
	for stage := draw.Main; stage <= draw.OwnPass; stage++ {
		observers := r.observers.Observers(stage, w.engine, views)
		spec := drawing{noise.Measurement, "draws", w.measured, &r.memory, w.engine}
		switch {
		case stage == draw.Main:
		case len(observers) == 0:
			continue
		case stage == draw.Formed:
			spec = drawing{noise.Measurement, "cosines", r.formedDraws(passes[0].Draws), new(draw.Memory), false}
			r.progress.add(spec.draws - r.formedDraws(w.measured)) // with a precision, more than was planned
		case stage == draw.OwnPass:
			spec = drawing{noise.Measurement, "convergence", w.ownPass, new(draw.Memory), false}
		}
		pass, err := r.newPass(d.Problem, w, spec, observers...)
		if err != nil {
			return nil, nil, err
		}
		if err := r.result.Timing.run(ctx, pass); err != nil {
			return nil, nil, err
		}
		if stage == draw.Main {
			if reached, err = r.refine(ctx, pass, w, d); err != nil {
				return nil, nil, err
			}
		}
		pass.Close()
		passes = append(passes, pass)
	}
	return passes, reached, nil
}

// fit returns every variant's λ, one per fold.
func (r *runner) fit(ctx context.Context, p *problem.Problem, w *chainPlan) ([][]*stats.Lambda, error) {
	var groups [][]*stats.Moments
	if w.Fitted() {
		pass, err := r.newPass(p, w, drawing{r.fitting.stream, r.fitting.phase, w.fit, &r.memory, w.engine})
		if err != nil {
			return nil, err
		}
		if err := r.result.Timing.run(ctx, pass); err != nil {
			return nil, err
		}
		groups = pass.Moments()
	}
	lambdas := make([][]*stats.Lambda, len(w.Variants))
	parallel.For(len(lambdas), r.options.Workers, func(i int) {
		lambdas[i] = r.fitting.lambdas(&w.Variants[i], groups, len(p.Measured))
	})
	return lambdas, nil
}

// drawing is what the passes of a chain differ by.
type drawing struct {
	stream noise.ID
	phase  string
	draws  int64
	memory *draw.Memory
	engine bool
}

func (r *runner) newPass(p *problem.Problem, w *chainPlan, d drawing, observers ...draw.Observer) (*draw.Pass, error) {
	e, phase := r.experiment, d.phase+" "+w.Name
	r.progress.tell(p.Cell.Name(), phase, 0)
	return draw.New(draw.Config{
		Problem: p, Chain: w.Plan, Law: r.law, Stream: noise.New(e.Seed, d.stream), Phase: d.phase,
		Draws: d.draws, Groups: e.Groups, Workers: r.options.Workers,
		Shape: shapeOf(e, p, w.Plan), Memory: d.memory, CountNonFinite: e.NonFinite == NonFiniteCount,
		Progress: func(done int64) { r.progress.tell(p.Cell.Name(), phase, done) },
	}, d.engine, observers...)
}

// progress tells how far a run is.
type progress struct {
	report      func(Progress)
	mu          sync.Mutex
	done, total int64
}

// Progress says how far a run is.
type Progress struct {
	Cell, Phase string // phase: "trajectory", "pilot …", "draws …"
	Done, Total int64  // draws, over all cells, chains and passes
}

// tell reports progress, one call at a time; n is the number of draws just done.
func (p *progress) tell(cell, phase string, n int64) {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.report(Progress{Cell: cell, Phase: phase, Done: p.done, Total: p.total})
}

// add adds draws to what progress counts towards.
func (p *progress) add(draws int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += draws
}
