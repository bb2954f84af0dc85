package kernel

import (
	"math"
	"math/rand/v2"
	"unsafe"
)

// arena makes the arguments of a kernel. place tells where: it hands out memory
// for n numbers, and which of them is not there (−1 is none). What is fixed has
// all its numbers.
type arena struct {
	rng   *rand.Rand
	place func(n int, fixed bool) (x []float64, lost int)
}

func (a *arena) fill(n int, fixed bool, number func(i int) float64) []float64 {
	x, lost := a.place(n, fixed)
	for i := range n {
		if v := number(i); i != lost {
			x[i] = v
		}
	}
	return x
}

// take makes n numbers of many magnitudes; one in forty is special.
func (a *arena) take(n int) []float64 {
	return a.fill(n, false, func(int) float64 { return a.number() })
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

// bits makes one word per draw.
func (a *arena) bits(word func(l int) uint64) *[Lanes]uint64 {
	x := a.fill(Lanes, false, func(l int) float64 { return math.Float64frombits(word(l)) })
	return (*[Lanes]uint64)(unsafe.Pointer(unsafe.SliceData(x)))
}

// valid has draw l count where bit l of set is one.
func (a *arena) valid(set int) *Valid {
	return (*Valid)(a.bits(func(l int) uint64 { return -uint64(set >> l & 1) }))
}

// scales are fixed: a kernel finds them by offsets, and few touch either end.
func (a *arena) scales() *Scales {
	x := a.fill(int(unsafe.Sizeof(Scales{}))/8, true, func(int) float64 { return a.number() })
	sc := (*Scales)(unsafe.Pointer(unsafe.SliceData(x)))
	for _, r := range []*Row{&sc.ThetaSq, &sc.CarriedSq, &sc.NoiseSq, &sc.FactorSq, &sc.Rho0, &sc.Rho1, &sc.Factor} {
		for l := range r {
			r[l] = math.Abs(r[l])
		}
	}
	return sc
}

// shape is what a case may choose its sizes from.
type shape struct{ a, b, c, d int }

func randomShape(rng *rand.Rand) shape {
	return shape{rng.IntN(1 << 16), rng.IntN(1 << 16), rng.IntN(1 << 16), rng.IntN(1 << 16)}
}

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
		UpdateRows(a.take(planes), a.take(max(0, (rows-1)*stride+n)*Lanes), a.take(planes), a.take(n*Block), a.take(n*Block),
			a.take(rows*Lanes), a.row(), a.row(), rows, n, stride, far, s.d%2 == 1)
		return 0
	},
	"historyRows": func(a *arena, s shape) uint32 {
		rows, n := s.a%6, s.b%30
		stride, far := n+Block+s.c%9, rows+s.d%3
		planes := max(0, ((Block-1)*far+rows)*Lanes)
		HistoryRows(a.take(planes), a.take(max(0, (rows-1)*stride+n+Block)*Lanes), a.take(planes), a.take((n+Block)*Block), a.row(), rows, n, stride, far)
		return 0
	},
	"columns": func(a *arena, s shape) uint32 {
		cols, n := s.a%11, s.b%5*Block
		ldd := n + s.c%9
		Columns(a.take(max(0, (cols-1)*ldd+n)), a.take(cols*Lanes), a.take(n*Lanes), cols, ldd, n, s.d%2 == 1)
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
		scale := func(i int) float64 {
			switch {
			case s.c%2 == 1 && i == s.d%(k*Lanes):
				return math.NaN()
			case s.c%2 == 1 && i == s.c%(k*Lanes):
				return math.Inf(1)
			}
			return a.number()
		}
		return Record(a.take(Pairs(k)*Lanes), a.take((k+Pairs(k))*Lanes), a.fill(k*Lanes, false, scale), a.valid(s.b), a.scales(), k)
	},
	"signs": func(a *arena, s shape) uint32 {
		shift := s.a % 65
		n := s.b % (65 - shift)
		Signs(a.take(n*Lanes), a.bits(func(int) uint64 { return a.rng.Uint64() }), shift, n)
		return 0
	},
	"mix": func(a *arena, s shape) uint32 {
		copies, terms, near, far := s.a%7, s.b%12, s.c%10, s.c%9
		last := (terms-1)*far + (copies-1)*near
		if terms == 0 || copies == 0 {
			last = -1
		}
		dst, m, x := a.take(copies*Block*Lanes), a.take(terms*Block), a.take((last+1)*Lanes)
		var start []float64
		if s.d%2 == 1 {
			start = a.take(Block)
		}
		Mix(dst, m, x, start, copies, terms, near, far)
		return 0
	},
	"dot": func(a *arena, s shape) uint32 {
		n := s.a % 9 * 4
		Dot(a.row(), a.take(n*Lanes), a.take(n*Lanes), n)
		return 0
	},
	"accumulate": func(a *arena, s shape) uint32 {
		n := s.a % 9
		Accumulate(a.take(n*Lanes), a.take(n*Lanes), a.row(), a.valid(s.b), n)
		return 0
	},
	"decay": func(a *arena, s shape) uint32 {
		n := s.a % 20
		Decay(a.take(n*Lanes), a.take(n), a.row(), a.row(), a.row(), n)
		return 0
	},
	"weigh": func(a *arena, s shape) uint32 {
		n, stride := s.a%20, s.b%4
		Weigh(a.row(), a.take(n), a.take(max(0, min(n, 1)+(n-1)*stride)*Lanes), n, stride)
		return 0
	},
	"squares": func(a *arena, s shape) uint32 {
		signals, n := 1+s.a%4, s.b%20
		Squares(a.row(), a.take(n*(signals-1)), a.take(signals*Lanes), a.take(n*Lanes), signals, n)
		return 0
	},
}
