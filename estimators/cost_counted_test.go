package estimators_test

import (
	"math"

	"uorobench/estimators/cell"
)

// The estimators once more, from their formulas, dense and one draw at a time, in
// arithmetic that counts itself: tally is what the formulas are written in, so that what
// is counted is what was done. TestCostIsCounted compares the counts with Chain.Cost and
// the estimates with those of the batches. Nothing here is shared with either.

// tally counts multiply-adds: a product, a sum or both at once, for every number.
type tally int64

func (t *tally) dot(x, y []float64) (sum float64) {
	for i := range x {
		sum += x[i] * y[i]
	}
	*t += tally(len(x))
	return sum
}

// scale is a·x, add y + a·x in place.
func (t *tally) scale(a float64, x []float64) []float64 {
	out := make([]float64, len(x))
	t.add(out, a, x)
	return out
}

func (t *tally) add(y []float64, a float64, x []float64) {
	for i := range x {
		y[i] += a * x[i]
	}
	*t += tally(len(x))
}

// times is x∘y.
func (t *tally) times(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * y[i]
	}
	*t += tally(len(x))
	return out
}

// product is F x, and pull x F, for a matrix of len(x) columns or rows.
func (t *tally) product(f, x []float64) []float64 {
	out := make([]float64, len(f)/len(x))
	for i := range out {
		out[i] = t.dot(f[i*len(x):(i+1)*len(x)], x)
	}
	return out
}

func (t *tally) pull(x, f []float64) []float64 {
	n := len(f) / len(x)
	out := make([]float64, n)
	for i, a := range x {
		t.add(out, a, f[i*n:(i+1)*n])
	}
	return out
}

// norm is a norm, whose root is one number's.
func (t *tally) norm(x []float64) float64 { return math.Sqrt(t.dot(x, x)) }

// factors are u with v I = u ⊗ z: a product and a sum for each state entry of every group.
func (t *tally) factors(l *cell.Layout, v []float64, j *cell.Jacobian) []float64 {
	u := make([]float64, len(l.Groups)*l.H)
	for g := range l.Groups {
		for k, x := range v {
			u[g*l.H+k%l.H] += x * j.Gain[g*l.S()+k]
		}
	}
	*t += tally(len(l.Groups) * l.S())
	return u
}

// outer adds u ⊗ z to dst, the P parameters.
func (t *tally) outer(dst []float64, l *cell.Layout, u, z []float64) {
	for g, group := range l.Groups {
		for i := range l.H {
			lo, hi := l.Row(g, i)
			t.add(dst[lo:hi], u[g*l.H+i], z[group.Lo:group.Hi])
		}
	}
}

// direct is the direct term v I.
func (t *tally) direct(l *cell.Layout, v []float64, j *cell.Jacobian) []float64 {
	out := make([]float64, l.P())
	t.outer(out, l, t.factors(l, v, j), j.Z)
	return out
}

// features are ‖z‖² of every group.
func (t *tally) features(l *cell.Layout, j *cell.Jacobian) (zz []float64) {
	for _, g := range l.Groups {
		zz = append(zz, t.dot(j.Z[g.Lo:g.Hi], j.Z[g.Lo:g.Hi]))
	}
	return zz
}

// sourceNorm is ‖u ⊗ z‖ over units first … end-1.
func (t *tally) sourceNorm(l *cell.Layout, u, zz []float64, first, end int) float64 {
	sum := 0.0
	for g := range l.Groups {
		part := u[g*l.H+first : g*l.H+end]
		sum += t.dot(part, part) * zz[g]
	}
	return math.Sqrt(sum)
}

// guarded is the original code's guard, for two norms.
func guarded(a, b float64) float64 { return math.Sqrt((a + 1e-7) / (b + 1e-7)) }

// within keeps of a vector over the state what belongs to units first … end-1.
func within(l *cell.Layout, x []float64, first, end int) []float64 {
	out := make([]float64, len(x))
	for k := range x {
		if i := k % l.H; i >= first && i < end {
			out[k] = x[k]
		}
	}
	return out
}

// across is F without what stays within a unit: no arithmetic.
func across(l *cell.Layout, f []float64) []float64 {
	s := l.S()
	out := append([]float64(nil), f...)
	for at := range out {
		if at/s%l.H == at%s%l.H {
			out[at] = 0
		}
	}
	return out
}

// textbookOf is an estimator by its formula.
type textbookOf interface {
	// step returns ĝ_t and goes on by the step.
	step(j *cell.Jacobian, eps []float64) []float64
}

// counts are the two tallies, and what every textbook has.
type counts struct {
	shared, draw tally
	l            *cell.Layout
	post         bool
}

// offset is the direct term, which stands under pre alone.
func (c *counts) offset(j *cell.Jacobian) []float64 {
	if c.post {
		return make([]float64, c.l.P())
	}
	return c.shared.direct(c.l, j.Delta, j)
}

func (c *counts) vector(j *cell.Jacobian) []float64 {
	if c.post {
		return j.Delta
	}
	return j.Q
}

// around takes the estimate before the step or after it.
func (c *counts) around(estimate func() []float64, step func()) []float64 {
	if !c.post {
		g := estimate()
		step()
		return g
	}
	step()
	return estimate()
}

// uoroBook is UORO with θ split among blocks; one block is UORO itself.
type uoroBook struct {
	*counts
	blocks int
	s      [][]float64 // per block
	theta  []float64
	normed []float64 // per block: ‖θ̃[m]‖
	covs   []*covariateBook
}

func newUOROBook(c *counts, blocks int, covs ...*covariateBook) *uoroBook {
	b := &uoroBook{counts: c, blocks: blocks, theta: make([]float64, c.l.P()), normed: make([]float64, blocks), covs: covs}
	for range blocks {
		b.s = append(b.s, make([]float64, c.l.S()))
	}
	return b
}

func (b *uoroBook) units(m int) (first, end int) {
	return m * b.l.H / b.blocks, (m + 1) * b.l.H / b.blocks
}

func (b *uoroBook) step(j *cell.Jacobian, eps []float64) []float64 {
	zz := b.shared.features(b.l, j)
	return b.around(func() []float64 { return b.estimate(b.vector(j), b.offset(j)) }, func() { b.advance(j, zz, eps) })
}

// estimate adds each block's scalar times its θ̃ to the offset; a covariate changes the
// scalar and adds its mean.
func (b *uoroBook) estimate(v, out []float64) []float64 {
	for m := range b.blocks {
		a := b.draw.dot(v, b.s[m])
		for _, c := range b.covs {
			a -= c.scalar(&b.draw, v)
		}
		first, end := b.units(m)
		for g := range b.l.Groups {
			lo, _ := b.l.Row(g, first)
			_, hi := b.l.Row(g, end-1)
			b.draw.add(out[lo:hi], a, b.theta[lo:hi])
		}
	}
	for _, c := range b.covs {
		c.addMean(&b.shared, out, v)
	}
	return out
}

func (b *uoroBook) advance(j *cell.Jacobian, zz, eps []float64) {
	u := b.draw.factors(b.l, eps, j)
	for m := range b.blocks {
		first, end := b.units(m)
		carried, noise := b.draw.product(j.F, b.s[m]), within(b.l, eps, first, end)
		share := tally(b.l.Parts * (end - first)) // of the state, that the block's noise fills
		rho0 := guarded(b.normed[m], b.draw.norm(carried))
		rho1 := guarded(b.draw.sourceNorm(b.l, u, zz, first, end), math.Sqrt(normSqOf(noise)))
		b.s[m] = b.draw.scale(rho0, carried)
		for k, e := range noise {
			b.s[m][k] += rho1 * e
		}
		b.draw += 2 * share // the noise's norm, and its term
		b.normed[m] = b.advanceTheta(j, u, rho0, rho1, first, end)
		for _, c := range b.covs {
			c.advance(&b.draw, j, rho0, rho1, eps)
		}
	}
	for _, c := range b.covs {
		c.advanceMean(&b.shared, j)
	}
}

// advanceTheta returns the norm.
func (b *uoroBook) advanceTheta(j *cell.Jacobian, u []float64, rho0, rho1 float64, first, end int) float64 {
	sum := 0.0
	for g, group := range b.l.Groups {
		by := b.draw.scale(1/rho1, u[g*b.l.H+first:g*b.l.H+end])
		for i := first; i < end; i++ {
			lo, hi := b.l.Row(g, i)
			row := b.draw.scale(1/rho0, b.theta[lo:hi])
			b.draw.add(row, by[i-first], j.Z[group.Lo:group.Hi])
			sum += b.draw.dot(row, row)
			copy(b.theta[lo:hi], row)
		}
	}
	return math.Sqrt(sum)
}

// normSqOf is a square norm that somebody else counts.
func normSqOf(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// multiBook is the mean of several UOROs.
type multiBook struct {
	*counts
	of []*uoroBook
}

func (b *multiBook) step(j *cell.Jacobian, eps []float64) []float64 {
	zz, out := b.shared.features(b.l, j), b.offset(j)
	if b.post {
		b.advance(j, zz, eps)
	}
	for _, u := range b.of {
		a := b.draw.dot(b.vector(j), u.s[0]) / float64(len(b.of))
		b.draw.add(out, a, u.theta)
	}
	if !b.post {
		b.advance(j, zz, eps)
	}
	return out
}

func (b *multiBook) advance(j *cell.Jacobian, zz, eps []float64) {
	for k, u := range b.of {
		u.advance(j, zz, eps[k*b.l.S():(k+1)*b.l.S()])
	}
}

// backBook is NoBackTrack.
type backBook struct {
	*counts
	s, theta []float64
	normed   float64
}

func (b *backBook) step(j *cell.Jacobian, eps []float64) []float64 {
	zz := b.shared.features(b.l, j)
	return b.around(func() []float64 {
		out := b.offset(j)
		b.draw.add(out, b.draw.dot(b.vector(j), b.s), b.theta)
		return out
	}, func() { b.advance(j, zz, eps) })
}

func (b *backBook) advance(j *cell.Jacobian, zz, eps []float64) {
	s := b.l.S()
	rho, inverse := make([]float64, s), make([]float64, s)
	for g := range b.l.Groups {
		gain := j.Gain[g*s : (g+1)*s]
		b.shared.add(rho, zz[g], b.shared.times(gain, gain))
	}
	for i, sq := range rho {
		rho[i] = guarded(math.Sqrt(sq), 1)
		inverse[i] = 1 / rho[i]
	}
	carried := b.draw.product(j.F, b.s)
	rho0 := guarded(b.normed, b.draw.norm(carried))
	u := b.draw.factors(b.l, b.draw.times(inverse, eps), j)
	b.s = b.draw.times(rho, eps)
	b.draw.add(b.s, rho0, carried)
	b.theta = b.draw.scale(1/rho0, b.theta)
	b.draw.outer(b.theta, b.l, u, j.Z)
	b.normed = b.draw.norm(b.theta)
}
