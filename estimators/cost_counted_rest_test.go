package estimators_test

import (
	"math"

	"uorobench/estimators/cell"
)

// residualBook is residual (middle false: the noise stands on the left of K) and
// split-residual-K (middle true: between F − F̃ and S, one per block).
type residualBook struct {
	*counts
	blocks int
	middle bool
	snap   *influenceBook
	s      [][]float64
	theta  []float64
	normed []float64
}

func newResidualBook(c *counts, blocks int, middle bool) *residualBook {
	b := &residualBook{
		counts: c, blocks: blocks, middle: middle, snap: newInfluenceBook(c, ownUnit(c.l)),
		theta: make([]float64, c.l.P()), normed: make([]float64, blocks),
	}
	for range blocks {
		b.s = append(b.s, make([]float64, c.l.S()))
	}
	return b
}

func (b *residualBook) step(j *cell.Jacobian, eps []float64) []float64 {
	return b.around(func() []float64 {
		out := b.snap.pull(&b.shared, b.vector(j))
		if !b.post { // onto the P numbers that are there: a multiply-add each
			b.shared.outer(out, b.l, b.shared.factors(b.l, j.Delta, j), j.Z)
		}
		for m := range b.blocks {
			a := b.draw.dot(b.vector(j), b.s[m])
			b.snap.eachCoordinate(func(p, _, unit int, _ float64) {
				if first, end := b.units(m); unit >= first && unit < end {
					out[p] += a * b.theta[p]
					b.draw++
				}
			}, nil)
		}
		return out
	}, func() { b.advance(j, eps) })
}

func (b *residualBook) units(m int) (first, end int) {
	return m * b.l.H / b.blocks, (m + 1) * b.l.H / b.blocks
}

func (b *residualBook) advance(j *cell.Jacobian, eps []float64) {
	rest := across(b.l, j.F)
	left, drive := eps, [][]float64{eps}
	if b.middle {
		drive = nil
		for m := range b.blocks { // S² over all blocks: a column has one of them
			first, end := b.units(m)
			var t tally
			drive = append(drive, t.product(rest, within(b.l, eps, first, end)))
		}
		b.draw += tally(b.l.S() * b.l.S())
	} else {
		left = b.draw.pull(eps, rest)
	}
	inner := b.inner()
	for m := range b.blocks {
		first, end := b.units(m)
		carried := b.draw.product(j.F, b.s[m])
		rho0 := guarded(b.normed[m], b.draw.norm(carried))
		rho1 := guarded(b.sourceNorm(inner, left, first, end), b.draw.norm(drive[m]))
		b.s[m] = b.draw.scale(rho0, carried)
		b.draw.add(b.s[m], rho1, drive[m])
		b.normed[m] = b.advanceTheta(left, rho0, rho1, first, end)
	}
	b.snap.advance(&b.shared, j)
}

// inner are the inner products of a unit's rows of S: [unit][a][b], b ≤ a.
func (b *residualBook) inner() [][][]float64 {
	l := b.l
	out := make([][][]float64, l.H)
	for i := range out {
		for a := range l.Parts {
			out[i] = append(out[i], make([]float64, a+1))
		}
	}
	b.snap.eachCoordinate(func(p, _, unit int, _ float64) {
		for a := range l.Parts {
			for c := range a + 1 {
				out[unit][a][c] += b.snap.m[p][a*l.H+unit] * b.snap.m[p][c*l.H+unit]
				b.shared++
			}
		}
	}, nil)
	return out
}

// sourceNorm is ‖leftᵀ S‖ over a block, from the inner products.
func (b *residualBook) sourceNorm(inner [][][]float64, left []float64, first, end int) float64 {
	sum, h := 0.0, b.l.H
	for i := first; i < end; i++ {
		for a := range b.l.Parts {
			for c := range a + 1 {
				twice := 1.0
				if c < a {
					twice = 2
				}
				sum += twice * inner[i][a][c] * (left[a*h+i] * left[c*h+i])
				b.draw += 2
			}
		}
	}
	return math.Sqrt(sum)
}

func (b *residualBook) advanceTheta(left []float64, rho0, rho1 float64, first, end int) float64 {
	gain := make([]float64, b.l.S())
	for k := range gain {
		if i := k % b.l.H; i >= first && i < end {
			gain[k] = left[k] / rho1
			b.draw++
		}
	}
	sum := 0.0
	b.snap.eachCoordinate(func(p, _, unit int, _ float64) {
		if unit < first || unit >= end {
			return
		}
		x := b.theta[p] / rho0
		for part := range b.l.Parts {
			x += gain[part*b.l.H+unit] * b.snap.m[p][part*b.l.H+unit]
		}
		b.theta[p] = x
		sum += x * x
		b.draw += tally(2 + b.l.Parts)
	}, nil)
	return math.Sqrt(sum)
}

// kroneckerBook is PreUORO, one part of all rows and features, and KF-RTRL with two
// signs and a part for each group of features that rows of θ share.
type kroneckerBook struct {
	*counts
	parts []*kroneckerPart
}

type kroneckerPart struct {
	*counts
	signs  int
	lo, hi int
	groups []int
	a      [][]float64 // per row of θ, S
	u      []float64   // hi−lo
	size   float64     // ‖u‖
}

func newKroneckerBook(c *counts, signs int) *kroneckerBook {
	cuts := []int{0, c.l.Z()}
	if signs == 2 && c.l.Gates < len(c.l.Groups) { // the gru: its candidate's row is in two
		cuts = []int{0, c.l.X + 1, c.l.Z()}
	}
	b := &kroneckerBook{counts: c}
	for i, lo := range cuts[1:] {
		lo, hi := cuts[i], lo
		p := &kroneckerPart{counts: c, signs: signs, lo: lo, hi: hi, u: make([]float64, hi-lo)}
		for g, group := range c.l.Groups {
			if signs == 1 || group.Lo <= lo && hi <= group.Hi {
				p.groups = append(p.groups, g)
			}
		}
		for range len(p.groups) * c.l.H {
			p.a = append(p.a, make([]float64, c.l.S()))
		}
		b.parts = append(b.parts, p)
	}
	return b
}

func (b *kroneckerBook) step(j *cell.Jacobian, eps []float64) []float64 {
	return b.around(func() []float64 {
		out := b.offset(j)
		for _, p := range b.parts {
			p.estimate(out, j)
		}
		return out
	}, func() {
		for i, p := range b.parts {
			p.advance(j, eps[i*p.signs:])
		}
	})
}

func (b *kroneckerPart) estimate(out []float64, j *cell.Jacobian) {
	for row, column := range b.a {
		pulled, g := b.draw.dot(b.vector(j), column), b.groups[row/b.l.H]
		first, _ := b.l.Row(g, row%b.l.H)
		for c := range b.l.Groups[g].Width() {
			if f := b.l.Groups[g].Lo + c; b.lo <= f && f < b.hi {
				out[first+c] += pulled * b.u[f-b.lo]
				b.draw++
			}
		}
	}
}

func (b *kroneckerPart) advance(j *cell.Jacobian, eps []float64) {
	keep, drive := 1.0, eps[0]
	if b.signs == 2 {
		keep, drive = eps[0], eps[1]
	}
	total, s := 0.0, b.l.S()
	for row, column := range b.a {
		b.a[row] = b.draw.product(j.F, column)
		total += b.draw.dot(b.a[row], b.a[row])
	}
	var gains []float64
	for _, g := range b.groups {
		gains = append(gains, j.Gain[g*s:(g+1)*s]...)
	}
	z := j.Z[b.lo:b.hi]
	rho0 := guarded(b.size, math.Sqrt(total))
	rho1 := guarded(b.shared.norm(z), b.shared.norm(gains))
	for row := range b.a {
		b.a[row] = b.draw.scale(keep*rho0, b.a[row])
		for part := range b.l.Parts {
			at := part*b.l.H + row%b.l.H
			b.a[row][at] += drive * rho1 * gains[row/b.l.H*s+at]
			b.draw++
		}
	}
	b.u = b.draw.scale(keep/rho0, b.u)
	b.draw.add(b.u, drive/rho1, z)
	b.size = b.draw.norm(b.u)
}

// covariateBook is a covariate on UORO's θ̃: s̃ᶜ = ρ0 F̃ s̃ᶜ + ρ1 ε with F̃ the entries of F
// that are kept, and its mean. Where age is not 0 it is the adjoint that is kept, for
// so many steps.
type covariateBook struct {
	l     *cell.Layout
	kept  func(unit, entry int) bool // nil: F̃ = 0
	width int                        // entries of a row of F̃
	s     []float64
	mean  *influenceBook

	age   int
	steps []*cell.Jacobian
	drive [][]float64 // ρ1 ε of every step
	rho0  []float64
}

func newCovariateBook(c *counts, kept func(unit, entry int) bool, width int) *covariateBook {
	b := &covariateBook{l: c.l, kept: kept, width: width, s: make([]float64, c.l.S())}
	if kept != nil {
		b.mean = newInfluenceBook(c, kept)
	}
	return b
}

func (b *covariateBook) advance(t *tally, j *cell.Jacobian, rho0, rho1 float64, eps []float64) {
	noise := t.scale(rho1, eps)
	if b.kept == nil {
		b.s, b.rho0 = noise, append(b.rho0, rho0)
		b.drive, b.steps = append(b.drive, noise), append(b.steps, j)
		return
	}
	n := b.l.S()
	next := make([]float64, n)
	for i := range next {
		for k := range next {
			if b.kept(i%b.l.H, k) {
				next[i] += j.F[i*n+k] * b.s[k]
				*t++
			}
		}
	}
	t.add(noise, rho0, next)
	b.s = noise
}

// scalar is v·s̃ᶜ; of a covariate that is cut off, the sum over its last steps, each
// with its own adjoint and the ρ0 since then: K − 1 products that are kept up to date
// from step to step, and K − 1 that they are multiplied by.
func (b *covariateBook) scalar(t *tally, v []float64) float64 {
	if b.age == 0 {
		return t.dot(v, b.s)
	}
	sum, carry := 0.0, 1.0
	var uncounted tally
	for lag := range min(b.age, len(b.drive)) {
		at := len(b.drive) - 1 - lag
		sum += carry * t.dot(v, b.drive[at])
		carry *= b.rho0[at]
		v = uncounted.pull(v, b.steps[at].F)
		if lag > 0 {
			*t += 2
		}
	}
	return sum
}

func (b *covariateBook) advanceMean(t *tally, j *cell.Jacobian) {
	if b.mean != nil {
		b.mean.advance(t, j)
	}
}

// addMean goes straight onto the estimate.
func (b *covariateBook) addMean(t *tally, out, v []float64) {
	if b.mean != nil {
		for p, x := range b.mean.pull(t, v) {
			out[p] += x
		}
		return
	}
	for lag := range min(max(b.age, 1), len(b.steps)) {
		j := b.steps[len(b.steps)-1-lag]
		if lag > 0 {
			v = t.pull(v, b.steps[len(b.steps)-lag].F)
		}
		t.outer(out, b.l, t.factors(b.l, v, j), j.Z)
	}
}
