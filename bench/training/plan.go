package training

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Plan is a set of trainings that differ in method and seed alone, so that their
// curves can be compared: a seed gives the same initial weights and the same
// symbols to every method.
type Plan struct {
	Base    Config   // Method and Seed are overwritten
	Methods []string // in the order of the results
	Seeds   []uint64
	// Snapshots are the steps, rising, after which the weights are kept; the
	// last step may be one of them.
	Snapshots []int
	// Store, if not nil, keeps checkpoints: Run goes on from those that are
	// there, and saves every SaveEvery steps (0: not in between), when a
	// training is done, and when ctx ends.
	Store     Store
	SaveEvery int
}

// Result is one finished training of a plan.
type Result struct {
	Method    string // full name
	Seed      uint64
	Points    []Point // up to where it got
	Steps     int     // steps done: all of them, unless it diverged
	Diverged  error   // nil, or why it stopped before the end
	Snapshots []Snapshot
	Cost      Cost
}

// Progress is told to whoever watches a plan; Done counts steps of one run.
type Progress struct {
	Run, Runs   int // 0-based place in the results, and how many there are
	Method      string
	Seed        uint64
	Done, Steps int
}

// Run carries out the plan on so many workers and returns one result per method
// and seed, methods outermost. The results do not depend on the workers. A
// training that diverges is a result; a plan that cannot be trained is an error
// before anything is. When ctx ends, Run returns its error and no results.
// watch, if not nil, is called by several goroutines, once per Record steps.
func (p *Plan) Run(ctx context.Context, workers int, watch func(Progress)) ([]Result, error) {
	runs, err := p.runs()
	if err != nil {
		return nil, err
	}
	results, errs := make([]Result, len(runs)), make([]error, len(runs))
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, min(workers, len(runs))) {
		group.Go(func() {
			for i := range next {
				results[i], errs[i] = p.run(ctx, i, runs[i], func(r Progress) {
					if r.Run, r.Runs = i, len(runs); watch != nil {
						watch(r)
					}
				})
			}
		})
	}
	for i := range runs {
		next <- i
	}
	close(next)
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return results, nil
}

// runs is the configs of the plan, each checked.
func (p *Plan) runs() ([]Config, error) {
	if len(p.Methods) == 0 || len(p.Seeds) == 0 {
		return nil, fmt.Errorf("training: %d methods and %d seeds: want at least one of each", len(p.Methods), len(p.Seeds))
	}
	for i, s := range p.Snapshots {
		if s < 1 || s > p.Base.Steps || (i > 0 && s <= p.Snapshots[i-1]) {
			return nil, fmt.Errorf("training: snapshots %v: want rising steps from 1 to %d", p.Snapshots, p.Base.Steps)
		}
	}
	var runs []Config
	for _, method := range p.Methods {
		for _, seed := range p.Seeds {
			c := p.Base
			c.Method, c.Seed = method, seed
			if err := c.Check(); err != nil {
				return nil, err
			}
			runs = append(runs, c)
		}
	}
	return runs, nil
}

// run is one training. Its memory is made when its turn comes.
func (p *Plan) run(ctx context.Context, i int, c Config, watch func(Progress)) (Result, error) {
	t, err := p.trainer(i, c)
	if err != nil {
		return Result{}, err
	}
	c = t.Config()
	r := Result{Method: c.Method, Seed: c.Seed, Cost: t.Cost()}
	for !t.Done() && r.Diverged == nil {
		err := t.Train(ctx, p.stop(t.Steps(), &c))
		if bad := (*DivergedError)(nil); errors.As(err, &bad) {
			r.Diverged = bad
		} else if err != nil {
			return r, errors.Join(err, p.save(i, t))
		} else if err := p.lookUp(i, t); err != nil {
			return r, err
		}
		watch(Progress{Method: c.Method, Seed: c.Seed, Done: t.Steps(), Steps: c.Steps})
	}
	r.Points, r.Steps = t.Curve(), t.Steps()
	r.Snapshots, err = t.Kept()
	return r, err
}

// stop is the next step to look up at: a snapshot, a point, a save, or the end.
func (p *Plan) stop(at int, c *Config) int {
	stop := min(c.Steps, at-at%c.Record+c.Record)
	if p.SaveEvery > 0 {
		stop = min(stop, at-at%p.SaveEvery+p.SaveEvery)
	}
	for _, s := range p.Snapshots {
		if s > at {
			return min(stop, s)
		}
	}
	return stop
}

// lookUp keeps and saves what is due after a step.
func (p *Plan) lookUp(i int, t *Trainer) error {
	if slices.Contains(p.Snapshots, t.Steps()) {
		t.Keep()
	}
	if t.Done() || (p.SaveEvery > 0 && t.Steps()%p.SaveEvery == 0) {
		return p.save(i, t)
	}
	return nil
}
