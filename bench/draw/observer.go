package draw

import (
	"slices"

	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/bench/result"
	"uorobench/stats"
)

// kinds are the observers that there are: each has a file of its own and a line
// here. One with a detail is made where --detail asks for it.
var kinds = []kind{
	{looksAt: anyDraws, reads: angles, make: newCosines},
	{looksAt: anyDraws, reads: lengths, make: newTails},
	{detail: "draws", looksAt: allFormed, order: drawOrder, reads: angles, make: newValues},
	{detail: "total", help: "of the sum over the measured steps", looksAt: someFormed, make: newTotal, deterministic: deterministicTotal},
	{detail: "convergence", help: "of means of N draws", looksAt: ownPass, order: groupOrder, make: newDeviations, deterministic: deterministicDeviations},
}

// kind describes an observer: what it is for, and what it asks of a pass.
type kind struct {
	detail  string // that asks for it; "": every run does
	help    string // on the detail
	looksAt looksAt
	order   order
	reads   reads
	make    func(s *Selection, views set) observer
	// deterministic is in its place for an estimator that draws nothing; may be nil.
	deterministic func(p *problem.Problem, k *chain.Known, row *result.Estimator)
}

// looksAt says which measured draws an observer looks at.
type looksAt int

const (
	anyDraws   looksAt = iota // all, by what the engine reads of them
	someFormed                // formed ones, as many as plain batches may have
	ownPass                   // the same, in a pass of its own
	allFormed                 // all, formed whatever it takes
)

// order is the order in which draws are taken. In all of them a group's draws come
// in order.
type order int

const (
	anyOrder   order = iota
	groupOrder       // a worker takes a group from its first draw to its last
	drawOrder        // a chunk of every group before the next one
)

// reads says what an observer reads of an observation.
type reads int

const (
	estimates reads = iota
	lengths         // NoiseSq of observation.lengths
	angles          // all of observation.lengths: the engine has them of a chunk per group only
)

// Observer is an observer of one pass.
type Observer struct {
	*kind
	observer
}

// observer adds up one kind of figure over the draws of a pass. Its accumulators
// are by group; no two workers are in one group at a time. A set has what observers
// have in common.
type observer interface {
	observed() set // the views that it looks at
	// start makes empty accumulators; the pass is about to begin.
	start(p *Pass)
	recorder(p *Pass) recorder
	// flush writes out what is complete, between rounds.
	flush() error
	// report adds what was found to the rows, by variant; nil ones are not reported.
	report(d *result.Draws, rows []*result.Estimator) error
	// bytes counts the large arrays of a recorder, and of the accumulators of a group.
	bytes(p *Pass) (worker, group int64)
}

// recorder is the part of an observer that belongs to one worker, with its scratch.
type recorder interface {
	beginChunk()
	step(s *observation)
	endTurn(group int) // the worker leaves the group for now
}

// set is a list of views, and an observer of them that keeps nothing.
type set []*View

func (s set) observed() set                                 { return s }
func (set) beginChunk()                                     {}
func (set) endTurn(int)                                     {}
func (set) flush() error                                    { return nil }
func (set) report(*result.Draws, []*result.Estimator) error { return nil }
func (set) bytes(*Pass) (worker, group int64)               { return 0, 0 }

// reported leaves out the hidden views.
func (s set) reported() set {
	return slices.DeleteFunc(slices.Clone(s), func(v *View) bool { return v.variant.Hidden })
}

// eachRow calls fill for the rows of every view that is reported, i being the view's
// index in the set and steps the measured steps of the row.
func (s set) eachRow(d *result.Draws, rows []*result.Estimator, fill func(row *result.Step, i int, steps []int)) {
	for i, v := range s {
		if row := rows[v.index]; row != nil {
			row.EachRow(d.Workers, func(row *result.Step, steps []int) { fill(row, i, steps) })
		}
	}
}

// grid is views × groups × measured steps of empty accumulators.
func grid[T any](views set, p *Pass) [][][]T {
	out := make([][][]T, len(views))
	for i := range out {
		for range p.Groups {
			out[i] = append(out[i], make([]T, len(p.Problem.Measured)))
		}
	}
	return out
}

// viewsOf are those that any observer looks at which reads at least so much.
func viewsOf(observers []Observer, least reads) (views set) {
	for _, o := range observers {
		for _, v := range o.observed() {
			if o.reads >= least && !slices.Contains(views, v) {
				views = append(views, v)
			}
		}
	}
	return views
}

// Details are the details that ask for an observer, and what help says of each; "":
// its name is enough.
func Details() (names, help []string) {
	for i := range kinds {
		if kinds[i].detail != "" {
			names, help = append(names, kinds[i].detail), append(help, kinds[i].help)
		}
	}
	return names, help
}

// Selection is the observers of a run.
type Selection struct {
	kinds []*kind
	sink  func([]Value) error
}

// Select chooses the observers of every run and those of the details. Detail draws
// is chosen where it has a sink, which takes the draws by chunk, then by estimator,
// step and draw.
func Select(details []string, sink func([]Value) error) *Selection {
	s := &Selection{sink: sink}
	for i := range kinds {
		k := &kinds[i]
		if k.looksAt == allFormed && sink != nil || k.looksAt != allFormed && (k.detail == "" || slices.Contains(details, k.detail)) {
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

// Stage is one of the passes over the measured draws of a chain.
type Stage int

const (
	Main    Stage = iota // all draws
	Formed               // where the engine carries Main, some draws formed one by one
	OwnPass              // of observers that need an order of their own
)

// stage is where a kind observes a view.
func (s *Selection) stage(k *kind, engine, readable bool) Stage {
	switch {
	case k.looksAt == ownPass:
		return OwnPass
	case engine && (!readable || k.looksAt != anyDraws || k.reads == angles && s.FormsSome()):
		return Formed // angles too, where draws are formed anyway: the engine has fewer of them
	}
	return Main
}

// Has says whether the chain needs a pass of the stage.
func (s *Selection) Has(stage Stage, engine bool, c *chain.Plan) bool {
	return slices.ContainsFunc(s.kinds, func(k *kind) bool {
		return s.stage(k, engine, true) == stage || s.stage(k, engine, !c.Has(stats.ScopeCoordinate)) == stage
	})
}

// Observers makes those of a stage; engine says whether it carries Main.
func (s *Selection) Observers(stage Stage, engine bool, views []*View) (out []Observer) {
	for _, k := range s.kinds {
		looked := slices.DeleteFunc(slices.Clone(views), func(v *View) bool { return s.stage(k, engine, v.fromEngine()) != stage })
		if len(looked) > 0 {
			out = append(out, Observer{k, k.make(s, looked)})
		}
	}
	return out
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
