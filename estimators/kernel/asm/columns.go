package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// columns: squares of coordinates × draws are turned over in registers, after
// which a register holds one draw's coordinates, the coefficients are broadcast,
// and the sums over draws need nothing horizontal. Two squares share each
// broadcast; with one, the loads were the limit.
func columns(s isa) {
	s.text("columns", "(dst, coef, w []float64, cols, ldd, n, square int)")
	c := columnArgs{
		dst: base("dst"), coef: base("coef"), w: base("w"),
		cols: param("cols"), ldd: scaled(param("ldd"), 8), square: param("square"),
	}
	n, side := param("n"), s.bytes/8
	for _, squares := range []int{2, 1} {
		top, end := label("squares"), label("end")
		Label(top)
		CMPQ(n, U32(squares*side))
		JLT(LabelRef(end))
		for pass := range s.vecs() {
			s.columnPass(c, pass, squares)
		}
		ADDQ(U32(squares*s.bytes), c.dst)
		ADDQ(U32(squares*side*row), c.w)
		SUBQ(U32(squares*side), n)
		JMP(LabelRef(top))
		Label(end)
	}
	done()
}

type columnArgs struct{ dst, coef, w, cols, ldd, square Register }

// columnPass does one register's draws of all columns.
func (s isa) columnPass(c columnArgs, pass, squares int) {
	side, together := s.bytes/8, 4
	if !s.wide {
		together = 2
	}
	t := make([][]VecVirtual, squares)
	for i := range t {
		x := s.regs(side)
		for j := range x {
			load(at(c.w, (i*side+j)*row+pass*s.bytes), x[j])
		}
		s.squareIf(c.square, x)
		t[i] = s.transpose(x)
	}
	out, a, left := copyOf(c.dst), copyOf(c.coef), copyOf(c.cols)
	ADDQ(U32(pass*s.bytes), a)
	for ; together >= 1; together /= 2 {
		top, end := label("columns"), label("end")
		Label(top)
		CMPQ(left, U32(together))
		JLT(LabelRef(end))
		s.columnsTogether(t, out, a, c.ldd, together)
		SUBQ(U32(together), left)
		JMP(LabelRef(top))
		Label(end)
	}
}

// columnsTogether adds to some columns at a time and moves out and a past them.
func (s isa) columnsTogether(t [][]VecVirtual, out, a, ldd Register, together int) {
	acc := make([][]VecVirtual, together)
	to := copyOf(out)
	for k := range acc {
		acc[k] = s.regs(len(t))
		for i, v := range acc[k] {
			load(at(to, i*s.bytes), v)
		}
		ADDQ(ldd, to)
	}
	v := s.reg()
	for w := range t[0] {
		for k := range acc {
			spread(at(a, k*row+w*8), v)
			for i := range t {
				fma(v, t[i][w], acc[k][i])
			}
		}
	}
	for k := range acc {
		for i, v := range acc[k] {
			store(v, at(out, i*s.bytes))
		}
		ADDQ(ldd, out)
	}
	ADDQ(U32(together*row), a)
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
