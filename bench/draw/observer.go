package draw

import (
	"slices"

	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/bench/result"
	"uorobench/stats"
)

// kinds are the observers that there are: each has a file of its own and a line
// here. An observer with a detail is there where --detail asks for it.
var kinds = []kind{
	{looksAt: anyDraws, angles: true, make: newCosines},
	{looksAt: anyDraws, make: newTails},
	{detail: "draws", looksAt: allFormed, order: drawOrder, angles: true, make: newValues},
	{detail: "total", looksAt: someFormed, make: newTotal, deterministic: deterministicTotal},
	{detail: "convergence", looksAt: wholeGroups, order: groupOrder, make: newDeviations, deterministic: deterministicDeviations},
}

// kind describes an observer: what it is for, and what it asks of a pass.
type kind struct {
	detail  string // "": of every run
	looksAt looksAt
	order   order
	// angles: it looks at NormSq and Dot of Step.Lengths. The engine gives those of a
	// chunk per group only, so where other observers have draws formed it looks at them.
	angles bool
	make   func(s *Selection, views []*View) observer
	// deterministic is in its place for an estimator that draws nothing; may be nil.
	deterministic func(p *problem.Problem, k *chain.Known, row *result.Estimator)
}

// looksAt says which measured draws an observer looks at.
type looksAt int

const (
	anyDraws    looksAt = iota // all, and Step.Lengths are enough
	someFormed                 // formed ones, as many as plain batches may have
	wholeGroups                // the same, in a pass of their own
	allFormed                  // all, formed whatever it takes
)

// order is the order in which draws are taken. In all of them a group's draws come
// in order.
type order int

const (
	anyOrder   order = iota
	groupOrder       // a worker takes a group from its first draw to its last
	drawOrder        // a chunk of every group before the next one
)

// Observer is an observer of one pass.
type Observer struct {
	*kind
	observer
}

// observer adds up one kind of figure over the draws of a pass. Its accumulators
// are by group; no two workers are in one group at a time.
type observer interface {
	// observed are the views that it looks at.
	observed() []*View
	// lengths says whether it looks at their Step.Lengths.
	lengths() bool
	// start makes empty accumulators; the pass is about to begin.
	start(p *Pass)
	recorder(p *Pass) recorder
	// report adds what was found to the rows, by variant; nil ones are not reported.
	report(d *result.Draws, rows []*result.Estimator) error
	// bytes counts the large arrays of a recorder, and of the accumulators of a group.
	bytes(p *Pass) (worker, group int64)
}

// recorder is the part of an observer that belongs to one worker, with its scratch.
type recorder interface {
	beginChunk()
	step(s *Step)
	endTurn(group int) // the worker leaves the group for now
}

// flusher is an observer that has something to write out between rounds.
type flusher interface{ flush() error }

// set is what observers have in common: the views that they look at. Its methods
// are those of an observer that looks at lengths and has no scratch.
type set []*View

func (s set) observed() []*View               { return s }
func (set) lengths() bool                     { return true }
func (set) beginChunk()                       {}
func (set) endTurn(int)                       {}
func (set) bytes(*Pass) (worker, group int64) { return 0, 0 }

// reported leaves out the hidden views.
func (s set) reported() set {
	return slices.DeleteFunc(slices.Clone(s), func(v *View) bool { return v.variant.Hidden })
}

func observedViews(observers []Observer) (views []*View) {
	for i := range observers {
		for _, v := range observers[i].observed() {
			if !slices.Contains(views, v) {
				views = append(views, v)
			}
		}
	}
	return views
}

func lengthsOf(observers []Observer) []*View {
	return observedViews(slices.DeleteFunc(slices.Clone(observers), func(o Observer) bool { return !o.lengths() }))
}

// Selection is the observers of a run.
type Selection struct {
	kinds []*kind
	sink  func([]Value) error
}

// Select chooses the observers of every run and those of the details. Detail draws
// is there where it has a sink, which takes the draws by chunk, then by estimator,
// step and draw.
func Select(details []string, sink func([]Value) error) *Selection {
	s := &Selection{sink: sink}
	for i := range kinds {
		k := &kinds[i]
		asked := k.detail == "" || slices.Contains(details, k.detail)
		if k.looksAt == allFormed {
			asked = sink != nil
		}
		if asked {
			s.kinds = append(s.kinds, k)
		}
	}
	return s
}

func (s *Selection) has(l looksAt) bool {
	return slices.ContainsFunc(s.kinds, func(k *kind) bool { return k.looksAt == l })
}

// FormsAll says whether an observer needs all draws formed, so that plain batches
// must carry the measured draws.
func (s *Selection) FormsAll() bool { return s.has(allFormed) }

// FormsSome says whether an observer needs formed draws.
func (s *Selection) FormsSome() bool { return s.has(someFormed) }

// WholeGroups says whether an observer has a pass of its own.
func (s *Selection) WholeGroups() bool { return s.has(wholeGroups) }

// Looks says whether beside the engine's pass over a chain's draws some must be
// formed.
func (s *Selection) Looks(c *chain.Plan) bool {
	return s.FormsSome() || c.Has(stats.ScopeCoordinate)
}

// observers makes those that are wanted, of the views that want gives; nil: none.
func (s *Selection) observers(want func(k *kind) []*View) []Observer {
	var out []Observer
	for _, k := range s.kinds {
		if views := want(k); len(views) > 0 {
			out = append(out, Observer{k, k.make(s, views)})
		}
	}
	return out
}

// OfBatches are the observers of the measured draws where plain batches form them.
func (s *Selection) OfBatches(views []*View) []Observer {
	return s.observers(func(k *kind) []*View {
		if k.looksAt == wholeGroups {
			return nil
		}
		return views
	})
}

// OfEngine are the observers of the measured draws where the engine carries them,
// and beside those the ones of a pass that forms some of the draws.
func (s *Selection) OfEngine(views []*View) (engine, beside []Observer) {
	var read, left []*View
	for _, v := range views {
		if v.fromEngine() {
			read = append(read, v)
		} else {
			left = append(left, v)
		}
	}
	engine = s.observers(func(k *kind) []*View {
		if k.looksAt == anyDraws && !(k.angles && s.FormsSome()) {
			return read
		}
		return nil
	})
	beside = s.observers(func(k *kind) []*View {
		switch {
		case k.looksAt == wholeGroups:
			return nil
		case k.looksAt == someFormed, k.angles && s.FormsSome():
			return views
		}
		return left
	})
	return engine, beside
}

// OfWholeGroups are the observers of a pass that takes each group at once.
func (s *Selection) OfWholeGroups(views []*View) []Observer {
	return s.observers(func(k *kind) []*View {
		if k.looksAt == wholeGroups {
			return views
		}
		return nil
	})
}

// Deterministic adds to the row of an estimator that draws nothing what observers
// would have found.
func (s *Selection) Deterministic(p *problem.Problem, k *chain.Known, row *result.Estimator) {
	for _, kind := range s.kinds {
		if kind.deterministic != nil {
			kind.deterministic(p, k, row)
		}
	}
}
