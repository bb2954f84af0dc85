package draw

import (
	"math/bits"

	"uorobench/bench/noise"
	"uorobench/bench/parallel"
	"uorobench/estimators"
	"uorobench/stats"
)

// engineSource forms no gradient per draw. It gives the same moments as the plain
// batches (to rounding) many times faster, and of each draw the lengths and angles
// of the views (see readout).
type engineSource struct {
	pass     *Pass
	plan     *estimators.Plan
	sums     []*estimators.Sums // per group
	readouts []readout          // of each view
	angles   bool               // inner products are taken, of the first chunk of each group
}

func newEngineSource(p *Pass) (*engineSource, error) {
	e := &engineSource{pass: p}
	e.angles = len(viewsOf(p.observers, angles)) > 0
	var err error
	e.plan, err = estimators.NewPlan(p.Problem.Trajectory, estimators.PlanOptions{Options: p.Chain.Options, Measured: e.needs()})
	if err != nil {
		return nil, err
	}
	e.readouts = newReadouts(p, e.plan)
	e.sums = make([]*estimators.Sums, p.Groups)
	p.Memory.fit(p.Groups)
	n := e.plan.SumNumbers()
	parallel.For(p.Groups, p.Workers, func(g int) { e.sums[g] = e.plan.SumsIn(p.Memory.sums.zeros(g, n)) })
	return e, nil
}

// needs asks for the sums of every signal at every measured step.
func (e *engineSource) needs() []estimators.Needs {
	p := e.pass
	var needs []estimators.Needs
	all := make([]int, p.Shape.Signals)
	for k := range all {
		all[k] = k
	}
	for m, t := range p.Problem.Measured {
		n := estimators.Needs{Step: t - 1, Mean: all, Unit: p.Shape.PerUnit, Coordinate: p.Shape.PerCoordinate}
		if e.angles {
			n.Dots = dotVectors(p, m)
		}
		needs = append(needs, n)
	}
	return needs
}

func (e *engineSource) work(done, draws int64) int64 {
	work := draws * e.plan.Work()
	if e.angles && done == 0 {
		work += min(draws, int64(e.pass.Groups)*Lanes) * e.plan.DotWork()
	}
	return work
}

func (e *engineSource) bytes() (worker, sums int64) { return e.plan.Memory() }

// engineReader is the engine of a worker.
type engineReader struct {
	*engineSource
	engine *estimators.Engine
	noise  noise.Filler
	visit  func(*estimators.Reading)
	show   func(*observation)
	step   observation
	size   int64 // draws of the chunk
	err    error
}

func (e *engineSource) reader(show func(*observation)) reader {
	p := e.pass
	r := &engineReader{
		engineSource: e, engine: e.plan.NewEngine(), show: show,
		noise: p.Law.source(p.Stream, p.Chain.NoiseDim, len(p.Problem.Trajectory.Steps)),
		step:  observation{lengths: make([]viewLengths, len(p.Chain.Variants))},
	}
	r.visit = r.measure
	return r
}

func (e *engineReader) read(group int, chunk int64) error {
	e.step.begin(group, chunk)
	e.size, e.err = e.pass.size(chunk), nil
	e.step.Angles = e.angles && chunk < int64(e.pass.Groups)
	e.engine.SkipDots(!e.step.Angles)
	e.noise.Seek(uint64(e.step.First))
	e.engine.Chunk(e.noise, uint32(1)<<e.size-1, e.sums[group], e.visit)
	return e.err
}

// measure notes the draws that left the finite numbers, and shows the others.
func (e *engineReader) measure(r *estimators.Reading) {
	p, s := e.pass, &e.step
	s.Measured, s.Valid = r.Measured, r.Valid
	if r.Bad != 0 && !p.CountNonFinite && e.err == nil {
		e.err = p.nonFinite(s, bits.TrailingZeros32(r.Bad))
	}
	p.lost[s.Group][s.Measured] += e.size - int64(bits.OnesCount32(r.Valid))
	for i := range e.readouts {
		e.readouts[i].read(s, r)
	}
	e.show(s)
}

// gather turns the engine's sums into moments.
func (e *engineSource) gather() {
	parallel.For(len(e.sums), e.pass.Workers, func(g int) {
		for m, out := range e.pass.moments[g] {
			e.gatherStep(out, e.sums[g], m)
		}
	})
}

// gatherStep leaves the moments by unit and coordinate at zero for linear
// covariates: no variant of the chain asks for them (see chain.Plans).
func (e *engineSource) gatherStep(out *stats.Moments, sums *estimators.Sums, m int) {
	out.N = sums.Draws(m)
	for k := range out.Sum {
		sums.MeanTo(out.Sum[k], m, k)
		for l := 0; l <= k; l++ {
			pair := stats.Pair(k, l)
			out.Gram[pair] = sums.Gram(m, k, l)
			if !e.onTheta(k) || !e.onTheta(l) {
				continue
			}
			if out.Unit != nil {
				sums.UnitTo(out.Unit[pair], m, k, l)
			}
			if out.Coord != nil {
				sums.CoordinateTo(out.Coord[pair], m, k, l)
			}
		}
	}
}

func (e *engineSource) onTheta(signal int) bool {
	_, ok := e.plan.Place(signal)
	return ok
}
