package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Byte offsets of kernel.Scales; a test of that package holds them.
const (
	offRho0 = row * iota
	offRho1
	offInv0
	offInv1
	offThetaSq
	offCarriedSq
	offNoiseSq
	offFactorSq
	offFactorDot
	offFactor
	offBefore
	offColumn
)

// Byte offsets of kernel.Factors: five slices, a pointer, four numbers, Gram, a flag.
const (
	offU      = 0
	offGain   = 24
	offEps    = 48
	offQ      = 72
	offUnit   = 96
	offScales = 120
	offRows   = 128
	offParts  = 136
	offR      = 144
	offZZ     = 152
	offGram   = 160
	offFresh  = 224
)

func field(f Register, off int) GPVirtual {
	v := GP64()
	MOVQ(at(f, off), v)
	return v
}

// factors has one row loop for each number of steps that the block has done, so
// that their Gram products stay in registers and nothing is looped within a row.
func factors(s isa) {
	s.text("factors", "(f *float64)")
	f := param("f")
	for strip := 0; strip < s.vecs(); strip += 2 {
		end := label("end")
		for r := range block {
			next := label("next")
			CMPQ(at(f, offR), U32(r))
			JNE(LabelRef(next))
			s.factorStrip(f, r, strip*s.bytes)
			JMP(LabelRef(end))
			Label(next)
		}
		Label(end)
	}
	done()
}

// factorRow is the state of a strip's loop over rows.
type factorRow struct {
	f, gain, eps, unit, rows Register
	q, col                   Register // at the step in hand
	far                      Register // bytes from step to step of q and u
	dot, sq, u, x, gram      []VecVirtual
}

func (s isa) factorStrip(f Register, r, off int) {
	k := factorRow{
		f: f, gain: field(f, offGain), eps: field(f, offEps), q: field(f, offQ), unit: field(f, offUnit),
		rows: field(f, offRows), col: field(f, offU), dot: s.regs(2), sq: s.regs(2), u: s.regs(2), x: s.regs(2),
	}
	k.far = scaled(k.rows, row)
	for range r {
		ADDQ(k.far, k.q)
	}
	zero(k.dot...)
	zero(k.sq...)
	if s.wide {
		k.gram = s.regs(r)
		for i, g := range k.gram {
			spread(at(f, offGram+8*i), g)
		}
	}
	loop(copyOf(k.rows), func() { s.factorRow(&k, r, off) })
	scales, zz := field(f, offScales), s.reg()
	spread(at(f, offZZ), zz)
	for i := range 2 {
		d := off + i*s.bytes
		VADDPD(at(scales, offFactorDot+d), k.dot[i], k.dot[i])
		store(k.dot[i], at(scales, offFactorDot+d))
		acc := s.reg()
		load(at(scales, offFactorSq+d), acc)
		fma(zz, k.sq[i], acc)
		store(acc, at(scales, offFactorSq+d))
	}
}

func (s isa) factorRow(k *factorRow, r, off int) {
	s.factor(k, off)
	for i := range 2 {
		load(at(k.q, off+i*s.bytes), k.x[i])
	}
	col := copyOf(k.col)
	for t := range r {
		g := s.reg()
		if s.wide {
			g = k.gram[t]
		} else {
			spread(at(k.f, offGram+8*t), g)
		}
		for i := range 2 {
			fma(at(col, off+i*s.bytes), g, k.x[i])
		}
		ADDQ(k.far, col)
	}
	for i := range 2 {
		store(k.u[i], at(col, off+i*s.bytes))
		fma(k.u[i], k.x[i], k.dot[i])
		fma(k.u[i], k.u[i], k.sq[i])
	}
	s.factorUnit(k, off)
	ADDQ(U32(8), k.gain)
	for _, p := range []Register{k.eps, k.q, k.col} {
		ADDQ(U32(row), p)
	}
}

// factor is u = Σ_part gain·ε.
func (s isa) factor(k *factorRow, off int) {
	gain, eps, g := copyOf(k.gain), copyOf(k.eps), s.reg()
	zero(k.u...)
	loop(field(k.f, offParts), func() {
		spread(at(gain, 0), g)
		for i := range 2 {
			fma(at(eps, off+i*s.bytes), g, k.u[i])
		}
		LEAQ(Mem{Base: gain, Index: k.rows, Scale: 8}, gain)
		ADDQ(k.far, eps)
	})
}

// factorUnit adds u·(θ̂z) and u²‖z‖² to the row's unit, where units are asked for.
func (s isa) factorUnit(k *factorRow, off int) {
	skip := label("skip")
	TESTQ(k.unit, k.unit)
	JE(LabelRef(skip))
	zz, acc, sq := s.reg(), s.regs(4), s.reg()
	spread(at(k.f, offZZ), zz)
	zero(acc...)
	fresh := label("fresh")
	CMPB(at(k.f, offFresh), Imm(0))
	JNE(LabelRef(fresh))
	for i := range 2 {
		load(at(k.unit, off+i*s.bytes), acc[2*i])
		load(at(k.unit, row+off+i*s.bytes), acc[2*i+1])
	}
	Label(fresh)
	for i := range 2 {
		d := off + i*s.bytes
		fma(k.u[i], k.x[i], acc[2*i])
		store(acc[2*i], at(k.unit, d))
		VMULPD(k.u[i], k.u[i], sq)
		fma(zz, sq, acc[2*i+1])
		store(acc[2*i+1], at(k.unit, row+d))
	}
	ADDQ(U32(2*row), k.unit)
	Label(skip)
}

func advance(s isa) {
	s.text("advance", "(s, carried, eps, v []float64, dot *[16]float64, sc *float64, n int)")
	out, carried, eps, v := base("s"), base("carried"), base("eps"), base("v")
	dot, sc, n := param("dot"), param("sc"), param("n")
	for strip := 0; strip < s.vecs(); strip += 2 {
		op, cp, ep, vp := copyOf(out), copyOf(carried), copyOf(eps), copyOf(v)
		rho0, rho1, sum, x, pull := s.regs(2), s.regs(2), s.regs(2), s.reg(), s.reg()
		zero(sum...)
		for i := range 2 {
			load(at(sc, offRho0+(strip+i)*s.bytes), rho0[i])
			load(at(sc, offRho1+(strip+i)*s.bytes), rho1[i])
		}
		loop(copyOf(n), func() {
			spread(at(vp, 0), pull)
			for i := range 2 {
				d := (strip + i) * s.bytes
				VMULPD(at(ep, d), rho1[i], x)
				fma(at(cp, d), rho0[i], x)
				store(x, at(op, d))
				fma(x, pull, sum[i])
			}
			for _, p := range []Register{op, cp, ep} {
				ADDQ(U32(row), p)
			}
			ADDQ(U32(8), vp)
		})
		for i := range 2 {
			store(sum[i], at(dot, (strip+i)*s.bytes))
		}
	}
	done()
}

func unitBlocks(s isa) {
	s.text("unitBlocks", "(dst, f, x []float64, h, parts int)")
	dst, f, x, h, parts := base("dst"), base("f"), base("x"), param("h"), param("parts")
	far := scaled(h, row)
	loop(copyOf(parts), func() {
		xr, fr := copyOf(x), copyOf(f)
		loop(copyOf(h), func() {
			acc, g := s.regs(s.vecs()), s.reg()
			zero(acc...)
			xp, fp := copyOf(xr), copyOf(fr)
			loop(copyOf(parts), func() {
				spread(at(fp, 0), g)
				for i := range acc {
					fma(at(xp, i*s.bytes), g, acc[i])
				}
				ADDQ(far, xp)
				LEAQ(Mem{Base: fp, Index: h, Scale: 8}, fp)
			})
			for i := range acc {
				store(acc[i], at(dst, i*s.bytes))
			}
			for _, p := range []Register{dst, xr} {
				ADDQ(U32(row), p)
			}
			ADDQ(U32(8), fr)
		})
		for i := copyOf(parts); ; { // f += parts·h numbers
			IMULQ(h, i)
			LEAQ(Mem{Base: f, Index: i, Scale: 8}, f)
			break
		}
	})
	done()
}

func normPair(s isa) {
	s.text("normPair", "(x, y []float64, sc *float64, n int)")
	x, y, sc := base("x"), base("y"), param("sc")
	a, b, v := s.regs(s.vecs()), s.regs(s.vecs()), s.reg()
	zero(a...)
	zero(b...)
	loop(param("n"), func() {
		for i := range a {
			load(at(x, i*s.bytes), v)
			fma(v, v, a[i])
			load(at(y, i*s.bytes), v)
			fma(v, v, b[i])
		}
		ADDQ(U32(row), x)
		ADDQ(U32(row), y)
	})
	for i := range a {
		store(a[i], at(sc, offCarriedSq+i*s.bytes))
		store(b[i], at(sc, offNoiseSq+i*s.bytes))
	}
	done()
}

func signs(s isa) {
	s.text("signs", "(dst []float64, words *[16]uint64, shift, n int)")
	dst, words, count := base("dst"), param("words"), XMM()
	MOVQ(param("shift"), count)
	x, one, ones, v := s.regs(s.vecs()), s.reg(), s.reg(), s.reg()
	VPBROADCASTQ(constant("one", 0x3FF0000000000000), one)
	VPBROADCASTQ(constant("ones", 0xFFFFFFFFFFFFFFFF), ones)
	for i := range x {
		load(at(words, i*s.bytes), x[i])
		VXORPD(ones, x[i], x[i])
		VPSRLQ(count, x[i], x[i])
	}
	loop(param("n"), func() {
		for i := range x {
			VPSLLQ(Imm(63), x[i], v)
			VORPD(one, v, v)
			store(v, at(dst, i*s.bytes))
			VPSRLQ(Imm(1), x[i], x[i])
		}
		ADDQ(U32(row), dst)
	})
	done()
}

// peak: as many chains as latency × ports ask for, and nothing else.
func peak(s isa) {
	s.text("peak", "(n int)")
	chains := 16
	if !s.wide {
		chains = 8
	}
	acc, half := s.regs(chains), s.reg()
	zero(acc...)
	zero(half)
	loop(param("n"), func() {
		for i := range 256 / (s.bytes / 8) {
			fma(half, half, acc[i%chains])
		}
	})
	done()
}
