package bench

import (
	"math/bits"

	"uorobench/estimators"
	"uorobench/stats"
)

// A pass can be carried by the engine, which forms no gradient per draw. It
// gives the same moments as the plain batches (to rounding) many times faster,
// and reading.go takes tails and cosines from it; --detail draws and total come
// from plain passes.

// engineNeeds asks for the sums of every signal at every measured step.
func (p *pass) engineNeeds() []estimators.Needs {
	var needs []estimators.Needs
	all := make([]int, p.shape.Signals)
	for k := range all {
		all[k] = k
	}
	for m, t := range p.problem.measured {
		n := estimators.Needs{Step: t - 1, Mean: all, Unit: p.shape.PerUnit, Coordinate: p.shape.PerCoordinate}
		if p.angles {
			n.Dots = p.vectors(m)
		}
		needs = append(needs, n)
	}
	return needs
}

// useEngine prepares the engine for the pass.
func (p *pass) useEngine() error {
	plan, err := estimators.NewPlan(p.problem.tr, estimators.PlanOptions{Options: p.chain.options, Measured: p.engineNeeds()})
	if err != nil {
		return err
	}
	p.plan = plan
	p.prepareTold()
	p.sums = make([]*estimators.Sums, p.groups)
	p.store.fit(p.groups)
	n := plan.SumNumbers()
	spread(p.groups, p.workers, func(g int) { p.sums[g] = plan.SumsIn(p.store.sums.zeros(g, n)) })
	return nil
}

// runEngine takes one chunk along the whole trajectory.
func (w *worker) runEngine() {
	size := w.size()
	w.angles = w.pass.angles && w.chunk < int64(w.pass.groups)
	w.engine.SkipDots(!w.angles)
	w.noise.Seek(uint64(w.chunk) * Lanes)
	w.engine.Chunk(w.noise, uint32(1)<<size-1, w.pass.sums[w.inGroup], w.read)
}

// seen notes the draws that left the finite numbers.
func (w *worker) seen(r *estimators.Reading) {
	p := w.pass
	if r.Bad != 0 && !p.count && w.err == nil {
		w.err = p.nonFiniteError(w.chunk*Lanes+int64(bits.TrailingZeros32(r.Bad)), r.Measured)
	}
	w.at = r.Measured
	p.nonFinite[w.inGroup][r.Measured] += w.size() - int64(bits.OnesCount32(r.Valid))
	for i, v := range p.watched {
		v.read(w, i, r)
	}
}

// gather turns the engine's sums into moments.
func (p *pass) gather() {
	spread(len(p.sums), p.workers, func(g int) {
		for m, out := range p.moments[g] {
			p.gatherStep(out, p.sums[g], m)
		}
	})
}

// gatherStep leaves the moments by unit and coordinate at zero for linear
// covariates: no variant of the chain asks for them (see carried).
func (p *pass) gatherStep(out *stats.Moments, sums *estimators.Sums, m int) {
	out.N = sums.Draws(m)
	for k := range out.Sum {
		sums.MeanTo(out.Sum[k], m, k)
		for l := 0; l <= k; l++ {
			at := stats.Pair(k, l)
			out.Gram[at] = sums.Gram(m, k, l)
			if !p.onTheta(k) || !p.onTheta(l) {
				continue
			}
			if out.Unit != nil {
				sums.UnitTo(out.Unit[at], m, k, l)
			}
			if out.Coord != nil {
				sums.CoordinateTo(out.Coord[at], m, k, l)
			}
		}
	}
}

func (p *pass) onTheta(signal int) bool {
	_, ok := p.plan.Place(signal)
	return ok
}
