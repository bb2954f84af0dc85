package estimators_test

import "uorobench/estimators/cell"

// memoryBook is memory-uoro-K: the latest steps exactly, UORO before them.
type memoryBook struct {
	*counts
	k     int
	uoro  *uoroBook
	steps []*cell.Jacobian
	noise [][]float64
}

func (b *memoryBook) step(j *cell.Jacobian, eps []float64) []float64 {
	b.steps, b.noise = append(b.steps, j), append(b.noise, append([]float64(nil), eps...))
	if old := len(b.steps) - 1 - b.k; old >= 0 {
		b.uoro.advance(b.steps[old], b.shared.features(b.l, b.steps[old]), b.noise[old])
	}
	out := make([]float64, b.l.P())
	beyond := walkBook(b.counts, out, b.steps, b.k, b.k)
	b.draw.add(out, b.draw.dot(beyond, b.uoro.s[0]), b.uoro.theta)
	return out
}

// walkBook adds the direct terms of the latest k steps and returns the adjoint after so
// many products with F, the first of which is q. Beyond the first step there is nothing.
func walkBook(c *counts, out []float64, steps []*cell.Jacobian, k, products int) []float64 {
	last := len(steps) - 1
	v := steps[last].Delta
	for lag := range min(k, len(steps)) {
		j := steps[last-lag]
		c.shared.outer(out, c.l, c.shared.factors(c.l, v, j), j.Z)
		switch {
		case lag == 0:
			v = j.Q
		case lag < products:
			v = c.shared.pull(v, j.F)
		}
	}
	return v
}

// truncatedBook is TBPTT-K.
type truncatedBook struct {
	*counts
	k     int
	steps []*cell.Jacobian
}

func (b *truncatedBook) step(j *cell.Jacobian, _ []float64) []float64 {
	b.steps = append(b.steps, j)
	out := make([]float64, b.l.P())
	walkBook(b.counts, out, b.steps, b.k, b.k-1)
	return out
}

// influenceBook is an influence matrix whose columns are kept at the state entries for
// which kept says so: all of them is RTRL, those of the own unit SnAp-1.
type influenceBook struct {
	*counts
	kept func(unit, entry int) bool
	m    [][]float64 // per coordinate of θ, S
}

func newInfluenceBook(c *counts, kept func(unit, entry int) bool) *influenceBook {
	b := &influenceBook{counts: c, kept: kept}
	for range c.l.P() {
		b.m = append(b.m, make([]float64, c.l.S()))
	}
	return b
}

func (b *influenceBook) step(j *cell.Jacobian, _ []float64) []float64 {
	b.advance(&b.shared, j)
	return b.pull(&b.shared, j.Delta)
}

// advance takes F m over the entries that are kept, and I.
func (b *influenceBook) advance(t *tally, j *cell.Jacobian) {
	s := b.l.S()
	b.eachCoordinate(func(p, g, unit int, z float64) {
		next := make([]float64, s)
		for i := range next {
			for k := range next {
				if b.kept(unit, i) && b.kept(unit, k) {
					next[i] += j.F[i*s+k] * b.m[p][k]
					*t++
				}
			}
		}
		for part := range b.l.Parts {
			next[part*b.l.H+unit] += j.Gain[g*s+part*b.l.H+unit] * z
			*t++
		}
		b.m[p] = next
	}, j)
}

func (b *influenceBook) eachCoordinate(f func(p, g, unit int, z float64), j *cell.Jacobian) {
	for g, group := range b.l.Groups {
		for i := range b.l.H {
			lo, hi := b.l.Row(g, i)
			for p := lo; p < hi; p++ {
				z := 0.0
				if j != nil {
					z = j.Z[group.Lo+p-lo]
				}
				f(p, g, i, z)
			}
		}
	}
}

func (b *influenceBook) pull(t *tally, v []float64) []float64 {
	out := make([]float64, b.l.P())
	b.eachCoordinate(func(p, _, unit int, _ float64) {
		for k, a := range v {
			if b.kept(unit, k) {
				out[p] += a * b.m[p][k]
				*t++
			}
		}
	}, nil)
	return out
}

// ownUnit keeps a unit's own entries: SnAp-1. everyEntry is RTRL.
func ownUnit(l *cell.Layout) func(unit, entry int) bool {
	return func(unit, entry int) bool { return entry%l.H == unit }
}

func everyEntry(int, int) bool { return true }
