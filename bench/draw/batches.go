package draw

import (
	"math/bits"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/stats"
)

// batches is the source that forms the signals of every draw.
type batches struct {
	pass  *Pass
	views set // whose lengths are formed
}

func (b *batches) gather() {} // the readers add to the moments themselves

// work takes, per measured step and basis its norm, per signal its sum, and per
// view three inner products.
func (b *batches) work(_, draws int64) int64 {
	p := b.pass
	perRead := int64(p.Shape.Params) * (1 + int64(p.Shape.Signals) + 3*int64(len(p.views)))
	return draws * (int64(len(p.Problem.Trajectory.Steps))*p.Chain.Cost.PerDraw + int64(len(p.Problem.Measured))*perRead)
}

func (b *batches) bytes() (worker, sums int64) { return 8 * Lanes * b.pass.Chain.Cost.Numbers, 0 }

// batchReader is the batch of a worker and all scratch for it.
type batchReader struct {
	*batches
	batch estimators.Batch
	noise noise.Filler
	eps   []float64
	input stats.Batch
	visit func(*estimators.Signals)
	show  func(*observation)
	step  observation
	size  int64 // draws of the chunk
	err   error
}

func (b *batches) reader(show func(*observation)) reader {
	p := b.pass
	r := &batchReader{
		batches: b, batch: p.Chain.NewBatch(), show: show,
		noise: p.Law.source(p.Stream, p.Chain.NoiseDim, len(p.Problem.Trajectory.Steps)),
		eps:   make([]float64, p.Chain.NoiseDim*Lanes),
		step:  observation{lengths: make([]viewLengths, len(p.Chain.Variants)), Angles: true},
	}
	r.visit = r.measure
	return r
}

func (b *batchReader) read(group int, chunk int64) error {
	p := b.pass
	b.step.begin(group, chunk)
	b.size, b.err = p.size(chunk), nil
	for lane := range b.input.Valid {
		b.input.Valid[lane] = int64(lane) < b.size
	}
	b.batch.Reset()
	b.noise.Seek(uint64(b.step.First))
	for t, j := range p.Problem.Trajectory.Steps {
		b.noise.Fill(b.eps, t)
		p.Chain.Advance(b.batch, j, b.eps, b.visitAt(t))
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

func (b *batchReader) visitAt(t int) func(*estimators.Signals) {
	measured := b.pass.Problem.Measured
	if m := b.step.Measured; m < len(measured) && measured[m] == t+1 {
		return b.visit
	}
	return nil
}

// measure adds the signals of a measured step to the moments, and shows them.
func (b *batchReader) measure(signals *estimators.Signals) {
	p, s := b.pass, &b.step
	b.input.Scale, b.input.Basis, b.input.Of = signals.Scale, signals.Basis, signals.Of
	if bad := p.moments[s.Group][s.Measured].Add(&b.input); bad != 0 {
		b.drop(bad)
	}
	s.Valid, s.signals = b.valid(), signals
	p.lost[s.Group][s.Measured] += b.size - int64(bits.OnesCount32(s.Valid))
	for _, v := range b.views {
		v.form(&s.lengths[v.index], signals, s.Group, s.Measured)
	}
	b.show(s)
	s.Measured++
}

// drop takes lanes that are not finite out of the chunk, or stops the pass.
func (b *batchReader) drop(bad uint32) {
	if !b.pass.CountNonFinite {
		b.err = b.pass.nonFinite(&b.step, bits.TrailingZeros32(bad))
		return
	}
	for ; bad != 0; bad &= bad - 1 {
		lane := bits.TrailingZeros32(bad)
		b.input.Valid[lane] = false
		b.batch.Kill(lane)
	}
}

func (b *batchReader) valid() (lanes uint32) {
	for lane, ok := range b.input.Valid {
		if ok {
			lanes |= 1 << lane
		}
	}
	return lanes
}
