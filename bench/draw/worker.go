package draw

import "context"

// worker takes turns: it owns a reader and the recorders of all observers.
type worker struct {
	pass      *Pass
	reader    reader
	recorders []recorder
}

func newWorker(p *Pass) *worker {
	w := &worker{pass: p}
	for i := range p.observers {
		w.recorders = append(w.recorders, p.observers[i].recorder(p))
	}
	w.reader = p.source.reader(w.show)
	return w
}

func (w *worker) show(s *observation) {
	for _, r := range w.recorders {
		r.step(s)
	}
}

// turn does the chunks of group g in [from, to).
func (w *worker) turn(ctx context.Context, g int, from, to int64) error {
	n := int64(w.pass.Groups)
	first := from + (int64(g)-from%n+n)%n
	for c := first; c < to; c += n {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := w.chunk(g, c); err != nil {
			return err
		}
		if w.pass.Progress != nil {
			w.pass.Progress(w.pass.size(c))
		}
	}
	for _, r := range w.recorders {
		r.endTurn(g)
	}
	return nil
}

func (w *worker) chunk(g int, c int64) error {
	for _, r := range w.recorders {
		r.beginChunk()
	}
	return w.reader.read(g, c)
}
