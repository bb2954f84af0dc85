package oracle

import (
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Chain wraps the textbook of an estimator that is one chain (uoro, residual, their
// scaled forms, nobacktrack) up as a batch of estimators.Lanes draws, with the signals of
// the batches: a reference for what works on batches. It has no known part, and its steps
// are those of the trajectory, in order.
func (b *Textbook) Chain() *estimators.Chain {
	return &estimators.Chain{
		Name: b.name, Convention: b.options.Convention, Covariates: b.options.Covariates, NoiseDim: b.tr.Layout.S(),
		NewBatch: func() estimators.Batch { return newReference(b) },
	}
}

// reference is a batch of draws.
type reference struct {
	book    *Textbook
	draws   []*parts // by lane
	step    int
	signals estimators.Signals
}

func newReference(b *Textbook) *reference {
	r := &reference{book: b}
	r.Reset()
	return r
}

func (r *reference) Reset() {
	r.step, r.draws = 0, nil
	for range estimators.Lanes {
		r.draws = append(r.draws, newParts(r.book))
	}
}

// Kill starts the lane's draw over; it is to be left out from here on.
func (r *reference) Kill(lane int) { r.draws[lane] = newParts(r.book) }

func (r *reference) Step(_ *cell.Jacobian, eps []float64) {
	for w, p := range r.draws {
		p.step(r.step, lane(eps, w))
	}
	r.step++
}

// lane picks the numbers of one draw.
func lane(x []float64, w int) []float64 {
	var out []float64
	for at := w; at < len(x); at += estimators.Lanes {
		out = append(out, x[at])
	}
	return out
}

func (r *reference) Signals(j *cell.Jacobian) *estimators.Signals {
	v := j.Q
	if r.book.options.Convention == estimators.Post {
		v = j.Delta
	}
	p := r.book.tr.Layout.P()
	r.signals = estimators.Signals{Basis: [][]float64{make([]float64, p*estimators.Lanes)}}
	r.add(0, func(d *parts) (float64, []float64) { return dot(v, d.of[0].STilde), nil })
	for k := range r.book.covariates {
		r.add(k+1, func(d *parts) (float64, []float64) { return d.track[0][k].read(v) })
	}
	for w, d := range r.draws {
		setLane(r.signals.Basis[0], d.of[0].ThetaTilde, w)
	}
	return &r.signals
}

// add makes signal k: its scale on θ̃, or a basis of its own.
func (r *reference) add(k int, read func(d *parts) (float64, []float64)) {
	s := &r.signals
	s.Scale, s.Of = append(s.Scale, make([]float64, estimators.Lanes)), append(s.Of, 0)
	for w, d := range r.draws {
		scale, own := read(d)
		s.Scale[k][w] = scale
		if own == nil {
			continue
		}
		if s.Of[k] == 0 {
			s.Of[k] = len(s.Basis)
			s.Basis = append(s.Basis, make([]float64, len(own)*estimators.Lanes))
		}
		setLane(s.Basis[s.Of[k]], own, w)
	}
}

func setLane(x, of []float64, w int) {
	for i, v := range of {
		x[i*estimators.Lanes+w] = v
	}
}
