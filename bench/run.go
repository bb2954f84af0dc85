package bench

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/stats"
)

// RunOptions are the choices that change how a run goes, never what it finds.
type RunOptions struct {
	Workers  int                     // 0: one per core
	Progress func(Progress)          // may be nil; called from one goroutine at a time
	Draws    func([]DrawValue) error // sink of --detail draws: by chain and chunk, then by estimator, step, draw
}

// Progress says how far a run is.
type Progress struct {
	Cell, Phase string // phase: "trajectory", "pilot …", "draws …"
	Done, Total int64  // draws, over all cells, chains and passes
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
	r := &runner{experiment: e, options: o, result: &Result{Experiment: e}}
	if err := r.plan(); err != nil {
		return nil, err
	}
	for _, part := range r.parts {
		if err := r.cell(ctx, part); err != nil {
			return nil, err
		}
	}
	r.result.holm()
	return r.result, nil
}

// part is a cell ready to be measured.
type part struct {
	problem  *problem
	chains   []*chainPlan
	schedule *estimators.Schedule // of guard fixed
	trained  map[string][]float64 // the chains' weights of covariates, filled by train
}

type runner struct {
	experiment *Experiment
	options    RunOptions
	store      store // of the pass that is under way, and of its results
	result     *Result
	parts      []*part

	mu          sync.Mutex
	done, total int64
}

// plan makes every trajectory and chain before the first draw, so that whatever
// is wrong with the configuration is said at once.
func (r *runner) plan() error {
	problems, err := r.problems()
	if err != nil {
		return err
	}
	for _, p := range problems {
		schedule, err := newSchedule(r.experiment, p)
		if err != nil {
			return err
		}
		base := chainOptions(r.experiment, schedule)
		chains, err := planChains(p.tr.Layout, r.experiment, base)
		if err != nil {
			return err
		}
		if err := checkMemory(r.experiment, p, chains); err != nil {
			return err
		}
		r.parts = append(r.parts, &part{p, chains, schedule, base.Trained})
		for _, c := range chains {
			if err := r.countPatterns(p, c); err != nil {
				return err
			}
			r.total += r.drawsOf(c)
		}
	}
	return nil
}

// problems makes the trajectories of all cells at once. The first cell's error
// wins, whichever comes first.
func (r *runner) problems() ([]*problem, error) {
	cells := r.experiment.Cells
	problems, errs := make([]*problem, len(cells)), make([]error, len(cells))
	var wait sync.WaitGroup
	for i, name := range cells {
		r.tell(name, "trajectory", 0)
		wait.Go(func() { problems[i], errs[i] = newProblem(r.experiment, name) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return problems, nil
}

// drawsOf counts the draws of all passes of a chain.
func (r *runner) drawsOf(c *chainPlan) int64 {
	if c.Signals() == 0 {
		return 0
	}
	draws, total := r.reported(c), int64(0)
	if c.fitted() {
		total += r.fitDraws(c)
	}
	if r.onEngine(c) && r.looks(c) {
		total += r.lookedAt(draws)
	}
	if r.experiment.HasDetail(DetailConvergence) {
		total += r.convergenceDraws(c)
	}
	return total + draws
}

// reported is the number of draws that a chain's rows rest on. Plain batches
// are many times slower than the engine, so theirs have a limit of their own.
func (r *runner) reported(c *chainPlan) int64 {
	if r.exhaustive() {
		return c.patterns
	}
	draws := r.experiment.Draws
	if r.experiment.Precision > 0 { // of the first look
		draws = min(r.experiment.wholeRounds(draws), r.mostDraws(c))
	}
	if c.engine {
		return draws
	}
	return min(draws, r.experiment.PlainDraws)
}

// fitDraws is the number of draws that λ is fitted on.
func (r *runner) fitDraws(c *chainPlan) int64 {
	if r.experiment.LambdaFit != FitPilot || r.exhaustive() {
		return r.reported(c)
	}
	e := r.experiment
	if c.engine || e.Draws <= e.PlainDraws {
		return e.Pilot
	}
	// The same share of its draws as for the engine's, but a chunk per group.
	share := float64(e.Pilot) / float64(e.Draws)
	return max(int64(share*float64(e.PlainDraws)), int64(e.Groups)*Lanes)
}

// looks says whether draws are formed one by one where the engine carries the
// rest: for cosines and tails with a λ by coordinate, and for the sum over the
// steps.
func (r *runner) looks(c *chainPlan) bool {
	return r.experiment.HasDetail(DetailTotal) || c.uses(func(v variant) bool { return v.Scope == string(stats.ScopeCoordinate) })
}

// lookedAt is the number of those draws: a chunk per group, or what plain batches
// may have for the sum over the steps.
func (r *runner) lookedAt(draws int64) int64 {
	if r.experiment.HasDetail(DetailTotal) {
		return min(draws, r.experiment.PlainDraws)
	}
	return min(draws, int64(r.experiment.Groups)*Lanes)
}

// onEngine says whether the engine carries a chain's passes. Draws that are
// told one by one are formed one by one.
func (r *runner) onEngine(c *chainPlan) bool {
	return c.engine && r.options.Draws == nil && !r.exhaustive()
}

func (r *runner) exhaustive() bool { return r.experiment.Noise == NoiseExhaustive }

func (r *runner) cell(ctx context.Context, p *part) error {
	pr := p.problem
	out := &CellResult{
		Cell: pr.cell.Name(), Hidden: pr.tr.Layout.H, Params: pr.tr.Layout.P(),
		Layout: pr.tr.Layout, Tensors: pr.params.Tensors(pr.tr.Layout), WarmUp: pr.warmUp, Sequence: pr.sequence,
		MeanLoss: pr.meanLoss(), BitsPerSymbol: pr.bitsPerSymbol(), Exact: pr.exact, Measured: pr.measured, Schedule: p.schedule,
	}
	var err error
	if out.Own, err = r.experiment.ownNetwork(out.Cell, pr.sequence.Y); err != nil {
		return err
	}
	r.result.Cells = append(r.result.Cells, out)
	bptt := pr.gradientsByBPTT()
	if out.Trained, err = r.train(ctx, p); err != nil {
		return err
	}
	rows := map[string]*EstimatorResult{}
	for _, c := range drawnFirst(p.chains) {
		found, err := r.chain(ctx, pr, c)
		if err != nil {
			return err
		}
		for _, row := range found {
			rows[row.Label] = row
		}
	}
	for _, label := range r.experiment.Estimators {
		sel, err := estimators.Parse(label)
		if err != nil {
			return err
		}
		out.Rows = append(out.Rows, rows[sel.Label])
	}
	out.OracleError, err = pr.checkExact(<-bptt)
	return err
}

// drawnFirst puts the chains without noise last, so that drawing begins at once.
func drawnFirst(chains []*chainPlan) []*chainPlan {
	chains = slices.Clone(chains)
	slices.SortStableFunc(chains, func(a, b *chainPlan) int {
		return min(b.Signals(), 1) - min(a.Signals(), 1)
	})
	return chains
}

// chain measures one chain: fit λ where a variant asks for it, then draw.
func (r *runner) chain(ctx context.Context, pr *problem, c *chainPlan) ([]*EstimatorResult, error) {
	if c.Signals() == 0 {
		k := knownOf(c.Chain, pr.tr, pr.measured)
		rows := deterministicRows(pr, c, k, r.experiment.Convention)
		if r.experiment.HasDetail(DetailTotal) {
			rows[0].Total = deterministicTotal(pr, k)
		}
		if r.experiment.HasDetail(DetailConvergence) {
			rows[0].Deviations = biases(rows[0].Steps)
		}
		return rows, nil
	}
	lambdas, err := r.fit(ctx, pr, c)
	if err != nil {
		return nil, err
	}
	k := knownOf(c.Chain, pr.tr, pr.measured)
	views := make([]*view, len(c.variants))
	for i, v := range c.variants {
		views[i] = newView(v, lambdas[i], k)
		views[i].exact, views[i].exactSq, views[i].keep = pr.exact, pr.exactSq, r.options.Draws != nil && !v.hidden
		views[i].template = DrawValue{Cell: pr.cell.Name(), Estimator: v.Selection, Convention: c.Convention}
	}
	p, err := r.measure(ctx, pr, c, k, views, lambdas)
	if err != nil {
		return nil, err
	}
	if p.closed, err = newClosedForms(pr, c, r.experiment.Noise); err != nil {
		return nil, err
	}
	rows, err := r.rows(p, lambdas)
	if err != nil {
		return nil, err
	}
	return rows, r.addDeviations(ctx, pr, c, k, lambdas, rows)
}

// measure runs the measured draws. Where the engine carries them, it also tells
// the views what they need; those that need more look at the first draws in a
// pass of their own.
func (r *runner) measure(ctx context.Context, pr *problem, c *chainPlan, k *known, views []*view, lambdas [][]*stats.Lambda) (*pass, error) {
	p := r.newPass(pr, c, k, noise.Measurement, r.reported(c), "draws")
	p.store = &r.store
	total := r.experiment.HasDetail(DetailTotal)
	if !r.onEngine(c) {
		p.views, p.sink, p.totals = views, r.options.Draws, total
		err := r.drawn(ctx, p, lambdas)
		p.summed = p.draws
		return p, err
	}
	p.angles = !total
	p.watch(views)
	if err := p.useEngine(); err != nil {
		return nil, err
	}
	if err := r.drawn(ctx, p, lambdas); err != nil {
		return nil, err
	}
	p.views = views
	if !r.looks(c) {
		return p, nil
	}
	look := r.newPass(pr, c, k, noise.Measurement, r.lookedAt(p.draws), "cosines")
	look.totals, look.views = total, slices.DeleteFunc(slices.Clone(views), func(v *view) bool { return v.watched && !total })
	p.summed = look.draws
	return p, r.timed(ctx, look)
}

// drawn runs a pass to its end: its draws, and more where a precision asks for it.
func (r *runner) drawn(ctx context.Context, p *pass, lambdas [][]*stats.Lambda) error {
	if err := r.timed(ctx, p); err != nil {
		return err
	}
	if err := r.refine(ctx, p, lambdas); err != nil {
		return err
	}
	p.end()
	return nil
}

// fit returns every variant's λ, one per fold.
func (r *runner) fit(ctx context.Context, pr *problem, c *chainPlan) ([][]*stats.Lambda, error) {
	var groups [][]*stats.Moments
	if c.fitted() {
		stream, phase := noise.Measurement, "fit"
		if r.experiment.LambdaFit == FitPilot && !r.exhaustive() {
			stream, phase = noise.Pilot, "pilot"
		}
		p := r.newPass(pr, c, nil, stream, r.fitDraws(c), phase)
		p.store = &r.store
		if r.onEngine(c) {
			if err := p.useEngine(); err != nil {
				return nil, err
			}
		}
		if err := r.timed(ctx, p); err != nil {
			return nil, err
		}
		groups = p.moments
	}
	lambdas := make([][]*stats.Lambda, len(c.variants))
	spread(len(lambdas), r.options.Workers, func(i int) {
		lambdas[i] = r.lambdasOf(c.variants[i], groups, len(pr.measured))
	})
	return lambdas, nil
}

func (r *runner) lambdasOf(v variant, groups [][]*stats.Moments, steps int) []*stats.Lambda {
	if len(v.signals) == 0 || v.Scope == string(stats.ScopeOne) {
		return []*stats.Lambda{stats.One(v.signals, steps)}
	}
	if r.experiment.LambdaFit != FitCross || r.exhaustive() {
		l := stats.Fit(groups, v.signals, stats.Scope(v.Scope), nil)
		if r.exhaustive() {
			l.MakeExact()
		}
		return []*stats.Lambda{l}
	}
	folds := make([]*stats.Lambda, r.experiment.Folds)
	for f := range folds {
		folds[f] = stats.Fit(groups, v.signals, stats.Scope(v.Scope), func(g int) bool { return g%len(folds) != f })
	}
	return stats.Combine(folds)
}

func (r *runner) newPass(pr *problem, c *chainPlan, k *known, stream noise.ID, draws int64, phase string) *pass {
	e := r.experiment
	shape := shapeOf(e, pr, c)
	r.tell(pr.cell.Name(), phase+" "+c.Name, 0)
	return &pass{
		phase: phase, chain: c, problem: pr, known: k,
		stream: noise.New(e.Seed, stream), law: e.Noise, draws: draws,
		groups: e.Groups, workers: r.options.Workers, count: e.NonFinite == NonFiniteCount,
		shape: shape, store: new(store),
		progress: func(done int64) { r.tell(pr.cell.Name(), phase+" "+c.Name, done) },
	}
}

// shapeOf says which moments a chain's variants need.
func shapeOf(e *Experiment, pr *problem, c *chainPlan) stats.Shape {
	l := pr.tr.Layout
	return stats.Shape{
		Signals: c.Signals(), Params: l.P(), Units: l.H, UnitOf: pr.unitOf,
		PerUnit: c.uses(func(v variant) bool { return v.Scope == string(stats.ScopeUnit) }),
		PerCoordinate: e.HasDetail(DetailCoordinates) ||
			c.uses(func(v variant) bool { return v.Scope == string(stats.ScopeCoordinate) }),
	}
}

// tell reports progress, one call at a time; n is the number of draws just done.
func (r *runner) tell(cell, phase string, n int64) {
	if r.options.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += n
	r.options.Progress(Progress{Cell: cell, Phase: phase, Done: r.done, Total: r.total})
}
