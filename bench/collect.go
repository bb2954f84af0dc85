package bench

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"runtime/pprof"
	"sync"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/stats"
)

// Lanes is the number of draws in a chunk.
const Lanes = estimators.Lanes

// The rooms do not know each other, but they must agree on the batch's width.
var (
	_ [Lanes]struct{} = [noise.Lanes]struct{}{}
	_ [Lanes]struct{} = [stats.Lanes]struct{}{}
)

// pass is one sweep over the draws of a stream for one chain.
//
// Chunk c of Lanes draws belongs to group c mod groups. A worker takes a whole
// group and adds its chunks, in order, straight into the group's accumulators;
// no two workers ever share one. So the sums do not depend on the number of
// workers, and memory does not grow with the number of draws.
//
// Tried on paper and left: an accumulator per chunk, merged in chunk order. It
// needs a P-vector per measured step and signal for every chunk in flight, and
// a turnstile that makes fast workers wait.
type pass struct {
	phase    string
	chain    *chainPlan
	problem  *problem
	known    *known
	stream   noise.Stream
	law      string // "rademacher" or "gaussian"
	draws    int64
	groups   int
	workers  int
	count    bool // non-finite draws are counted, not fatal
	shape    stats.Shape
	views    []*view      // what is told per draw; nil in a fit pass
	converge bool         // means of the groups' draws are followed, and nothing else
	totals   bool         // the sum over the measured steps is taken, per view
	watched  []*view      // whose tails the engine's readings give
	angles   bool         // and whose cosines
	closed   *closedForms // nil where there are none
	sink     func([]DrawValue) error
	progress func(done int64)
	// spoil, in tests alone, makes the noise of a draw infinite at a 0-based step.
	spoil func(draw uint64, step int) bool

	store *store // that the accumulators' memory comes from

	plan *estimators.Plan   // of the engine; nil where plain batches carry the pass
	sums []*estimators.Sums // per group, with a plan

	crew        []*worker // while it runs
	done        int64     // chunks
	wide        widest    // of the last look, with a precision
	precision   float64   // asked for; 0: none
	precisionOf string
	summed      int64 // draws behind the views' totals

	moments   [][]*stats.Moments // groups × measured steps
	nonFinite [][]int64          // groups × measured steps
}

// NonFiniteError says which draw of which estimator left the finite numbers.
// Step is the measured step at which it was seen.
type NonFiniteError struct {
	Cell, Estimator, Phase string
	Draw                   int64
	Step                   int
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("cell %s, estimator %s: %s draw %d is not finite at step %d; --nonfinite count records such draws and goes on",
		e.Cell, e.Estimator, e.Phase, e.Draw, e.Step)
}

func (p *pass) nonFiniteError(draw int64, at int) *NonFiniteError {
	return &NonFiniteError{
		Cell: p.problem.cell.Name(), Estimator: p.chain.Name, Phase: p.phase,
		Draw: draw, Step: p.problem.measured[at],
	}
}

// chunksPerShift is how many chunks a group does at a time. With draws written out
// it is one, so that a round's draws are consecutive.
func (p *pass) chunksPerShift() int64 {
	if p.converge { // a worker has one sum, so a group is done in one go
		return max(1, (p.chunks()+int64(p.groups)-1)/int64(p.groups))
	}
	if p.sink != nil {
		return 1
	}
	return 16
}

func (p *pass) chunks() int64 { return (p.draws + Lanes - 1) / Lanes }

// run sweeps all draws. Where draws has been raised since it ran before, it goes
// on from there; the draws of the run before must have been whole chunks.
func (p *pass) run(ctx context.Context) error {
	if p.crew == nil {
		p.start()
	}
	ctx = pprof.WithLabels(ctx, pprof.Labels("estimator", p.chain.Name, "phase", p.phase))
	for p.done < p.chunks() {
		to := p.chunks()
		if p.sink != nil {
			to = min(to, p.done+int64(p.groups))
		}
		if err := p.draw(ctx, p.done, to); err != nil {
			return err
		}
		p.done = to
		if err := p.drain(); err != nil {
			return err
		}
	}
	p.gather()
	return nil
}

func (p *pass) start() {
	p.allocate()
	p.crew = make([]*worker, min(p.workers, p.groups))
	for i := range p.crew {
		p.crew[i] = newWorker(p)
	}
}

// end drops what only drawing needs.
func (p *pass) end() { p.crew, p.sums, p.plan = nil, nil, nil }

func (p *pass) allocate() {
	m := len(p.problem.measured)
	p.moments = make([][]*stats.Moments, p.groups)
	p.nonFinite = make([][]int64, p.groups)
	n := p.shape.Numbers()
	p.store.fit(p.groups)
	spread(p.groups, p.workers, func(g int) {
		p.nonFinite[g] = make([]int64, m)
		memory := p.store.moments.zeros(g, m*n)
		for at := range m {
			p.moments[g] = append(p.moments[g], stats.MomentsIn(memory[at*n:], p.shape))
		}
	})
	for _, v := range p.views {
		v.allocate(p.groups, m)
		if p.totals {
			v.allocateTotal(p.groups, p.shape.Params)
		}
	}
	for _, v := range p.watched {
		v.allocateTails(p.groups, m)
		if p.angles {
			v.allocateCosines(p.groups, m)
		}
	}
}

// draw lets the crew do chunks [from, to). The error of the lowest draw wins,
// whichever worker met it first.
func (p *pass) draw(ctx context.Context, from, to int64) error {
	round := p.chunksPerShift() * int64(p.groups)
	rounds := (to - from + round - 1) / round
	all := newRota(rounds*int64(p.groups), p.groups)
	var wait sync.WaitGroup
	for _, w := range p.crew {
		wait.Go(func() {
			pprof.SetGoroutineLabels(ctx)
			for s, ok := all.take(); ok; s, ok = all.take() {
				first := from + s/int64(p.groups)*round
				all.end(s, w.group(ctx, int(s%int64(p.groups)), first, min(first+round, to)))
			}
		})
	}
	wait.Wait()
	return lowest(all.errs)
}

// drain hands a round's draws to the sink in draw order.
func (p *pass) drain() error {
	if p.sink == nil {
		return nil
	}
	for g := range p.groups {
		for _, v := range p.views {
			if len(v.rows[g]) == 0 {
				continue
			}
			if err := p.sink(v.rows[g]); err != nil {
				return err
			}
			v.rows[g] = v.rows[g][:0]
		}
	}
	return nil
}

// worker owns a batch and all scratch for it.
type worker struct {
	pass   *pass
	engine *estimators.Engine // or
	batch  estimators.Batch
	noise  noise.Filler
	eps    []float64
	input  stats.Batch
	visit  func(*estimators.Signals)
	read   func(*estimators.Reading)

	inGroup int // current group, chunk and measured step, for visit
	chunk   int64
	at      int
	err     error
	scalar  laneScalars
	angles  bool    // the chunk's inner products are taken
	means   *means  // nil unless they are followed
	totals  *totals // nil where no sums are taken
	tails   *shiftTails
}

func newWorker(p *pass) *worker {
	w := &worker{
		pass:  p,
		noise: p.filler(), totals: newTotals(p), means: newMeans(p),
		eps:   make([]float64, p.chain.NoiseDim*Lanes),
		tails: newShiftTails(max(len(p.views), len(p.watched)), len(p.problem.measured), int(p.chunksPerShift())),
	}
	w.visit, w.read = w.measure, w.seen
	if p.plan != nil {
		w.engine = p.plan.NewEngine()
	} else {
		w.batch = p.chain.NewBatch()
	}
	return w
}

// filler is the source of the pass's noise; that there are not too many patterns
// was checked when the run was planned.
func (p *pass) filler() noise.Filler {
	if p.law != NoiseExhaustive {
		return filler(p.stream, p.law, p.chain.NoiseDim)
	}
	all, err := noise.NewExhaustive(p.chain.NoiseDim, len(p.problem.tr.Steps))
	if err != nil {
		panic("bench: " + err.Error())
	}
	return all
}

// filler is the noise law's source of a chunk's noise.
func filler(s noise.Stream, law string, dim int) noise.Filler {
	if law == NoiseGaussian {
		return s.Gaussian(dim)
	}
	return s.Rademacher(dim)
}

// group does the chunks of group g in [from, to).
func (w *worker) group(ctx context.Context, g int, from, to int64) error {
	p := w.pass
	n := int64(p.groups)
	first := from + (int64(g)-from%n+n)%n
	for c := first; c < to; c += n {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		w.inGroup, w.chunk, w.err = g, c, nil
		w.tails.begin()
		if w.engine != nil {
			w.runEngine()
		} else {
			w.run()
		}
		if w.err != nil {
			return w.err
		}
		w.tails.chunk++
		if p.progress != nil {
			p.progress(w.size())
		}
	}
	w.tails.end(p.tailed(), g)
	return nil
}

// tailed are the views that the pass takes tails of.
func (p *pass) tailed() []*view {
	if p.plan != nil {
		return p.watched
	}
	return p.views
}

// size is the number of draws in the chunk: Lanes but for the last one.
func (w *worker) size() int64 { return min(w.pass.draws-w.chunk*Lanes, Lanes) }

// run takes one chunk along the whole trajectory.
func (w *worker) run() {
	p := w.pass
	for lane := range w.input.Valid {
		w.input.Valid[lane] = int64(lane) < w.size()
	}
	w.at = 0
	w.batch.Reset()
	w.noise.Seek(uint64(w.chunk) * Lanes)
	for t, j := range p.problem.tr.Steps {
		w.noise.Fill(w.eps, t)
		w.spoil(t)
		p.chain.Advance(w.batch, j, w.eps, w.visitAt(t))
		if w.err != nil {
			return
		}
	}
}

// spoil breaks the noise where a test asks for it.
func (w *worker) spoil(t int) {
	for lane := 0; w.pass.spoil != nil && lane < Lanes; lane++ {
		if w.pass.spoil(uint64(w.chunk)*Lanes+uint64(lane), t) {
			w.eps[lane] = math.Inf(1)
		}
	}
}

func (w *worker) visitAt(t int) func(*estimators.Signals) {
	if w.at < len(w.pass.problem.measured) && w.pass.problem.measured[w.at] == t+1 {
		return w.visit
	}
	return nil
}

// measure adds the signals of a measured step.
func (w *worker) measure(s *estimators.Signals) {
	p := w.pass
	w.input.Scale, w.input.Basis, w.input.Of = s.Scale, s.Basis, s.Of
	bad := p.moments[w.inGroup][w.at].Add(&w.input)
	if bad != 0 {
		w.nonFinite(bad)
	}
	p.nonFinite[w.inGroup][w.at] += w.dead()
	for i, v := range p.views {
		if w.means != nil {
			v.addMeans(w, i, s)
			continue
		}
		v.add(w, i, s)
		if w.totals != nil {
			v.addTotal(w, i, s)
		}
	}
	w.at++
}

// nonFinite stops the run, or takes the lanes out of the chunk.
func (w *worker) nonFinite(bad uint32) {
	p := w.pass
	if !p.count {
		w.err = p.nonFiniteError(w.chunk*Lanes+int64(bits.TrailingZeros32(bad)), w.at)
		return
	}
	for ; bad != 0; bad &= bad - 1 {
		lane := bits.TrailingZeros32(bad)
		w.input.Valid[lane] = false
		w.batch.Kill(lane)
	}
}

// dead counts the lanes that hold a draw but are no longer valid.
func (w *worker) dead() int64 {
	lost := w.size()
	for _, ok := range w.input.Valid {
		if ok {
			lost--
		}
	}
	return lost
}
