package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mulLanes: tiles of eight rows × two registers of draws, so that a broadcast
// number of a and a register of x are used several times each. a is packed so
// that a tile is one ascending stream; row by row, the loads of eight rows half
// a kilobyte apart took five times as long.
func mulLanes(s isa) {
	s.text("mulLanes", "(dst, a, x []float64, tiles, k, ldd int)")
	dst, a, x := base("dst"), base("a"), base("x")
	k, ldd := param("k"), scaled(param("ldd"), 8)
	size, tile := block, scaled(k, block*8)
	if !s.wide {
		size = block / 2
	}
	loop(param("tiles"), func() {
		for first := 0; first < block; first += size {
			for strip := 0; strip < s.vecs(); strip += 2 {
				s.mulTile(dst, a, x, k, ldd, first, size, strip*s.bytes)
			}
			for range size {
				ADDQ(ldd, dst)
			}
		}
		ADDQ(tile, a)
	})
	done()
}

func (s isa) mulTile(dst, a, x, k, ldd Register, first, size, off int) {
	acc := s.regs(2 * size)
	zero(acc...)
	ap, xp, lo, hi, v := copyOf(a), copyOf(x), s.reg(), s.reg(), s.reg()
	loop(copyOf(k), func() {
		load(at(xp, off), lo)
		load(at(xp, off+s.bytes), hi)
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
		store(acc[2*i], at(out, off))
		store(acc[2*i+1], at(out, off+s.bytes))
		ADDQ(ldd, out)
	}
}

// dotRows: all steps of the block at once; with half the registers, in halves.
func dotRows(s isa) {
	s.text("dotRows", "(q, w, y []float64, rows, n, stride int)")
	q, w, y := base("q"), base("w"), base("y")
	n, stride := param("n"), scaled(param("stride"), row)
	steps := block
	if !s.wide {
		steps = block / 2
	}
	loop(param("rows"), func() {
		for strip := 0; strip < s.vecs(); strip += 2 {
			for first := 0; first < block; first += steps {
				s.dotTile(q, w, y, n, first, steps, strip*s.bytes)
			}
		}
		ADDQ(stride, w)
		ADDQ(U32(block*row), q)
	})
	done()
}

func (s isa) dotTile(q, w, y, n Register, first, steps, off int) {
	acc := s.regs(2 * steps)
	zero(acc...)
	wp, yp, lo, hi, v := copyOf(w), copyOf(y), s.reg(), s.reg(), s.reg()
	loop(copyOf(n), func() {
		load(at(wp, off), lo)
		load(at(wp, off+s.bytes), hi)
		for t := range steps {
			spread(at(yp, (first+t)*8), v)
			fma(v, lo, acc[2*t])
			fma(v, hi, acc[2*t+1])
		}
		ADDQ(U32(row), wp)
		ADDQ(U32(block*8), yp)
	})
	for t := range steps {
		store(acc[2*t], at(q, (first+t)*row+off))
		store(acc[2*t+1], at(q, (first+t)*row+off+s.bytes))
	}
}

// updateRows keeps the block's columns in registers and streams the row.
func updateRows(s isa) {
	s.text("updateRows", "(w, y, norm []float64, c, total *[16]float64, rows, n, stride int)")
	w, y, norm := base("w"), base("y"), base("norm")
	c, total, n, stride := param("c"), param("total"), param("n"), scaled(param("stride"), row)
	width := 1
	if s.wide {
		width = 2
	}
	loop(param("rows"), func() {
		for strip := 0; strip < s.vecs(); strip += width {
			s.updateStrip(w, y, norm, c, total, n, width, strip*s.bytes)
		}
		ADDQ(stride, w)
		ADDQ(U32(row), norm)
	})
	done()
}

func (s isa) updateStrip(w, y, norm, c, total, n Register, width, off int) {
	u, scale, sum, acc, v := s.regs(block*width), s.regs(width), s.regs(width), s.regs(width), s.reg()
	up := scaled(n, row)
	ADDQ(w, up)
	for i := range u {
		load(at(up, (i/width)*row+off+(i%width)*s.bytes), u[i])
	}
	for i := range width {
		load(at(c, off+i*s.bytes), scale[i])
	}
	zero(sum...)
	wp, yp := copyOf(w), copyOf(y)
	loop(copyOf(n), func() {
		for i := range width {
			load(at(wp, off+i*s.bytes), acc[i])
		}
		for t := range block {
			spread(at(yp, t*8), v)
			for i := range width {
				fma(v, u[t*width+i], acc[i])
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
	for i := range width {
		for _, to := range []Register{norm, total} {
			VADDPD(at(to, off+i*s.bytes), sum[i], acc[i])
			store(acc[i], at(to, off+i*s.bytes))
		}
	}
}

func scaleRows(s isa) {
	s.text("scaleRows", "(w []float64, c *[16]float64, rows, n, stride int)")
	w, c, n, stride := base("w"), param("c"), param("n"), scaled(param("stride"), row)
	scale := s.regs(s.vecs())
	for i, v := range scale {
		load(at(c, i*s.bytes), v)
	}
	loop(param("rows"), func() {
		wp := copyOf(w)
		loop(copyOf(n), func() {
			for i, v := range scale {
				x := s.reg()
				VMULPD(at(wp, i*s.bytes), v, x)
				store(x, at(wp, i*s.bytes))
			}
			ADDQ(U32(row), wp)
		})
		ADDQ(stride, w)
	})
	done()
}

func scaleColumn(s isa) {
	s.text("scaleColumn", "(w []float64, by *[16]float64, rows, stride int)")
	w, by, stride := base("w"), param("by"), scaled(param("stride"), row)
	scale := s.regs(s.vecs())
	for i, v := range scale {
		load(at(by, i*s.bytes), v)
	}
	loop(param("rows"), func() {
		for i, v := range scale {
			x := s.reg()
			VMULPD(at(w, i*s.bytes), v, x)
			store(x, at(w, i*s.bytes))
		}
		ADDQ(stride, w)
	})
	done()
}
