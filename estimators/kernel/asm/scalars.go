package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

var constants = map[string]Mem{}

// constant is a number in the data section.
func constant(name string, bits uint64) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(fmt.Sprintf("kernel_%s", name), RODATA|NOPTR)
	DATA(0, U64(bits))
	constants[name] = m
	return m
}

func rho(s isa) {
	s.text("rho", "(sc *float64, top, bottom, after float64)")
	sc := param("sc")
	added := s.regs(3)
	for i, name := range []string{"top", "bottom", "after"} {
		basic, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		spread(basic.Addr, added[i])
	}
	pairs := [][3]int{{offThetaSq, offCarriedSq, offRho0}, {offFactorSq, offNoiseSq, offRho1}}
	for _, p := range pairs {
		for i := range s.vecs() {
			num, den, d := s.reg(), s.reg(), i*s.bytes
			VSQRTPD(at(sc, p[0]+d), num)
			VADDPD(added[0], num, num)
			VSQRTPD(at(sc, p[1]+d), den)
			VADDPD(added[1], den, den)
			VDIVPD(den, num, num)
			VSQRTPD(num, num)
			VADDPD(added[2], num, num)
			store(num, at(sc, p[2]+d))
		}
	}
	done()
}

// carried is the formula of kernel.Carry in registers; it overwrites was, dot
// and sq and leaves the answer in sq.
func carried(was, dot, sq, inv0, inv1, none VecVirtual) {
	VMULPD(inv0, dot, dot)
	VADDPD(dot, dot, dot)
	VMULPD(inv1, sq, sq)
	VMULPD(inv1, sq, sq)
	fma(inv1, dot, sq)
	VMULPD(inv0, was, was)
	fma(inv0, was, sq)
	VMAXPD(sq, none, sq) // a NaN in sq stays, since it is the second source
}

func carry(s isa) {
	s.text("carry", "(sc *float64)")
	sc, one, none := param("sc"), s.reg(), s.reg()
	VPBROADCASTQ(constant("one", 0x3FF0000000000000), one)
	zero(none)
	for i := range s.vecs() {
		d := i * s.bytes
		inv0, inv1, c, dot, sq, was := s.reg(), s.reg(), s.reg(), s.reg(), s.reg(), s.reg()
		VDIVPD(at(sc, offRho0+d), one, inv0)
		VDIVPD(at(sc, offRho1+d), one, inv1)
		store(inv0, at(sc, offInv0+d))
		store(inv1, at(sc, offInv1+d))
		load(at(sc, offFactor+d), c)
		store(c, at(sc, offBefore+d))
		VMULPD(at(sc, offFactorDot+d), c, dot)
		load(at(sc, offFactorSq+d), sq)
		load(at(sc, offThetaSq+d), was)
		carried(was, dot, sq, inv0, inv1, none)
		store(sq, at(sc, offThetaSq+d))
		VMULPD(inv0, c, c)
		store(c, at(sc, offFactor+d))
		VDIVPD(c, inv1, inv1)
		store(inv1, at(sc, offColumn+d))
	}
	done()
}

func unitCarry(s isa) {
	s.text("unitCarry", "(unit, change []float64, sc *float64, h int)")
	unit, change, sc, h, none := base("unit"), base("change"), param("sc"), param("h"), s.reg()
	zero(none)
	for i := range s.vecs() {
		d := i * s.bytes
		up, cp, before, inv0, inv1 := copyOf(unit), copyOf(change), s.reg(), s.reg(), s.reg()
		load(at(sc, offBefore+d), before)
		load(at(sc, offInv0+d), inv0)
		load(at(sc, offInv1+d), inv1)
		loop(copyOf(h), func() {
			was, dot, sq := s.reg(), s.reg(), s.reg()
			load(at(up, d), was)
			VMULPD(at(cp, d), before, dot)
			load(at(cp, row+d), sq)
			carried(was, dot, sq, inv0, inv1, none)
			store(sq, at(up, d))
			ADDQ(U32(row), up)
			ADDQ(U32(2*row), cp)
		})
	}
	done()
}

// record works register by register: the draws do not meet.
func record(s isa) {
	s.text("record", "(acc, coef, scale []float64, valid *[16]uint64, sc *float64, signals int) uint32")
	acc, coef, scale := base("acc"), base("coef"), base("scale")
	valid, sc, signals := param("valid"), param("sc"), param("signals")
	bad := GP64()
	XORQ(bad, bad)
	for i := s.vecs() - 1; i >= 0; i-- {
		s.recordVec(acc, coef, scale, valid, sc, signals, bad, i*s.bytes)
	}
	Store(bad.As32(), ReturnIndex(0))
	done()
}

func (s isa) recordVec(acc, coef, scale, valid, sc, signals, bad Register, d int) {
	theta, c, keep := s.reg(), s.reg(), s.reg()
	load(at(sc, offThetaSq+d), theta)
	load(at(sc, offFactor+d), c)
	load(at(valid, d), keep)
	s.keepFinite(scale, signals, theta, keep, bad, d)
	VANDPD(keep, theta, theta)
	pairs := scaled(signals, row)
	ADDQ(coef, pairs)
	to, kp, left, sum := copyOf(coef), copyOf(scale), copyOf(signals), copyOf(acc)
	top := label("signal")
	Label(top)
	a, x := s.reg(), s.reg()
	load(at(kp, d), a)
	VMULPD(c, a, x)
	VANDPD(keep, x, x)
	store(x, at(to, d))
	mp := copyOf(kp)
	loop(copyOf(left), func() {
		y, total := s.reg(), s.reg()
		VMULPD(at(mp, d), a, y)
		VANDPD(keep, y, y)
		store(y, at(pairs, d))
		load(at(sum, d), total)
		fma(theta, y, total)
		store(total, at(sum, d))
		for _, p := range []Register{pairs, sum, mp} {
			ADDQ(U32(row), p)
		}
	})
	ADDQ(U32(row), to)
	ADDQ(U32(row), kp)
	DECQ(left)
	JNE(LabelRef(top))
}

// keepFinite clears from keep the draws of which a squared signal is not finite
// (then it less itself is not a number) and shifts their bits into bad.
func (s isa) keepFinite(scale, signals Register, theta, keep VecVirtual, bad Register, d int) {
	sum, kp := s.reg(), copyOf(scale)
	zero(sum)
	loop(copyOf(signals), func() {
		x := s.reg()
		load(at(kp, d), x)
		VMULPD(x, x, x)
		VMULPD(theta, x, x)
		VSUBPD(x, x, x)
		VADDPD(x, sum, sum)
		ADDQ(U32(row), kp)
	})
	bits, unordered := GP64(), Imm(3)
	if !s.wide {
		nan := s.reg()
		VCMPPD(unordered, sum, sum, nan)
		VANDPD(keep, nan, nan)
		g := GP32()
		VMOVMSKPD(nan, g)
		MOVL(g, bits.As32())
		VANDNPD(keep, nan, keep)
	} else {
		m, v := K(), K()
		VPTESTMQ(keep, keep, v)
		VCMPPD(unordered, sum, sum, v, m)
		KMOVW(m, bits.As32())
		KNOTW(m, m)
		VMOVAPD_Z(keep, m, keep)
	}
	SHLQ(Imm(uint64(s.bytes/8)), bad)
	ORQ(bits, bad)
}
