package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// arena hands out slices with canaries on both sides, and remembers them.
type arena struct {
	rng   *rand.Rand
	odd   bool // begin off a cache line
	whole [][]float64
}

const canaryWords = 24

var canary = math.Float64frombits(0x7FF4_DEAD_BEEF_0001) // a NaN that no kernel makes

// take makes n numbers of many magnitudes; one in forty is special.
func (a *arena) take(n int) []float64 {
	skip := canaryWords
	if a.odd {
		skip++
	}
	x := make([]float64, n+2*canaryWords+1)
	for i := range x {
		x[i] = canary
	}
	for i := range n {
		x[skip+i] = a.number()
	}
	a.whole = append(a.whole, x)
	return x[skip : skip+n : skip+n]
}

func (a *arena) number() float64 {
	switch a.rng.IntN(40) {
	case 0:
		return 0
	case 1:
		return a.rng.NormFloat64() * math.Pow(10, float64(a.rng.IntN(600)-300))
	case 2:
		return math.Copysign(0, -1)
	}
	return a.rng.NormFloat64()
}

func (a *arena) row() *Row { return (*Row)(a.take(Lanes)) }

func (a *arena) scales() *Scales {
	sc := (*Scales)(unsafe.Pointer(unsafe.SliceData(a.take(int(unsafe.Sizeof(Scales{})) / 8))))
	for _, r := range []*Row{&sc.ThetaSq, &sc.CarriedSq, &sc.NoiseSq, &sc.FactorSq, &sc.Rho0, &sc.Rho1, &sc.Factor} {
		for l := range r {
			r[l] = math.Abs(r[l])
		}
	}
	return sc
}

// shape is what a case may choose its sizes from.
type shape struct{ a, b, c, d int }

// cases run one kernel each on memory of the arena.
var cases = map[string]func(a *arena, s shape) uint32{
	"mulLanes": func(a *arena, s shape) uint32 {
		m, k, ldd := 1+s.a%33, 1+s.b%40, Lanes+s.c%20
		MulLanes(a.take((Padded(m)-1)*ldd+Lanes), a.take(Padded(m)*k), a.take(Padded(m)), a.take(k*Lanes), m, k, ldd)
		return 0
	},
	"updateRows": func(a *arena, s shape) uint32 {
		rows, n := s.a%6, s.b%30
		stride, far := n+s.c%9, rows+s.d%3
		planes := max(0, ((Block-1)*far+rows)*Lanes)
		UpdateRows(a.take(planes), a.take(max(1, rows)*stride*Lanes), a.take(planes), a.take(n*Block), a.take(n*Block),
			a.take(rows*Lanes), a.row(), a.row(), rows, n, stride, far, s.d%2 == 1)
		return 0
	},
	"historyRows": func(a *arena, s shape) uint32 {
		rows, n := s.a%6, s.b%30
		stride, far := n+Block+s.c%9, rows+s.d%3
		planes := max(0, ((Block-1)*far+rows)*Lanes)
		HistoryRows(a.take(planes), a.take(rows*stride*Lanes), a.take(planes), a.take((n+Block)*Block), a.row(), rows, n, stride, far)
		return 0
	},
	"columns": func(a *arena, s shape) uint32 {
		cols, n := s.a%11, s.b%5*Block
		ldd := n + s.c%9
		Columns(a.take(cols*ldd), a.take(cols*Lanes), a.take(n*Lanes), cols, ldd, n, s.d%2 == 1)
		return 0
	},
	"factors": func(a *arena, s shape) uint32 {
		f := Factors{Rows: s.a % 20, Parts: 1 + s.b%2, R: s.c % Block, ZZ: a.number()}
		f.U, f.Q = a.take(Block*f.Rows*Lanes), a.take(Block*f.Rows*Lanes)
		f.Gain, f.Eps = a.take(f.Parts*f.Rows), a.take(f.Parts*f.Rows*Lanes)
		f.Scales = a.scales()
		for i := range f.Gram {
			f.Gram[i] = a.number()
		}
		if s.d%2 == 1 {
			f.Unit, f.Fresh = a.take(2*f.Rows*Lanes), s.d%4 == 1
		}
		AddFactors(&f)
		return 0
	},
	"scaleLanes": func(a *arena, s shape) uint32 {
		ScaleLanes(a.take(s.a%30*Lanes), a.row(), s.a%30)
		return 0
	},
	"advance": func(a *arena, s shape) uint32 {
		n := s.a % 30
		Advance(a.take(n*Lanes), a.take(n*Lanes), a.take(n*Lanes), a.take(n), a.row(), a.scales(), n)
		return 0
	},
	"unitBlocks": func(a *arena, s shape) uint32 {
		h, parts := 1+s.a%20, 1+s.b%3
		UnitBlocks(a.take(parts*h*Lanes), a.take(parts*parts*h), a.take(parts*h*Lanes), h, parts)
		return 0
	},
	"normPair": func(a *arena, s shape) uint32 {
		n := s.a % 30
		NormPair(a.take(n*Lanes), a.take(n*Lanes), a.scales(), n)
		return 0
	},
	"rho": func(a *arena, s shape) uint32 {
		Rho(a.scales(), float64(s.a%2)*1e-7, 1e-7, float64(s.b%2)*1e-7)
		return 0
	},
	"carry": func(a *arena, s shape) uint32 {
		Carry(a.scales())
		return 0
	},
	"unitCarry": func(a *arena, s shape) uint32 {
		h := s.a % 20
		UnitCarry(a.take(h*Lanes), a.take(2*h*Lanes), a.scales(), h)
		return 0
	},
	"record": func(a *arena, s shape) uint32 {
		k := 1 + s.a%4
		var valid Valid
		for l := range valid {
			valid[l] = -uint64(s.b >> l & 1)
		}
		scale := a.take(k * Lanes)
		if s.c%2 == 1 {
			scale[s.c%len(scale)] = math.Inf(1)
			scale[s.d%len(scale)] = math.NaN()
		}
		return Record(a.take(Pairs(k)*Lanes), a.take((k+Pairs(k))*Lanes), scale, &valid, a.scales(), k)
	},
	"signs": func(a *arena, s shape) uint32 {
		var words [Lanes]uint64
		for l := range words {
			words[l] = a.rng.Uint64()
		}
		shift := s.a % 65
		n := s.b % (65 - shift)
		Signs(a.take(n*Lanes), &words, shift, n)
		return 0
	},
	"mix": func(a *arena, s shape) uint32 {
		copies, terms, near, far := s.a%7, s.b%12, s.c%10, s.c%9
		x := a.take((max(0, terms-1)*far + max(0, copies-1)*near + 1) * Lanes)
		start := a.take(Block)
		if s.d%2 == 0 {
			start = nil
		}
		Mix(a.take(copies*Block*Lanes), a.take(terms*Block), x, start, copies, terms, near, far)
		return 0
	},
	"dot": func(a *arena, s shape) uint32 {
		n := s.a % 9 * 4
		Dot(a.row(), a.take(n*Lanes), a.take(n*Lanes), n)
		return 0
	},
	"accumulate": func(a *arena, s shape) uint32 {
		var valid Valid
		for l := range valid {
			valid[l] = -uint64(s.b >> l & 1)
		}
		n := s.a % 9
		Accumulate(a.take(n*Lanes), a.take(n*Lanes), a.row(), &valid, n)
		return 0
	},
	"decay": func(a *arena, s shape) uint32 {
		n := s.a % 20
		Decay(a.take(n*Lanes), a.take(n), a.row(), a.row(), a.row(), n)
		return 0
	},
	"squares": func(a *arena, s shape) uint32 {
		signals, n := 1+s.a%4, s.b%20
		Squares(a.row(), a.take(n*(signals-1)), a.take(signals*Lanes), a.take(n*Lanes), signals, n)
		return 0
	},
}

// run runs a case with one implementation and returns all memory it was given.
func run(name, with string, seed uint64, s shape) ([][]float64, uint32) {
	defer Use(Name())
	Use(with)
	a := &arena{rng: rand.New(rand.NewPCG(seed, 1)), odd: seed%2 == 1}
	answer := cases[name](a, s)
	return a.whole, answer
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
					compare(t, name, with, seed, shape{rng.IntN(1 << 16), rng.IntN(1 << 16), rng.IntN(1 << 16), rng.IntN(1 << 16)})
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
