package estimators

// linearNetwork is a linear covariate, dense or row-wise, as a network: the
// state is all copies' h one after the other, and ω = [A | B | C | O] row-major,
// shared by the copies.
type linearNetwork struct {
	w    *linearWeights
	flat []float64
}

// newLinearNetwork lays w's weights out in one slice, which w then points into.
func newLinearNetwork(w *linearWeights) *linearNetwork {
	n := &linearNetwork{w: w}
	for _, m := range []*[]float64{&w.a, &w.b, &w.c, &w.o} {
		n.flat = append(n.flat, *m...)
	}
	w.point(n.flat)
	return n
}

// point makes the matrices parts of one slice.
func (w *linearWeights) point(flat []float64) {
	for _, m := range []*[]float64{&w.a, &w.b, &w.c, &w.o} {
		*m, flat = flat[:len(*m):len(*m)], flat[len(*m):]
	}
}

func (n *linearNetwork) sizes() (int, int)  { return n.w.copies * n.w.d, len(n.flat) }
func (n *linearNetwork) weights() []float64 { return n.flat }
func (n *linearNetwork) recurrent() int     { return len(n.w.a) + len(n.w.b) + len(n.w.c) }

func (n *linearNetwork) advance(next, h []float64, in *input) {
	w := n.w
	n.push(next, h, in)
	for copy := range w.copies {
		out := next[copy*w.d : (copy+1)*w.d]
		for r := range out {
			out[r] += inner(w.b[r*w.x:(r+1)*w.x], in.jacobian.Z)
			for k, c := range w.c[r*w.e : (r+1)*w.e] {
				out[r] += c * in.eps[w.noise(copy, k)]
			}
		}
	}
}

func (n *linearNetwork) push(dst, dh []float64, _ *input) {
	w := n.w
	for at := range dst {
		first, r := at/w.d*w.d, at%w.d
		dst[at] = inner(w.a[r*w.d:(r+1)*w.d], dh[first:first+w.d])
	}
}

func (n *linearNetwork) pull(dst, dh []float64, _ *input) {
	w := n.w
	clear(dst)
	for at, v := range dh {
		first, r := at/w.d*w.d, at%w.d
		axpy(v, w.a[r*w.d:(r+1)*w.d], dst[first:first+w.d])
	}
}

func (n *linearNetwork) addImmediate(grad, dh, h []float64, in *input) {
	w := n.w
	b, c := len(w.a), len(w.a)+len(w.b)
	for at, v := range dh {
		if v == 0 {
			continue
		}
		copy, r := at/w.d, at%w.d
		axpy(v, h[copy*w.d:(copy+1)*w.d], grad[r*w.d:(r+1)*w.d])
		axpy(v, in.jacobian.Z[:w.x], grad[b+r*w.x:b+(r+1)*w.x])
		for k := range w.e {
			grad[c+r*w.e+k] += v * in.eps[w.noise(copy, k)]
		}
	}
}

// loss is ‖ĝ − O h‖², copy by copy.
func (n *linearNetwork) loss(grad, dh, h []float64, g *goal) float64 {
	w := n.w
	o := len(w.a) + len(w.b) + len(w.c)
	sum := 0.0
	clear(dh)
	for copy := range w.copies {
		state, ds := h[copy*w.d:(copy+1)*w.d], dh[copy*w.d:(copy+1)*w.d]
		for r := range w.out {
			row := w.o[r*w.d : (r+1)*w.d]
			e := inner(row, state) - g.estimate[w.coordinate(copy, r)]
			sum += e * e
			axpy(2*e, state, grad[o+r*w.d:o+(r+1)*w.d])
			axpy(2*e, row, ds)
		}
	}
	return sum
}
