package estimators

import "uorobench/estimators/cell"

// window remembers the last n steps of a trajectory, for what is cut off after
// n steps. It copies what it needs, because an online caller uses one Jacobian
// over and over.
type window struct {
	layout *cell.Layout
	frames []*frame // a ring; frames[(next-1) mod n] is the latest
	next   int
	filled int
	v, w   []float64 // S: the adjoint on its way back
}

// frame is one step: its Jacobian, and, for a window on the residual chain,
// S_{t-1} before the step.
type frame struct {
	jacobian *cell.Jacobian
	before   []float64 // parts×P; nil on UORO's chain
}

// newWindow makes an empty window of n steps, with room for S_{t-1} if the
// source is the residual chain's.
func newWindow(l *cell.Layout, n int, residual bool) *window {
	w := &window{layout: l, v: make([]float64, l.S()), w: make([]float64, l.S())}
	for range n {
		f := &frame{jacobian: cell.NewJacobian(l)}
		if residual {
			f.before = make([]float64, l.Parts*l.P())
		}
		w.frames = append(w.frames, f)
	}
	return w
}

func (w *window) reset() { w.next, w.filled = 0, 0 }

// push takes in a step and forgets the oldest one. The caller fills before.
func (w *window) push(j *cell.Jacobian) *frame {
	f := w.frames[w.next]
	copy(f.jacobian.F, j.F)
	copy(f.jacobian.Gain, j.Gain)
	copy(f.jacobian.Z, j.Z)
	w.next = (w.next + 1) % len(w.frames)
	w.filled = min(w.filled+1, len(w.frames))
	return f
}

// oldest is the frame that the next push forgets; nil while there is room.
func (w *window) oldest() *frame {
	if w.filled < len(w.frames) {
		return nil
	}
	return w.frames[w.next]
}

// back returns the frame of lag steps ago; 0 is the latest.
func (w *window) back(lag int) *frame {
	n := len(w.frames)
	return w.frames[(w.next-1-lag+2*n)%n]
}

// walk calls visit with the adjoints v, v F_t, v F_t F_{t-1}, … for lags 0, 1,
// …, and returns the adjoint beyond the window, v F_t … F_{t-n+1}, which
// belongs to w. Steps before the first one are not visited.
func (w *window) walk(v []float64, visit func(lag int, adjoint []float64)) []float64 {
	copy(w.v, v)
	for lag := range w.filled {
		visit(lag, w.v)
		pullBack(w.w, w.v, w.back(lag).jacobian.F)
		w.v, w.w = w.w, w.v
	}
	return w.v
}

// pullBack writes dst = v F.
func pullBack(dst, v, f []float64) {
	s := len(v)
	clear(dst)
	i := 0
	for ; i+2 <= s; i += 2 { // two rows at a time: dst is read and written half as often
		a, b := v[i], v[i+1]
		x, y, to := f[i*s:(i+1)*s], f[(i+1)*s:][:s], dst[:s]
		for k, p := range x {
			to[k] = to[k] + a*p + b*y[k]
		}
	}
	for ; i < s; i++ {
		axpy(v[i], f[i*s:(i+1)*s], dst)
	}
}

// addSource adds v K_t to dst, K_t = (F_t − F̃_t) S_{t-1} being the source of
// the residual chain.
func (f *frame) addSource(dst []float64, l *cell.Layout, v []float64) {
	p := l.P()
	for part := 0; part < l.Parts; part++ {
		for unit := 0; unit < l.H; unit++ {
			a := across(l, f.jacobian, v, part*l.H+unit)
			for g := range l.Groups {
				lo, hi := l.Row(g, unit)
				axpy(a, f.before[part*p+lo:part*p+hi], dst[lo:hi])
			}
		}
	}
}

// across is entry k of v(F − F̃).
func across(l *cell.Layout, j *cell.Jacobian, v []float64, k int) float64 {
	s, sum := l.S(), 0.0
	for i, a := range v {
		if i%l.H != k%l.H {
			sum += a * j.F[i*s+k]
		}
	}
	return sum
}
