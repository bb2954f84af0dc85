// Package draw takes the draws of a chain. A Pass goes over the draws of one noise
// stream: a source (the engine, or batches that form every estimate) makes them, a
// chunk of Lanes at a time, and shows them at the measured steps to observers, each
// of which adds up one kind of figure. The sums over draws that all figures of the
// rows rest on, the moments, belong to the pass itself.
//
// Nothing here depends on the number of workers: see Pass.
package draw

import (
	"context"
	"fmt"
	"runtime/pprof"
	"sync"

	"uorobench/bench/chain"
	"uorobench/bench/noise"
	"uorobench/bench/parallel"
	"uorobench/bench/problem"
	"uorobench/bench/result"
	"uorobench/estimators"
	"uorobench/stats"
)

// Lanes is the number of draws in a chunk.
const Lanes = estimators.Lanes

// The packages do not know each other, but they must agree on the batch's width.
var (
	_ [Lanes]struct{} = [noise.Lanes]struct{}{}
	_ [Lanes]struct{} = [stats.Lanes]struct{}{}
)

// Config says what a pass draws.
type Config struct {
	Problem *problem.Problem
	Chain   *chain.Plan
	Law     Law
	Stream  noise.Stream
	Phase   string // for messages and profiles
	Draws   int64
	Groups  int
	Workers int
	Shape   stats.Shape // of the moments
	Memory  *Memory     // that the groups' sums come from
	// CountNonFinite: a draw that leaves the finite numbers is counted and left out
	// from there on; else it ends the pass with a *NonFiniteError.
	CountNonFinite bool
	Progress       func(draws int64) // of each chunk, from the workers; may be nil
}

// Pass is one sweep over the draws of a stream for one chain.
//
// Chunk c of Lanes draws belongs to group c mod Groups. A worker takes a whole
// group and adds its chunks, in order, straight into the group's accumulators;
// no two workers ever share one. So the sums do not depend on the number of
// workers, and memory does not grow with the number of draws.
//
// Tried on paper and left: an accumulator per chunk, merged in chunk order. It
// needs a P-vector per measured step and signal for every chunk in flight, and
// a turnstile that makes fast workers wait.
type Pass struct {
	Config
	source    source
	observers []Observer
	views     set // that any observer looks at

	workers []*worker // from Start to Close
	done    int64     // chunks
	moments [][]*stats.Moments
	lost    [][]int64 // groups × measured steps: draws that are not finite
}

// source makes the draws of a pass.
type source interface {
	// reader is the part of one worker, which shows its draws to show.
	reader(show func(*observation)) reader
	// gather completes the pass's moments after a run.
	gather()
	work(done, draws int64) int64 // multiply-adds of the next draws after done
	bytes() (worker, sums int64)
}

// reader takes chunk number chunk, of a group, along the trajectory.
type reader interface {
	read(group int, chunk int64) error
}

// New makes a pass; it is carried by the engine, which must cover the chain, or by
// plain batches.
func New(c Config, engine bool, observers ...Observer) (*Pass, error) {
	p := &Pass{Config: c, observers: observers, views: viewsOf(observers, estimates)}
	if !engine {
		p.source = &batches{p, viewsOf(observers, lengths)}
		return p, nil
	}
	e, err := newEngineSource(p)
	p.source = e
	return p, err
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

// nonFinite is the error of the lowest draw in bad, lanes of the step's chunk.
func (p *Pass) nonFinite(s *observation, lane int) error {
	return &NonFiniteError{
		Cell: p.Problem.Cell.Name(), Estimator: p.Chain.Name, Phase: p.Phase,
		Draw: s.First + int64(lane), Step: p.Problem.Measured[s.Measured],
	}
}

// chunksPerTurn is how many chunks of a group a worker does without another
// between.
func (p *Pass) chunksPerTurn() int64 {
	switch p.order() {
	case groupOrder:
		return max(1, (p.chunks()+int64(p.Groups)-1)/int64(p.Groups))
	case drawOrder:
		return 1
	}
	return 16
}

func (p *Pass) order() (o order) {
	for i := range p.observers {
		o = max(o, p.observers[i].order)
	}
	return o
}

func (p *Pass) chunks() int64 { return (p.Draws + Lanes - 1) / Lanes }

// size is the number of draws in a chunk: Lanes but for the last one.
func (p *Pass) size(chunk int64) int64 { return min(p.Draws-chunk*Lanes, Lanes) }

// Start makes the workers and empty accumulators. Run does it where it was not done.
func (p *Pass) Start() {
	if p.workers != nil {
		return
	}
	p.allocate()
	p.workers = make([]*worker, min(p.Workers, p.Groups))
	for i := range p.workers {
		p.workers[i] = newWorker(p)
	}
}

func (p *Pass) allocate() {
	measured, n := len(p.Problem.Measured), p.Shape.Numbers()
	p.moments, p.lost = make([][]*stats.Moments, p.Groups), make([][]int64, p.Groups)
	p.Memory.fit(p.Groups)
	parallel.For(p.Groups, p.Workers, func(g int) {
		p.lost[g] = make([]int64, measured)
		memory := p.Memory.moments.zeros(g, measured*n)
		for m := range measured {
			p.moments[g] = append(p.moments[g], stats.MomentsIn(memory[m*n:], p.Shape))
		}
	})
	for i := range p.observers {
		p.observers[i].start(p)
	}
}

// Run takes all draws. Where Draws has been raised since it ran before, it goes on
// from there; the draws of the run before must have been whole chunks.
func (p *Pass) Run(ctx context.Context) error {
	p.Start()
	ctx = pprof.WithLabels(ctx, pprof.Labels("estimator", p.Chain.Name, "phase", p.Phase))
	for p.done < p.chunks() {
		to := p.chunks()
		if p.order() == drawOrder {
			to = min(to, p.done+int64(p.Groups))
		}
		if err := p.take(ctx, p.done, to); err != nil {
			return err
		}
		p.done = to
		for i := range p.observers {
			if err := p.observers[i].flush(); err != nil {
				return err
			}
		}
	}
	p.source.gather()
	return nil
}

// take lets the workers do chunks [from, to). The error of the lowest draw wins,
// whichever worker met it first.
func (p *Pass) take(ctx context.Context, from, to int64) error {
	round := p.chunksPerTurn() * int64(p.Groups)
	rounds := (to - from + round - 1) / round
	turns := newQueue(rounds*int64(p.Groups), p.Groups)
	var wait sync.WaitGroup
	for _, w := range p.workers {
		wait.Go(func() {
			pprof.SetGoroutineLabels(ctx)
			for t, ok := turns.take(); ok; t, ok = turns.take() {
				first := from + t/int64(p.Groups)*round
				turns.end(t, w.turn(ctx, int(t%int64(p.Groups)), first, min(first+round, to)))
			}
		})
	}
	wait.Wait()
	return lowest(turns.errs)
}

// Close drops what only drawing needs. The sums stay until the next pass that has
// the same Memory.
func (p *Pass) Close() { p.workers, p.source = nil, nil }

// Moments are the sums over the draws, groups × measured steps, once Run has
// returned; of the same pass they are always the same slices.
func (p *Pass) Moments() [][]*stats.Moments { return p.moments }

// NonFinite counts the draws that were left out, groups × measured steps.
func (p *Pass) NonFinite() [][]int64 { return p.lost }

// Report adds what the observers found to the rows, one per variant of the chain,
// nil for one that is not reported.
func (p *Pass) Report(d *result.Draws, rows []*result.Estimator) error {
	for i := range p.observers {
		if err := p.observers[i].report(d, rows); err != nil {
			return err
		}
	}
	return nil
}

// Done is the number of draws that have been taken.
func (p *Pass) Done() int64 { return min(p.done*Lanes, p.Draws) }

// Work counts the multiply-adds of the draws from number done on.
func (p *Pass) Work(done int64) int64 { return p.source.work(done, p.Draws-done) }

// Bytes counts the large arrays of a worker, and those of the sums of all groups.
func (p *Pass) Bytes() (worker, sums int64) {
	worker, sums = p.source.bytes()
	sums += 8 * int64(p.Shape.Numbers()) * int64(len(p.Problem.Measured))
	for i := range p.observers {
		w, group := p.observers[i].bytes(p)
		worker, sums = worker+w, sums+group
	}
	return worker, sums * int64(p.Groups)
}
