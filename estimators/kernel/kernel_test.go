package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"
)

// canaries hand out memory of the heap with canaries on both sides, and remember it.
type canaries struct {
	odd   bool // begin off a cache line
	whole [][]float64
}

const canaryWords = 24

var canary = math.Float64frombits(0x7FF4_DEAD_BEEF_0001) // a NaN that no kernel makes

func (c *canaries) place(n int, _ bool) ([]float64, int) {
	skip := canaryWords
	if c.odd {
		skip++
	}
	x := make([]float64, n+2*canaryWords+1)
	for i := range x {
		x[i] = canary
	}
	c.whole = append(c.whole, x)
	return x[skip : skip+n : skip+n], -1
}

// run runs a case with one implementation and returns all memory it was given.
func run(name, with string, seed uint64, s shape) ([][]float64, uint32) {
	defer Use(Name())
	Use(with)
	c := &canaries{odd: seed%2 == 1}
	answer := cases[name](&arena{rand.New(rand.NewPCG(seed, 1)), c.place}, s)
	return c.whole, answer
}

// compare demands the twins' bits in every word, canaries included.
func compare(t *testing.T, name, with string, seed uint64, s shape) {
	t.Helper()
	want, wantBits := run(name, "go", seed, s)
	got, gotBits := run(name, with, seed, s)
	if gotBits != wantBits {
		t.Errorf("%s, %s, seed %d, %+v: answers %#x, the twin %#x", name, with, seed, s, gotBits, wantBits)
	}
	for b := range want {
		for i, w := range want[b] {
			if !same(got[b][i], w) {
				t.Fatalf("%s, %s, seed %d, %+v: buffer %d of length %d: word %d is %v (%#x), the twin has %v (%#x)", name, with, seed, s,
					b, len(want[b])-2*canaryWords-1, i-canaryWords, got[b][i], math.Float64bits(got[b][i]), w, math.Float64bits(w))
			}
		}
	}
}

// same is equality of bits, except that one NaN is as good as another; which of
// two NaNs an addition keeps depends on the order of the operands. A canary must
// be itself.
func same(x, y float64) bool {
	if math.Float64bits(x) == math.Float64bits(y) {
		return true
	}
	isCanary := math.Float64bits(y) == math.Float64bits(canary)
	return math.IsNaN(x) && math.IsNaN(y) && !isCanary
}

// TestCases: every kernel that touches memory has a case.
func TestCases(t *testing.T) {
	for f := range reflect.TypeFor[table]().Fields() {
		if _, ok := cases[f.Name]; !ok && f.Name != "name" && f.Name != "peak" {
			t.Errorf("%s has no case", f.Name)
		}
	}
}

// TestTwins goes over all remainders of the tile sizes and many random shapes.
func TestTwins(t *testing.T) {
	if len(Names()) == 1 {
		t.Skip("this machine has the Go kernels only")
	}
	for name := range cases {
		for _, with := range Names()[:len(Names())-1] {
			t.Run(name+"/"+with, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 5))
				for seed := range uint64(400) {
					compare(t, name, with, seed, randomShape(rng))
				}
			})
		}
	}
}

// FuzzTwins looks for shapes and numbers where the assembly leaves the twins.
func FuzzTwins(f *testing.F) {
	f.Add(uint64(1), uint16(1), uint16(2), uint16(3), uint16(4))
	f.Add(uint64(2), uint16(32), uint16(39), uint16(0), uint16(1))
	f.Add(uint64(3), uint16(8), uint16(0xFFFF), uint16(7), uint16(0))
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c, d uint16) {
		for name := range cases {
			for _, with := range Names()[:len(Names())-1] {
				compare(t, name, with, seed, shape{int(a), int(b), int(c), int(d)})
			}
		}
	})
}

// TestShapes: a slice that is too short is refused before anything is written.
func TestShapes(t *testing.T) {
	x, row := make([]float64, 1024), new(Row)
	var sc Scales
	for name, call := range map[string]func(){
		"mulLanes":    func() { MulLanes(x, x[:7], x, x, 1, 1, Lanes) },
		"updateRows":  func() { UpdateRows(x, x, x, x[:15], x, x, row, row, 1, 2, 2, 1, false) },
		"historyRows": func() { HistoryRows(x, x, x, x[:8], row, 1, 1, 9, 1) },
		"columns":     func() { Columns(x, x, x, 1, 8, 7, false) },
		"factors":     func() { AddFactors(&Factors{Rows: 1, Parts: 1, Scales: &sc, U: x, Q: x, Eps: x[:15], Gain: x}) },
		"scaleLanes":  func() { ScaleLanes(x[:31], row, 2) },
		"advance":     func() { Advance(x, x, x, x[:1], row, &sc, 2) },
		"unitBlocks":  func() { UnitBlocks(x, x[:3], x, 1, 2) },
		"normPair":    func() { NormPair(x, x[:16], &sc, 2) },
		"unitCarry":   func() { UnitCarry(x, x[:16], &sc, 1) },
		"record":      func() { Record(x, x, x[:16], new(Valid), &sc, 2) },
		"signs":       func() { Signs(x, new([Lanes]uint64), 60, 5) },
		"mix":         func() { Mix(x, x, x[:31], nil, 1, 3, 0, 1) },
		"dot":         func() { Dot(row, x, x, 6) },
		"weigh":       func() { Weigh(row, x, x[:63], 3, 2) },
		"accumulate":  func() { Accumulate(x, x[:31], row, new(Valid), 2) },
		"decay":       func() { Decay(x[:31], x, row, row, row, 2) },
		"squares":     func() { Squares(row, x[:3], x, x, 3, 2) },
		"pack":        func() { PackTo(x, x[:3], 2, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

// TestLayout holds the offsets that the assembly was written with.
func TestLayout(t *testing.T) {
	var sc Scales
	var f Factors
	for name, pair := range map[string][2]uintptr{
		"Scales":           {unsafe.Sizeof(sc), 12 * Lanes * 8},
		"Scales.ThetaSq":   {unsafe.Offsetof(sc.ThetaSq), 4 * Lanes * 8},
		"Scales.FactorDot": {unsafe.Offsetof(sc.FactorDot), 8 * Lanes * 8},
		"Scales.Column":    {unsafe.Offsetof(sc.Column), 11 * Lanes * 8},
		"Factors.Unit":     {unsafe.Offsetof(f.Unit), 96},
		"Factors.Rows":     {unsafe.Offsetof(f.Rows), 128},
		"Factors.ZZ":       {unsafe.Offsetof(f.ZZ), 152},
		"Factors.Gram":     {unsafe.Offsetof(f.Gram), 160},
		"Factors.Fresh":    {unsafe.Offsetof(f.Fresh), 224},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is at %d, the assembly has %d", name, pair[0], pair[1])
		}
	}
}

// TestMulLanes compares with the textbook product; the twin must be right too.
func TestMulLanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const m, k = 11, 7
	a, x := make([]float64, m*k), make([]float64, k*Lanes)
	for _, s := range [][]float64{a, x} {
		for i := range s {
			s[i] = float64(rng.IntN(9) - 4) // whole numbers: every sum is exact
		}
	}
	packed, dst, scale := make([]float64, Padded(m)*k), make([]float64, Padded(m)*Lanes), make([]float64, Padded(m))
	for i := range scale {
		scale[i] = float64(i + 1)
	}
	PackTo(packed, a, m, k)
	MulLanes(dst, packed, scale, x, m, k, Lanes)
	for i := range m {
		for w := range Lanes {
			want := 0.0
			for j := range k {
				want += a[i*k+j] * x[j*Lanes+w]
			}
			if got := dst[i*Lanes+w]; got != want*float64(i+1) {
				t.Fatalf("row %d lane %d: %v, want %v", i, w, got, want*float64(i+1))
			}
		}
	}
}

func ExampleColumns() {
	// The sum over draws of a·θ for two coordinates, six of padding, with a = 1
	// for draw 0 and 10 for draw 15.
	w := make([]float64, Block*Lanes)
	w[0*Lanes+0], w[0*Lanes+15], w[1*Lanes+15] = 2, 3, 4
	coef := make([]float64, Lanes)
	coef[0], coef[15] = 1, 10
	sums := make([]float64, Block)
	Columns(sums, coef, w, 1, Block, Block, false)
	fmt.Println(sums[:2])
	// Output: [32 40]
}
