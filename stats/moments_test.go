package stats

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// checkMoments compares moments with the stored draws.
func checkMoments(t *testing.T, m *Moments, s *sample) {
	t.Helper()
	n := float64(len(s.y))
	if m.N != int64(len(s.y)) {
		t.Fatalf("N = %d, want %d", m.N, len(s.y))
	}
	for k := range s.shape.Signals {
		for j, got := range m.Sum[k] {
			near(t, fmt.Sprintf("Sum[%d][%d]", k, j), got, sum(s.at(k, j)), n)
		}
		for l := range k + 1 {
			checkPair(t, m, s, k, l)
		}
	}
}

func checkPair(t *testing.T, m *Moments, s *sample, k, l int) {
	t.Helper()
	all, units := 0.0, make([]float64, max(1, s.shape.Units))
	scale := float64(len(s.y) * s.shape.Params)
	for j := range s.shape.Params {
		c := inner(s.at(k, j), s.at(l, j))
		all += c
		if s.shape.PerUnit {
			units[s.shape.UnitOf[j]] += c
		}
		if s.shape.PerCoordinate {
			near(t, "Coord", m.Coord[Pair(k, l)][j], c, scale)
		}
	}
	near(t, fmt.Sprintf("Gram(%d,%d)", k, l), m.Gram[Pair(k, l)], all, scale)
	if s.shape.PerUnit {
		for u, want := range units {
			near(t, "Unit", m.Unit[Pair(k, l)][u], want, scale)
		}
	}
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

func inner(x, y []float64) (s float64) {
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

func TestMomentsAgainstStoredDraws(t *testing.T) {
	units := Shape{Signals: 3, Params: 150, Units: 4, UnitOf: scatteredUnits(150, 4), PerUnit: true, PerCoordinate: true}
	rows := Shape{Signals: 2, Params: 200, Units: 2, UnitOf: make([]int32, 200), PerUnit: true}
	for j := 100; j < 200; j++ {
		rows.UnitOf[j] = 1
	}
	tests := map[string]struct {
		shape Shape
		of    []int
		draws int
	}{
		"one signal, one parameter":  {Shape{Signals: 1, Params: 1}, []int{0}, 16},
		"shared basis":               {Shape{Signals: 3, Params: 70}, []int{0, 0, 0}, 64},
		"two bases":                  {Shape{Signals: 3, Params: 70}, []int{0, 1, 0}, 64},
		"bases in the other order":   {Shape{Signals: 2, Params: 5}, []int{1, 0}, 32},
		"a basis each, all detail":   {units, []int{0, 1, 2}, 48},
		"shared, all detail":         {units, []int{0, 0, 0}, 48},
		"long rows of a unit":        {rows, []int{0, 0}, 32},
		"last chunk is not full":     {units, []int{0, 0, 1}, 41},
		"one draw":                   {units, []int{0, 1, 0}, 1},
		"params below a cache block": {Shape{Signals: 2, Params: 63}, []int{0, 0}, 17},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, m := randomSample(newRand(1), test.shape, test.of, test.draws, 1)
			checkMoments(t, m[0], s)
		})
	}
}

// Any shape, any assignment of bases, any set of live lanes.
func TestMomentsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		params := rapid.IntRange(1, 140).Draw(rt, "params")
		units := rapid.IntRange(1, 5).Draw(rt, "units")
		s := Shape{
			Signals: rapid.IntRange(1, 4).Draw(rt, "signals"), Params: params,
			Units: units, UnitOf: scatteredUnits(params, units),
			PerUnit: rapid.Bool().Draw(rt, "perUnit"), PerCoordinate: rapid.Bool().Draw(rt, "perCoordinate"),
		}
		of := make([]int, s.Signals)
		for k := range of {
			of[k] = rapid.IntRange(0, s.Signals-1).Draw(rt, "of")
		}
		smp, m := randomSample(newRand(rapid.Uint64().Draw(rt, "seed")), s, of, rapid.IntRange(1, 50).Draw(rt, "draws"), 1)
		checkMoments(t, m[0], smp)
	})
}

// Groups that are merged are the moments of all draws; an empty group changes
// nothing; Remove takes a group out again.
func TestMergeAndRemove(t *testing.T) {
	shape := Shape{Signals: 2, Params: 30, Units: 3, UnitOf: scatteredUnits(30, 3), PerUnit: true, PerCoordinate: true}
	s, groups := randomSample(newRand(2), shape, []int{0, 1}, 75, 7)
	total := NewMoments(shape)
	for _, g := range groups {
		total.Merge(g)
	}
	checkMoments(t, total, s)
	if groups[6].N != 0 {
		t.Fatal("the fixture should have an empty group")
	}
	total.Remove(groups[1])
	checkMoments(t, total, s.only(func(n int) bool { return s.group[n] != 1 }))
}

// A lane is left out where any number of it is not finite, and nothing of it
// reaches the sums.
func TestNonFiniteLanes(t *testing.T) {
	shape := Shape{Signals: 2, Params: 20, Units: 2, UnitOf: scatteredUnits(20, 2), PerUnit: true, PerCoordinate: true}
	nan, inf := math.NaN(), math.Inf(1)
	tests := map[string]func(b *Batch){
		"scale of y_0":             func(b *Batch) { b.Scale[0][3] = nan },
		"scale of a covariate":     func(b *Batch) { b.Scale[1][3] = inf },
		"basis":                    func(b *Batch) { b.Basis[0][7*Lanes+3] = -inf },
		"another basis":            func(b *Batch) { b.Basis[1][19*Lanes+3] = nan },
		"zero times infinity":      func(b *Batch) { b.Scale[0][3], b.Basis[0][3] = 0, inf },
		"square out of range":      func(b *Batch) { b.Basis[0][3] = 1e200 },
		"norm of scale over range": func(b *Batch) { b.Scale[1][3] = 1e160 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			c := randomChunk(newRand(3), shape, []int{0, 1}, 14)
			spoil(&c.batch)
			m := NewMoments(shape)
			if bad := m.Add(&c.batch); bad != 1<<3 {
				t.Errorf("non-finite lanes %b, want lane 3 alone", bad)
			}
			checkMoments(t, m, &sample{shape: shape, y: append(c.y[:3:3], c.y[4:]...)})
		})
	}
}

// AddShared with norms computed here is Add on one basis.
func TestAddShared(t *testing.T) {
	shape := Shape{Signals: 3, Params: 40, Units: 3, UnitOf: scatteredUnits(40, 3), PerUnit: true}
	c := randomChunk(newRand(4), shape, []int{0, 0, 0}, 16)
	c.batch.Valid[5] = false
	c.batch.Scale[1][9] = math.NaN()
	norm, unit := make([]float64, Lanes), make([]float64, shape.Units*Lanes)
	for j := range shape.Params {
		for w := range Lanes {
			v := c.batch.Basis[0][j*Lanes+w]
			norm[w] += v * v
			unit[int(shape.UnitOf[j])*Lanes+w] += v * v
		}
	}
	a, b := NewMoments(shape), NewMoments(shape)
	badA, badB := a.Add(&c.batch), b.AddShared(c.batch.Scale, norm, unit, &c.batch.Valid)
	if badA != 1<<9 || badB != badA || a.N != 14 || b.N != 14 {
		t.Fatalf("lanes %b and %b, N %d and %d; want lane 9 left out of 15", badA, badB, a.N, b.N)
	}
	for p := range a.Gram {
		near(t, "Gram", b.Gram[p], a.Gram[p], 100)
		for u := range a.Unit[p] {
			near(t, "Unit", b.Unit[p][u], a.Unit[p][u], 100)
		}
	}
	if b.SumOf(1)[0] != 0 {
		t.Error("AddShared must leave the vector sums to the caller")
	}
}

// A batch may serve moments of several shapes in turn: its scratch follows.
func TestBatchServesSeveralShapes(t *testing.T) {
	shapes := []Shape{
		{Signals: 2, Params: 90},
		{Signals: 2, Params: 90, Units: 4, UnitOf: scatteredUnits(90, 4), PerUnit: true},
		{Signals: 2, Params: 90, Units: 3, UnitOf: scatteredUnits(90, 3), PerUnit: true},
		{Signals: 2, Params: 90},
	}
	c := randomChunk(newRand(5), shapes[0], []int{0, 0}, 16)
	for _, s := range shapes {
		m := NewMoments(s)
		m.Add(&c.batch)
		checkMoments(t, m, &sample{shape: s, y: c.y})
	}
}

func TestMomentsPanics(t *testing.T) {
	good := Shape{Signals: 2, Params: 3}
	chunk := func() *Batch { return &randomChunk(newRand(6), good, []int{0, 0}, 16).batch }
	tests := map[string]struct {
		want string
		do   func()
	}{
		"no signals":     {badShape, func() { NewMoments(Shape{Params: 3}) }},
		"no units":       {badShape, func() { NewMoments(Shape{Signals: 1, Params: 3, PerUnit: true}) }},
		"unit too large": {badUnit, func() { NewMoments(Shape{1, 2, 2, []int32{0, 2}, true, false}) }},
		"merge":          {badMerge, func() { NewMoments(good).Merge(NewMoments(Shape{Signals: 2, Params: 4})) }},
		"scale": {badBatch, func() {
			b := chunk()
			b.Scale[1] = b.Scale[1][1:]
			NewMoments(good).Add(b)
		}},
		"basis": {badBatch, func() {
			b := chunk()
			b.Of = []int{0, 1}
			NewMoments(good).Add(b)
		}},
		"shared, by coordinate": {badCoordIn, func() {
			NewMoments(Shape{Signals: 2, Params: 3, PerCoordinate: true}).AddShared(nil, nil, nil, nil)
		}},
		"shared, short norms": {badShared, func() {
			NewMoments(good).AddShared(chunk().Scale, make([]float64, 3), nil, nil)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic %v, want %q", got, test.want)
				}
			}()
			test.do()
		})
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	shape := Shape{Signals: 2, Params: 100, Units: 4, UnitOf: scatteredUnits(100, 4), PerUnit: true, PerCoordinate: true}
	for _, live := range []int{16, 11} {
		c := randomChunk(newRand(7), shape, []int{0, 1}, live)
		m := NewMoments(shape)
		if n := testing.AllocsPerRun(20, func() { m.Add(&c.batch) }); n != 0 {
			t.Errorf("%d live lanes: %v allocations per Add, want 0", live, n)
		}
	}
}

// The default experiment's GRU: H = 32 with 3 inputs, P = 3·32·(3+1+32+1).
func BenchmarkAdd(b *testing.B) {
	const params = 3552
	plain := Shape{Signals: 2, Params: params}
	unit := Shape{Signals: 2, Params: params, Units: 32, UnitOf: make([]int32, params), PerUnit: true}
	for j := range unit.UnitOf {
		unit.UnitOf[j] = int32(j / 37 % 32)
	}
	full := unit
	full.PerCoordinate = true
	for _, test := range []struct {
		name  string
		shape Shape
		of    []int
	}{
		{"shared", plain, []int{0, 0}}, {"shared/units", unit, []int{0, 0}},
		{"shared/coordinates", full, []int{0, 0}}, {"separate", plain, []int{0, 1}},
	} {
		b.Run(test.name, func(b *testing.B) {
			c, m := randomChunk(newRand(8), test.shape, test.of, Lanes), NewMoments(test.shape)
			b.ReportAllocs()
			for b.Loop() {
				m.Add(&c.batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(Lanes*params), "ns/(draw·coordinate)")
		})
	}
}
