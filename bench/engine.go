package bench

import (
	"math/bits"

	"uorobench/estimators"
	"uorobench/stats"
)

// A pass can be carried by the engine, which forms no gradient per draw. It
// gives the same moments as the plain batches (to rounding) many times faster,
// but it does not form single draws: cosines and --detail draws come from plain
// passes.

// engineNeeds asks for the sums of every signal at every measured step.
func (p *pass) engineNeeds() []estimators.Needs {
	var needs []estimators.Needs
	all := make([]int, p.shape.Signals)
	for k := range all {
		all[k] = k
	}
	for _, t := range p.problem.measured {
		needs = append(needs, estimators.Needs{
			Step: t - 1, Mean: all, Unit: p.shape.PerUnit, Coordinate: p.shape.PerCoordinate,
		})
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
	p.sums = make([]*estimators.Sums, p.groups)
	for g := range p.sums {
		p.sums[g] = plan.NewSums()
	}
	return nil
}

// runEngine takes one chunk along the whole trajectory.
func (w *worker) runEngine() {
	size := w.size()
	w.noise.Seek(uint64(w.chunk) * Lanes)
	w.engine.Chunk(w.noise, uint32(1)<<size-1, w.pass.sums[w.inGroup], w.read)
}

// seen notes the draws that left the finite numbers.
func (w *worker) seen(r *estimators.Reading) {
	p := w.pass
	if r.Bad != 0 && !p.count && w.err == nil {
		w.err = p.nonFiniteError(w.chunk*Lanes+int64(bits.TrailingZeros32(r.Bad)), r.Measured)
	}
	p.nonFinite[w.inGroup][r.Measured] += w.size() - int64(bits.OnesCount32(r.Valid))
	for i, v := range p.watched {
		v.watch(w, i, r)
	}
}

// gather turns the engine's sums into moments.
func (p *pass) gather() {
	for g, sums := range p.sums {
		for m, out := range p.moments[g] {
			gatherStep(out, sums, m)
		}
	}
}

func gatherStep(out *stats.Moments, sums *estimators.Sums, m int) {
	out.N = sums.Draws(m)
	for k := range out.Sum {
		sums.MeanTo(out.Sum[k], m, k)
		for l := 0; l <= k; l++ {
			at := stats.Pair(k, l)
			out.Gram[at] = sums.Gram(m, k, l)
			if out.Unit != nil {
				sums.UnitTo(out.Unit[at], m, k, l)
			}
			if out.Coord != nil {
				sums.CoordinateTo(out.Coord[at], m, k, l)
			}
		}
	}
}
