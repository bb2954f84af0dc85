package draw

import (
	"uorobench/bench/result"
	"uorobench/stats"
)

// tails are of x = ‖ĝ − c‖², where c is what no draw changes (the offset and λ
// times the covariates' means): the length of the noise, which is what var_trace is
// an average of. The engine gives x without forming an estimate.
type tails struct {
	set
	steps  [][][]stats.Tails // views × groups × measured
	window [][]stats.Tails   // views × groups: all measured steps as one long vector
}

func newTails(_ *Selection, views set) observer { return &tails{set: views} }

func (t *tails) start(p *Pass) {
	t.steps, t.window = make([][][]stats.Tails, len(t.set)), make([][]stats.Tails, len(t.set))
	for i := range t.set {
		t.window[i] = stats.NewTails(p.Groups)
		for range p.Groups {
			t.steps[i] = append(t.steps[i], stats.NewTails(len(p.Problem.Measured)))
		}
	}
}

func (t *tails) bytes(p *Pass) (worker, group int64) {
	n := int64(len(t.set) * (len(p.Problem.Measured) + 1))
	return n * p.chunksPerTurn() * (8*Lanes + 8), n * stats.TailsBytes
}

// tailsRecorder keeps a worker's x of the chunks of a turn, by view and measured
// step. They go into the tails at the turn's end: a group's histograms are too large
// to stay in the cache beside the engine's rows, and so are fetched once a turn, not
// once a chunk.
type tailsRecorder struct {
	*tails
	x     [][]chunkLengths // views × measured steps and the window, perTurn each
	per   int              // chunks of a turn, at most
	count int              // that have begun
}

// chunkLengths are the x of a chunk, and the lanes that count.
type chunkLengths struct {
	x     [Lanes]float64
	valid uint32
}

func (t *tails) recorder(p *Pass) recorder {
	r := &tailsRecorder{tails: t, per: int(p.chunksPerTurn())}
	for range t.set {
		r.x = append(r.x, make([]chunkLengths, (len(p.Problem.Measured)+1)*r.per))
	}
	return r
}

// current is the chunk's x of view i at measured step m, or of the window behind
// the last.
func (r *tailsRecorder) current(i, m int) *chunkLengths { return &r.x[i][m*r.per+r.count-1] }

func (r *tailsRecorder) beginChunk() {
	for _, x := range r.x {
		for at := r.count; at < len(x); at += r.per {
			x[at].valid = 0
		}
	}
	r.count++
}

func (r *tailsRecorder) step(s *observation) {
	for i, v := range r.set {
		m, last := s.Measured, len(v.problem.Measured)-1
		step, window := r.current(i, m), r.current(i, last+1)
		step.x, step.valid = s.lengths[v.index].NoiseSq, s.Valid
		if m == 0 {
			window.x = step.x
		} else {
			for lane, sq := range step.x {
				window.x[lane] += sq
			}
		}
		if m == last {
			window.valid = s.Valid
		}
	}
}

func (r *tailsRecorder) endTurn(group int) {
	for i := range r.set {
		steps := r.steps[i][group]
		for m := range steps {
			r.flush(&steps[m], i, m)
		}
		r.flush(&r.window[i][group], i, len(steps))
	}
	r.count = 0
}

func (r *tailsRecorder) flush(to *stats.Tails, i, m int) {
	chunks := r.x[i][m*r.per:][:r.count]
	for c := range chunks {
		to.AddLanes(&chunks[c].x, chunks[c].valid)
	}
}

func (t *tails) report(d *result.Draws, rows []*result.Estimator) error {
	t.eachRow(d, rows, func(row *result.Step, i int, steps []int) { setTails(row, t.merged(i, steps), d.Sampling) })
	return nil
}

// merged are the groups' tails of view i at the given measured steps: of one step,
// or of all of them as one long vector.
func (t *tails) merged(i int, steps []int) *stats.Tails {
	var all stats.Tails
	for g := range t.window[i] {
		if len(steps) == 1 {
			all.Merge(&t.steps[i][g][steps[0]])
		} else {
			all.Merge(&t.window[i][g])
		}
	}
	return &all
}

// setTails sets the columns of a row, and what they warn of.
func setTails(row *result.Step, t *stats.Tails, sampling stats.Sampling) {
	if t.N == 0 {
		return
	}
	row.Kurtosis, row.TopShare = t.Kurtosis(), t.TopShare(0.01)
	row.MaxNormSq = stats.Interval{Value: t.Max, OK: true}
	if sampling != stats.Sample {
		return
	}
	row.Warnings = append(row.Warnings, t.Warnings()...)
	if t.Unsampled() {
		row.WithholdFigures()
	}
}
