package stats

// Lanes is the number of draws in a chunk. Arrays per draw are lane-minor:
// entry j of lane w is at [j*Lanes+w].
const Lanes = 16

// lanes is one number for each draw of a chunk.
type lanes = [Lanes]float64

// Shape says what a Moments holds. Many Moments may share one Shape and its
// UnitOf slice, which nobody may change afterwards.
type Shape struct {
	Signals int // K ≥ 1; signal 0 is the estimate, the others are covariates
	Params  int // P, length of every signal
	Units   int // U; needed with PerUnit
	// UnitOf is the unit, 0 … Units−1, of every coordinate; length P. The
	// coordinates of a unit need not be neighbours. Needed with PerUnit.
	UnitOf []int32
	// PerUnit and PerCoordinate keep second moments by unit and by coordinate
	// too, K(K+1)/2 numbers each.
	PerUnit, PerCoordinate bool
}

const (
	badShape   = "stats: shape needs Signals, Params ≥ 1, and Units ≥ 1 with a UnitOf of length Params where PerUnit is set"
	badUnit    = "stats: UnitOf holds a unit outside 0 … Units−1"
	badMerge   = "stats: moments of different shapes"
	badCoordIn = "stats: AddShared cannot keep moments by coordinate"
)

func (s *Shape) check() {
	if s.Signals < 1 || s.Params < 1 || (s.PerUnit && (s.Units < 1 || len(s.UnitOf) != s.Params)) {
		panic(badShape)
	}
	if !s.PerUnit {
		return
	}
	for _, u := range s.UnitOf {
		if u < 0 || int(u) >= s.Units {
			panic(badUnit)
		}
	}
}

// Pairs is the number K(K+1)/2 of pairs of signals.
func (s *Shape) Pairs() int { return s.Signals * (s.Signals + 1) / 2 }

// Pair is the place of the pair (k, l) of signals in a Gram slice; the order of
// k and l does not matter. Pairs are packed by rows of the lower triangle:
// (0,0), (1,0), (1,1), (2,0), …
func Pair(k, l int) int {
	if k < l {
		k, l = l, k
	}
	return k*(k+1)/2 + l
}

// Moments are the raw moments of the K signals of one group of draws at one
// measured step:
//
//	N,   Sum[k] = Σ_n y_k (length P),   Gram[Pair(k,l)] = Σ_n ⟨y_k, y_l⟩
//
// and, where asked for, the same Gram sums by unit and by coordinate. They are
// raw, not centred: y_0 is an estimate less a known offset whose spread is
// many times its mean, so little is lost by centring at the end, and raw sums
// merge exactly and take a lane with one scalar per pair. (Tried on paper and
// left: Welford updates. They need the P-vector of means at every chunk, twice
// the memory traffic of the hot loop, and merge with more rounding.)
//
// The slices belong to the Moments. Not safe for use by several goroutines.
type Moments struct {
	Shape Shape
	N     int64
	Sum   [][]float64 // K × P
	Gram  []float64   // pairs
	Unit  [][]float64 // pairs × U, or nil without PerUnit
	Coord [][]float64 // pairs × P, or nil without PerCoordinate
}

// Numbers is how many float64 moments of this shape hold.
func (s *Shape) Numbers() int {
	n := s.Signals*s.Params + s.Pairs()
	if s.PerUnit {
		n += s.Pairs() * s.Units
	}
	if s.PerCoordinate {
		n += s.Pairs() * s.Params
	}
	return n
}

// NewMoments returns empty moments. It panics where the shape is inconsistent.
func NewMoments(s Shape) *Moments { return MomentsIn(make([]float64, s.Numbers()), s) }

// MomentsIn is NewMoments in the first s.Numbers() entries of memory, which must be
// zero and belong to the moments from then on.
func MomentsIn(memory []float64, s Shape) *Moments {
	s.check()
	take := func(n int) (x []float64) {
		x, memory = memory[:n:n], memory[n:]
		return x
	}
	m := &Moments{Shape: s, Sum: rowsOf(take(s.Signals*s.Params), s.Signals), Gram: take(s.Pairs())}
	if s.PerUnit {
		m.Unit = rowsOf(take(s.Pairs()*s.Units), s.Pairs())
	}
	if s.PerCoordinate {
		m.Coord = rowsOf(take(s.Pairs()*s.Params), s.Pairs())
	}
	return m
}

// grid returns rows×cols zeros in one piece of memory.
func grid(rows, cols int) [][]float64 { return rowsOf(make([]float64, rows*cols), rows) }

// rowsOf cuts all into so many rows.
func rowsOf(all []float64, rows int) [][]float64 {
	cols := len(all) / rows
	out := make([][]float64, rows)
	for i := range out {
		out[i] = all[i*cols : (i+1)*cols : (i+1)*cols]
	}
	return out
}

// SumOf is Sum[k], for an engine that adds the vector sums itself beside
// AddShared.
func (m *Moments) SumOf(k int) []float64 { return m.Sum[k] }

// Merge adds the draws of o, whose shape must be the same. o is not changed.
func (m *Moments) Merge(o *Moments) { m.combine(o, 1) }

// Remove takes the draws of o, which were merged before, out again: to rounding
// error of the larger sums. o is not changed.
func (m *Moments) Remove(o *Moments) { m.combine(o, -1) }

func (m *Moments) combine(o *Moments, sign float64) {
	if !m.sameShape(o) {
		panic(badMerge)
	}
	m.N += int64(sign) * o.N
	axpy(sign, o.Gram, m.Gram)
	addRows(m.Sum, o.Sum, sign)
	addRows(m.Unit, o.Unit, sign)
	addRows(m.Coord, o.Coord, sign)
}

func (m *Moments) sameShape(o *Moments) bool {
	a, b := &m.Shape, &o.Shape
	return a.Signals == b.Signals && a.Params == b.Params && a.PerUnit == b.PerUnit &&
		a.PerCoordinate == b.PerCoordinate && (!a.PerUnit || a.Units == b.Units)
}

func addRows(dst, src [][]float64, sign float64) {
	for i, row := range src {
		axpy(sign, row, dst[i])
	}
}
