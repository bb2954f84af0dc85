package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// columns: a square of coordinates × draws is turned over in registers, after
// which a register holds one draw's coordinates, the coefficients are broadcast,
// and the sums over draws need nothing horizontal.
func columns(s isa) {
	s.text("columns", "(dst, coef, w []float64, cols, ldd, n, square int)")
	dst, coef, w := base("dst"), base("coef"), base("w")
	cols, ldd, n, square := param("cols"), scaled(param("ldd"), 8), param("n"), param("square")
	side := s.bytes / 8
	SHRQ(Imm(uint64(map[int]int{8: 3, 4: 2}[side])), n)
	perPass := s.vecs() // squares whose draws are held together
	if !s.wide {
		perPass = 2
	}
	loop(n, func() {
		for first := 0; first < s.vecs(); first += perPass {
			s.columnPass(dst, coef, w, cols, ldd, square, first, perPass)
		}
		ADDQ(U32(uint64(s.bytes)), dst)
		ADDQ(U32(side*row), w)
	})
	done()
}

// columnPass does the draws of perPass squares for all columns.
func (s isa) columnPass(dst, coef, w, cols, ldd, square Register, first, perPass int) {
	side := s.bytes / 8
	var t []VecVirtual
	for i := range perPass {
		x := s.regs(side)
		for j := range x {
			load(at(w, j*row+(first+i)*s.bytes), x[j])
		}
		s.squareIf(square, x)
		t = append(t, s.transpose(x)...)
	}
	out, a, acc, v := copyOf(dst), copyOf(coef), s.reg(), s.reg()
	loop(copyOf(cols), func() {
		load(at(out, 0), acc)
		for i, x := range t {
			from := at(a, first*s.bytes+i*8)
			if s.wide {
				VFMADD231PD_BCST(from, x, acc)
			} else {
				spread(from, v)
				fma(v, x, acc)
			}
		}
		store(acc, at(out, 0))
		ADDQ(ldd, out)
		ADDQ(U32(row), a)
	})
}

func (s isa) squareIf(square Register, x []VecVirtual) {
	skip := label("linear")
	TESTQ(square, square)
	JE(LabelRef(skip))
	for _, v := range x {
		VMULPD(v, v, v)
	}
	Label(skip)
}

// transpose turns a square of registers over: result[w][j] = x[j][w].
func (s isa) transpose(x []VecVirtual) []VecVirtual {
	low, high := s.unpack(x)
	t := make([]VecVirtual, len(x))
	for half, u := range [][]VecVirtual{low, high} {
		for i, v := range s.chunks(u) {
			t[2*i+half] = v
		}
	}
	return t
}

// unpack interleaves neighbours: low has draws 0, 2, … in pairs of coordinates.
func (s isa) unpack(x []VecVirtual) (low, high []VecVirtual) {
	for j := 0; j < len(x); j += 2 {
		l, h := s.reg(), s.reg()
		VUNPCKLPD(x[j+1], x[j], l)
		VUNPCKHPD(x[j+1], x[j], h)
		low, high = append(low, l), append(high, h)
	}
	return low, high
}

// chunks turns a square of 128-bit chunks over: 2×2 or 4×4.
func (s isa) chunks(u []VecVirtual) []VecVirtual {
	if !s.wide {
		a, b := s.reg(), s.reg()
		VPERM2F128(Imm(0x20), u[1], u[0], a)
		VPERM2F128(Imm(0x31), u[1], u[0], b)
		return []VecVirtual{a, b}
	}
	even := func(a, b VecVirtual) VecVirtual { return shuffle(0x88, a, b) }
	odd := func(a, b VecVirtual) VecVirtual { return shuffle(0xdd, a, b) }
	b0, b1 := even(u[0], u[1]), odd(u[0], u[1])
	b2, b3 := even(u[2], u[3]), odd(u[2], u[3])
	return []VecVirtual{even(b0, b2), even(b1, b3), odd(b0, b2), odd(b1, b3)}
}

func shuffle(imm uint64, a, b VecVirtual) VecVirtual {
	out := ZMM()
	VSHUFF64X2(Imm(imm), b, a, out)
	return out
}
