package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// ahead is how many bytes of a packed matrix are asked for before they are used:
// a matrix per step comes from memory.
const ahead = 4096

// mulLanes: tiles of eight rows × two registers of draws, so that a broadcast
// number of a and a register of x are used several times each. a is packed so
// that a tile is one ascending stream; row by row, the loads of eight rows half
// a kilobyte apart took five times as long.
func mulLanes(s isa) {
	s.text("mulLanes", "(dst, a, scale, x []float64, tiles, k, ldd int)")
	dst, a, scale, x := base("dst"), base("a"), base("scale"), base("x")
	k, ldd := param("k"), scaled(param("ldd"), 8)
	size, tile := block, scaled(k, block*8)
	if !s.wide {
		size = block / 2
	}
	loop(param("tiles"), func() {
		for first := 0; first < block; first += size {
			for strip := 0; strip < s.vecs(); strip += 2 {
				s.mulTile(dst, a, scale, x, k, ldd, first, size, strip*s.bytes)
			}
			for range size {
				ADDQ(ldd, dst)
			}
		}
		ADDQ(tile, a)
		ADDQ(U32(block*8), scale)
	})
	done()
}

func (s isa) mulTile(dst, a, scale, x, k, ldd Register, first, size, off int) {
	acc := s.regs(2 * size)
	zero(acc...)
	ap, xp, lo, hi, v := copyOf(a), copyOf(x), s.reg(), s.reg(), s.reg()
	loop(copyOf(k), func() {
		load(at(xp, off), lo)
		load(at(xp, off+s.bytes), hi)
		if off == 0 && first == 0 {
			PREFETCHT0(at(ap, ahead))
		}
		for i := range size {
			spread(at(ap, (first+i)*8), v)
			fma(v, lo, acc[2*i])
			fma(v, hi, acc[2*i+1])
		}
		ADDQ(U32(block*8), ap)
		ADDQ(U32(row), xp)
	})
	out := copyOf(dst)
	for i := range size {
		spread(at(scale, (first+i)*8), v)
		for half := range 2 {
			VMULPD(v, acc[2*i+half], acc[2*i+half])
			store(acc[2*i+half], at(out, off+half*s.bytes))
		}
		ADDQ(ldd, out)
	}
}

// strides are the distances in bytes that the row kernels step by.
type strides struct {
	row Register // from row to row of w
	far Register // from step to step of u and q
}

func loadStrides() strides {
	return strides{scaled(param("stride"), row), scaled(param("far"), row)}
}

// dotRow takes all steps of the block at once; with half the registers, in halves.
func (s isa) dotRow(q, w, y, n Register, by strides) {
	steps := block
	if !s.wide {
		steps = block / 2
	}
	for strip := 0; strip < s.vecs(); strip += 2 {
		for first := 0; first < block; first += steps {
			s.dotTile(q, w, y, n, by, first, steps, strip*s.bytes)
		}
	}
}

// dotTile also asks for the next row, which the next pass over it would wait for.
func (s isa) dotTile(q, w, y, n Register, by strides, first, steps, off int) {
	acc := s.regs(2 * steps)
	zero(acc...)
	wp, yp, lo, hi, v := copyOf(w), copyOf(y), s.reg(), s.reg(), s.reg()
	loop(copyOf(n), func() {
		load(at(wp, off), lo)
		load(at(wp, off+s.bytes), hi)
		if first == 0 {
			for line := 0; line < 2*s.bytes; line += 64 {
				PREFETCHT0(Mem{Base: wp, Index: by.row, Scale: 1, Disp: off + line})
			}
		}
		for t := range steps {
			spread(at(yp, (first+t)*8), v)
			fma(v, lo, acc[2*t])
			fma(v, hi, acc[2*t+1])
		}
		ADDQ(U32(row), wp)
		ADDQ(U32(block*8), yp)
	})
	out := copyOf(q)
	for range first {
		ADDQ(by.far, out)
	}
	for t := range steps {
		store(acc[2*t], at(out, off))
		store(acc[2*t+1], at(out, off+s.bytes))
		ADDQ(by.far, out)
	}
}

// updateRows keeps the block's factors in registers and streams the row, and
// takes the next block's products while the row is in the first-level cache.
func updateRows(s isa) {
	s.text("updateRows", "(q, w, u, y, next, norm []float64, c, total *[16]float64, rows, n, stride, far, fresh int)")
	q, w, u, y, next, norm := base("q"), base("w"), base("u"), base("y"), base("next"), base("norm")
	a := updateArgs{w, u, y, norm, param("n"), loadStrides()}
	width := 1
	if s.wide {
		width = 2
	}
	loop(param("rows"), func() {
		for strip := 0; strip < s.vecs(); strip += width {
			old, end := label("old"), label("end")
			fresh := param("fresh")
			TESTQ(fresh, fresh)
			JE(LabelRef(old))
			s.updateStrip(a, width, strip*s.bytes, true)
			JMP(LabelRef(end))
			Label(old)
			s.updateStrip(a, width, strip*s.bytes, false)
			Label(end)
		}
		s.dotRow(q, w, next, a.n, a.by)
		ADDQ(a.by.row, w)
		for _, p := range []Register{norm, u, q} {
			ADDQ(U32(row), p)
		}
	})
	done()
}

type updateArgs struct {
	w, u, y, norm, n Register
	by               strides
}

// updateStrip goes over a row once; a fresh row is not read, it is zero.
func (s isa) updateStrip(a updateArgs, width, off int, fresh bool) {
	f, scale, sum, acc, v := s.regs(block*width), s.regs(width), s.regs(width), s.regs(width), s.reg()
	up := copyOf(a.u)
	for t := range block {
		for i := range width {
			load(at(up, off+i*s.bytes), f[t*width+i])
		}
		ADDQ(a.by.far, up)
	}
	c := param("c") // here and below: there are not enough registers to keep them
	for i := range width {
		load(at(c, off+i*s.bytes), scale[i])
	}
	zero(sum...)
	wp, yp := copyOf(a.w), copyOf(a.y)
	loop(copyOf(a.n), func() {
		if fresh {
			zero(acc...)
		} else {
			for i := range width {
				load(at(wp, off+i*s.bytes), acc[i])
			}
		}
		for t := range block {
			spread(at(yp, t*8), v)
			for i := range width {
				fma(v, f[t*width+i], acc[i])
			}
		}
		for i := range width {
			VMULPD(scale[i], acc[i], acc[i])
			store(acc[i], at(wp, off+i*s.bytes))
			fma(acc[i], acc[i], sum[i])
		}
		ADDQ(U32(row), wp)
		ADDQ(U32(block*8), yp)
	})
	total := param("total")
	for i := range width {
		for _, to := range []Register{a.norm, total} {
			VADDPD(at(to, off+i*s.bytes), sum[i], acc[i])
			store(acc[i], at(to, off+i*s.bytes))
		}
	}
}

// historyRows rescales a row, appends the block's factors and takes the next
// block's products.
func historyRows(s isa) {
	s.text("historyRows", "(q, w, u, next []float64, c *[16]float64, rows, n, stride, far int)")
	q, w, u, next := base("q"), base("w"), base("u"), base("next")
	c, n, by := param("c"), param("n"), loadStrides()
	all := copyOf(n)
	ADDQ(U32(block), all)
	loop(param("rows"), func() {
		scale, x := s.regs(s.vecs()), s.reg()
		for i, v := range scale {
			load(at(c, i*s.bytes), v)
		}
		wp, up := copyOf(w), copyOf(u)
		scaleEntry := func(from Register) {
			for i, v := range scale {
				VMULPD(at(from, i*s.bytes), v, x)
				store(x, at(wp, i*s.bytes))
			}
			ADDQ(U32(row), wp)
		}
		loop(copyOf(n), func() { scaleEntry(wp) })
		for range block {
			scaleEntry(up)
			ADDQ(by.far, up)
		}
		s.dotRow(q, w, next, all, by)
		ADDQ(by.row, w)
		ADDQ(U32(row), u)
		ADDQ(U32(row), q)
	})
	done()
}

func scaleLanes(s isa) {
	s.text("scaleLanes", "(x []float64, by *[16]float64, n int)")
	x, by := base("x"), param("by")
	scale := s.regs(s.vecs())
	for i, v := range scale {
		load(at(by, i*s.bytes), v)
	}
	loop(param("n"), func() {
		for i, v := range scale {
			y := s.reg()
			VMULPD(at(x, i*s.bytes), v, y)
			store(y, at(x, i*s.bytes))
		}
		ADDQ(U32(row), x)
	})
	done()
}
