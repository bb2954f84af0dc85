package stats

import (
	"math"
	"math/bits"
)

// Batch is a chunk of Lanes draws, told as scales and bases:
//
//	y_k[j] of lane w = Scale[k][w] · Basis[Of[k]][j*Lanes+w]
//
// UORO and every covariate that shares its thetaTilde share one basis, so their
// second moments need the scalars and ‖thetaTilde‖² only; signals on different
// bases cost one dot product per pair of bases.
//
// A Batch belongs to one worker, who fills it again for every chunk; it keeps
// the scratch of Add, so that thousands of Moments need none.
type Batch struct {
	Scale [][]float64 // K × Lanes
	Basis [][]float64 // each P×Lanes, lane-minor
	Of    []int       // K; signal k lies on Basis[Of[k]]
	// Valid marks the lanes that hold a draw. The others may hold anything,
	// NaN as well.
	Valid [Lanes]bool

	scratch scratch
}

// scratch is grown by the first Add and reused ever after.
type scratch struct {
	unitOf []int32 // the map that spans was made for
	params int
	spans  []span
	dots   []dots // per pair of bases
	used   []bool // pairs of bases that some pair of signals needs
}

// span is a run of rows of one unit, short enough for its rows to stay in the
// first-level cache while both halves of the lanes pass over it.
type span struct{ lo, hi, unit int }

const spanRows = 64

// dots are the inner products of two bases, per lane: in all, and by unit
// (U×Lanes).
type dots struct {
	all  lanes
	unit []float64
}

const (
	badBatch  = "stats: batch needs Scale of Signals rows of Lanes, Of of length Signals, and bases of Params×Lanes"
	badShared = "stats: AddShared needs Scale of Signals rows of Lanes, normSq of Lanes and, with PerUnit, unitNormSq of Units×Lanes"
)

func (b *Batch) check(s *Shape) {
	ok := len(b.Scale) == s.Signals && len(b.Of) == s.Signals
	for k := 0; ok && k < s.Signals; k++ {
		of := b.Of[k]
		ok = len(b.Scale[k]) == Lanes && of >= 0 && of < len(b.Basis) && len(b.Basis[of]) == s.Params*Lanes
	}
	if !ok {
		panic(badBatch)
	}
}

// Add takes in the valid lanes of a chunk and returns the lanes that it left
// out because a second moment of theirs is not finite, one bit per lane: either
// a number of the draw is not finite, or its square overflows. Nothing of such
// a lane is added. It allocates nothing once b has been used. It panics where
// the batch does not fit the shape.
func (m *Moments) Add(b *Batch) (nonFinite uint32) {
	b.check(&m.Shape)
	b.prepare(&m.Shape)
	b.fillDots(&m.Shape)
	live := laneMask(&b.Valid)
	nonFinite = m.notFinite(b, live)
	live &^= nonFinite
	m.N += int64(bits.OnesCount32(live))
	m.addGrams(b, live)
	m.addVectors(b, live)
	return nonFinite
}

// AddShared takes in the scalar part of a chunk whose signals share one basis:
// normSq[w] = ‖basis‖² of lane w, unitNormSq (U×Lanes, lane-minor; nil without
// PerUnit) the same by unit. The caller adds the vector sums of the same lanes
// with SumOf, for instance in its own vectorised sweep. It returns the lanes
// that it left out, as Add does; the caller must leave them out too. Moments by
// coordinate cannot be kept so: it panics.
func (m *Moments) AddShared(scale [][]float64, normSq, unitNormSq []float64, valid *[Lanes]bool) (nonFinite uint32) {
	s := &m.Shape
	if s.PerCoordinate {
		panic(badCoordIn)
	}
	if len(scale) != s.Signals || len(normSq) != Lanes || (s.PerUnit && len(unitNormSq) != s.Units*Lanes) {
		panic(badShared)
	}
	d := dots{all: lanes(normSq), unit: unitNormSq}
	live := laneMask(valid)
	for k := range scale {
		for l := range k + 1 {
			nonFinite |= live & badLanes(scale[k], scale[l], &d.all)
		}
	}
	live &^= nonFinite
	m.N += int64(bits.OnesCount32(live))
	for k := range scale {
		for l := range k + 1 {
			c := products(scale[k], scale[l], live)
			m.addGram(Pair(k, l), &c, &d, live)
		}
	}
	return nonFinite
}

func laneMask(valid *[Lanes]bool) (mask uint32) {
	for w, ok := range valid {
		if ok {
			mask |= 1 << w
		}
	}
	return mask
}

// prepare grows the scratch for a shape that it has not met.
func (b *Batch) prepare(s *Shape) {
	c := &b.scratch
	if pairs := len(b.Basis) * (len(b.Basis) + 1) / 2; len(c.dots) < pairs {
		c.dots, c.used = make([]dots, pairs), make([]bool, pairs)
	}
	for i := range c.dots {
		if s.PerUnit && len(c.dots[i].unit) != s.Units*Lanes {
			c.dots[i].unit = make([]float64, s.Units*Lanes)
		}
	}
	if c.params != s.Params || !sameSlice(c.unitOf, unitMap(s)) {
		c.params, c.unitOf = s.Params, unitMap(s)
		c.spans = spansOf(s)
	}
}

func unitMap(s *Shape) []int32 {
	if s.PerUnit {
		return s.UnitOf
	}
	return nil
}

func sameSlice(a, b []int32) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func spansOf(s *Shape) []span {
	var spans []span
	of := unitMap(s)
	for lo := 0; lo < s.Params; {
		sp := span{lo: lo, hi: lo + 1}
		if of != nil {
			sp.unit = int(of[lo])
		}
		for sp.hi < s.Params && sp.hi-lo < spanRows && (of == nil || int(of[sp.hi]) == sp.unit) {
			sp.hi++
		}
		spans = append(spans, sp)
		lo = sp.hi
	}
	return spans
}

// fillDots computes the inner products of every pair of bases that a pair of
// signals needs.
func (b *Batch) fillDots(s *Shape) {
	clear(b.scratch.used)
	for k, f := range b.Of {
		for _, g := range b.Of[:k+1] {
			b.scratch.used[Pair(f, g)] = true
		}
	}
	for f := range b.Basis {
		for g := range f + 1 {
			if p := Pair(f, g); b.scratch.used[p] {
				b.scratch.dots[p].fill(b.Basis[f], b.Basis[g], b.scratch.spans, s.PerUnit)
			}
		}
	}
}

func (d *dots) fill(x, y []float64, spans []span, perUnit bool) {
	d.all = lanes{}
	if !perUnit {
		for _, sp := range spans {
			dotRows(&d.all, x, y, sp.lo, sp.hi)
		}
		return
	}
	clear(d.unit)
	for _, sp := range spans {
		dotRows((*lanes)(d.unit[sp.unit*Lanes:]), x, y, sp.lo, sp.hi)
	}
	for at := 0; at < len(d.unit); at += Lanes {
		for w, v := range (*lanes)(d.unit[at:]) {
			d.all[w] += v
		}
	}
}

// notFinite finds the lanes with a second moment that is not finite. The square
// of a number that is not finite is not finite, so no other number need be
// looked at.
func (m *Moments) notFinite(b *Batch, live uint32) (bad uint32) {
	for k, f := range b.Of {
		for l, g := range b.Of[:k+1] {
			bad |= live & badLanes(b.Scale[k], b.Scale[l], &b.scratch.dots[Pair(f, g)].all)
		}
	}
	return bad
}

func badLanes(x, y []float64, dot *lanes) (bad uint32) {
	a, b := (*lanes)(x), (*lanes)(y)
	for w, d := range dot {
		if v := a[w] * b[w] * d; math.IsNaN(v) || math.IsInf(v, 0) {
			bad |= 1 << w
		}
	}
	return bad
}

// products returns x·y in the live lanes and zero in the others.
func products(x, y []float64, live uint32) (c lanes) {
	a, b := (*lanes)(x), (*lanes)(y)
	for w := range c {
		if live>>w&1 == 1 {
			c[w] = a[w] * b[w]
		}
	}
	return c
}

// addGrams adds every pair's second moments.
func (m *Moments) addGrams(b *Batch, live uint32) {
	for k, f := range b.Of {
		for l, g := range b.Of[:k+1] {
			c, p := products(b.Scale[k], b.Scale[l], live), Pair(k, l)
			m.addGram(p, &c, &b.scratch.dots[Pair(f, g)], live)
			if m.Shape.PerCoordinate {
				addPairVector(m.Coord[p], &c, b.Basis[f], b.Basis[g], live)
			}
		}
	}
}

// addGram adds Σ_w c[w]·dot[w], in all and by unit.
func (m *Moments) addGram(p int, c *lanes, d *dots, live uint32) {
	m.Gram[p] += dotLive(c, d.all[:], live)
	if !m.Shape.PerUnit {
		return
	}
	for u := range m.Unit[p] {
		m.Unit[p][u] += dotLive(c, d.unit[u*Lanes:], live)
	}
}

const allLanes = 1<<Lanes - 1

func dotLive(c *lanes, dot []float64, live uint32) (sum float64) {
	d := (*lanes)(dot)
	if live == allLanes {
		for w, v := range c {
			sum += v * d[w]
		}
		return sum
	}
	for ; live != 0; live &= live - 1 {
		w := bits.TrailingZeros32(live)
		sum += c[w] * d[w]
	}
	return sum
}

// addVectors adds the signals themselves to Sum.
func (m *Moments) addVectors(b *Batch, live uint32) {
	for k, f := range b.Of {
		scale := (*lanes)(b.Scale[k])
		if live == allLanes {
			addWeighted(m.Sum[k], scale, b.Basis[f])
			continue
		}
		for left := live; left != 0; left &= left - 1 {
			w := bits.TrailingZeros32(left)
			addLane(m.Sum[k], scale[w], b.Basis[f], w)
		}
	}
}

func addPairVector(dst []float64, c *lanes, x, y []float64, live uint32) {
	if live == allLanes {
		addWeightedProducts(dst, c, x, y)
		return
	}
	for ; live != 0; live &= live - 1 {
		w := bits.TrailingZeros32(live)
		addLaneProducts(dst, c[w], x, y, w)
	}
}
