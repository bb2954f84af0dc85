package bench

import (
	"fmt"
	"slices"
	"sync"

	"uorobench/bench/chain"
	"uorobench/bench/draw"
	"uorobench/bench/problem"
	"uorobench/estimators"
	"uorobench/stats"
)

// cellPlan is a cell ready to be measured.
type cellPlan struct {
	problem  *problem.Problem
	chains   []*chainPlan
	schedule *estimators.Schedule // of guard fixed
	trained  map[string][]float64 // the chains' weights of covariates, filled by train
}

// chainPlan is a chain with the number of draws of its passes.
type chainPlan struct {
	*chain.Plan
	engine   bool  // carries the fit and the measured draws
	fit      int64 // draws that λ is fitted on
	measured int64 // draws that the rows rest on; with a precision, of the first look
	limit    int64 // of measured, with a precision
	ownPass  int64 // draws of observers that have a pass of their own
}

// plan makes every trajectory and chain before the first draw, so that whatever
// is wrong with the configuration is said at once.
func (r *runner) plan() ([]*cellPlan, error) {
	problems, err := r.problems()
	if err != nil {
		return nil, err
	}
	var cells []*cellPlan
	for _, p := range problems {
		c, err := r.planCell(p)
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// problems makes the trajectories of all cells at once. The first cell's error
// wins, whichever comes first.
func (r *runner) problems() ([]*problem.Problem, error) {
	cells := r.experiment.Cells
	problems, errs := make([]*problem.Problem, len(cells)), make([]error, len(cells))
	var wait sync.WaitGroup
	for i, name := range cells {
		r.progress.tell(name, "trajectory", 0)
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

func (r *runner) planCell(p *problem.Problem) (*cellPlan, error) {
	schedule, err := newSchedule(r.experiment, p)
	if err != nil {
		return nil, err
	}
	options := chainOptions(r.experiment, schedule)
	plans, err := planChains(r.experiment, p, options)
	if err != nil {
		return nil, err
	}
	if err := checkMemory(r.experiment, p, plans); err != nil {
		return nil, err
	}
	c := &cellPlan{problem: p, schedule: schedule, trained: options.Trained}
	for _, plan := range plans {
		w, err := r.planDraws(p, plan)
		if err != nil {
			return nil, err
		}
		c.chains = append(c.chains, w)
		r.progress.add(r.allDraws(w))
	}
	return c, nil
}

func planChains(e *Experiment, p *problem.Problem, o estimators.Options) ([]*chain.Plan, error) {
	return chain.Plans(p.Trajectory.Layout, &chain.Config{Estimators: e.Estimators, Options: o, ByCoordinate: e.HasDetail(DetailCoordinates)})
}

// chainOptions are the options of all of the experiment's chains. The weights of
// trained covariates are still to come.
func chainOptions(e *Experiment, schedule *estimators.Schedule) estimators.Options {
	o := estimators.Options{
		Guard: estimators.Guard(e.Guard), Normals: normals(e.Seed), Schedule: schedule,
		Trained: map[string][]float64{},
	}
	if e.Convention == estimators.Post.String() {
		o.Convention = estimators.Post
	}
	return o
}

// planDraws counts the draws of the chain's passes. Plain batches are many times
// slower than the engine, so theirs have a limit of their own. The engine takes
// neither all patterns nor draws that are written out one by one.
func (r *runner) planDraws(p *problem.Problem, c *chain.Plan) (*chainPlan, error) {
	w := &chainPlan{Plan: c}
	if c.Signals() == 0 {
		return w, nil
	}
	patterns, err := r.law.Count(c.NoiseDim, len(p.Trajectory.Steps))
	if err != nil {
		return nil, fmt.Errorf("cell %s, estimator %s: %w; take fewer hidden units or steps", p.Cell.Name(), c.Name, err)
	}
	e := r.experiment
	w.limit = e.MaxDraws
	w.measured = e.Draws
	if !c.Engine {
		w.limit = min(w.limit, e.PlainDraws)
	}
	w.limit = w.limit / e.round() * e.round()
	switch {
	case patterns > 0:
		w.measured = patterns
	case e.Precision > 0:
		w.measured = min(e.wholeRounds(e.Draws), w.limit)
	case !c.Engine:
		w.measured = min(e.Draws, e.PlainDraws)
	}
	w.engine = c.Engine && patterns == 0 && !r.observers.FormsAll()
	w.fit, w.ownPass = w.measured, min(w.measured, e.PlainDraws)
	if r.fitting.pilot {
		w.fit = e.fitDraws(c.Engine)
	}
	return w, nil
}

// fitDraws are the pilot draws for what the engine covers, or for the rest.
func (e *Experiment) fitDraws(engine bool) int64 {
	if engine || e.Draws <= e.PlainDraws {
		return e.Pilot
	}
	// The same share of its draws as for the engine's, but a chunk per group.
	share := float64(e.Pilot) / float64(e.Draws)
	return max(int64(share*float64(e.PlainDraws)), e.round())
}

// formedDraws is the number of draws that are formed one by one where the engine
// carries the rest: what plain batches may have, or a chunk per group for cosines
// and tails with a λ by coordinate alone.
func (r *runner) formedDraws(measured int64) int64 {
	if r.observers.FormsSome() {
		return min(measured, r.experiment.PlainDraws)
	}
	return min(measured, r.experiment.round())
}

// allDraws counts the draws of all passes of a chain.
func (r *runner) allDraws(w *chainPlan) int64 {
	draws := w.measured
	if w.Plan.Fitted() {
		draws += w.fit
	}
	if r.observers.Has(draw.Formed, w.engine, w.Plan) {
		draws += r.formedDraws(w.measured)
	}
	if r.observers.Has(draw.OwnPass, w.engine, w.Plan) {
		draws += w.ownPass
	}
	return draws
}

// drawnFirst puts the chains without noise last, so that drawing begins at once.
func drawnFirst(chains []*chainPlan) []*chainPlan {
	chains = slices.Clone(chains)
	slices.SortStableFunc(chains, func(a, b *chainPlan) int {
		return min(b.Signals(), 1) - min(a.Signals(), 1)
	})
	return chains
}

// shapeOf says which moments a chain's variants need.
func shapeOf(e *Experiment, p *problem.Problem, c *chain.Plan) stats.Shape {
	return stats.Shape{
		Signals: c.Signals(), Params: p.P(), Units: p.Trajectory.Layout.H, UnitOf: p.UnitOf,
		PerUnit:       c.Has(stats.ScopeUnit),
		PerCoordinate: e.HasDetail(DetailCoordinates) || c.Has(stats.ScopeCoordinate),
	}
}

// memoryLimit bounds the accumulators: they do not grow with the draws, but
// they do with P, the measured steps and the groups.
const memoryLimit = 8 << 30

// checkMemory refuses an experiment whose accumulators would not fit.
func checkMemory(e *Experiment, p *problem.Problem, chains []*chain.Plan) error {
	for _, c := range chains {
		s := shapeOf(e, p, c)
		bytes := 8 * s.Numbers() * e.Groups * len(p.Measured)
		if bytes > memoryLimit {
			return fmt.Errorf("cell %s, estimator %s: the sums over draws need %.1f GiB (%d parameters × %d measured steps × %d groups), allowed %d GiB: take a larger stride or fewer groups",
				p.Cell.Name(), c.Name, float64(bytes)/(1<<30), s.Params, len(p.Measured), e.Groups, memoryLimit>>30)
		}
	}
	return nil
}
