package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mix is mulLanes for many products with one small matrix, without a call for each.
func mix(s isa) {
	s.text("mix", "(dst, a, x, start []float64, copies, terms, near, far, fresh int)")
	m := mixArgs{
		dst: base("dst"), a: base("a"), x: base("x"), terms: param("terms"), far: scaled(param("far"), row),
	}
	near := scaled(param("near"), row)
	size := block
	if !s.wide {
		size = block / 2
	}
	loop(param("copies"), func() {
		for first := 0; first < block; first += size {
			for strip := 0; strip < s.vecs(); strip += 2 {
				s.mixTile(m, first, size, strip*s.bytes)
			}
		}
		ADDQ(U32(block*row), m.dst)
		ADDQ(near, m.x)
	})
	done()
}

type mixArgs struct{ dst, a, x, terms, far Register }

// mixTile is a tile of rows × two registers of draws.
func (s isa) mixTile(m mixArgs, first, size, off int) {
	acc, lo, hi, v := s.regs(2*size), s.reg(), s.reg(), s.reg()
	place := func(i int) Mem { return at(m.dst, (first+i/2)*row+off+i%2*s.bytes) }
	old, begin := label("old"), label("begin")
	fresh, start := param("fresh"), base("start")
	TESTQ(fresh, fresh)
	JE(LabelRef(old))
	for i := range acc {
		spread(at(start, (first+i/2)*8), acc[i])
	}
	JMP(LabelRef(begin))
	Label(old)
	for i := range acc {
		load(place(i), acc[i])
	}
	Label(begin)
	ap, xp := copyOf(m.a), copyOf(m.x)
	loop(copyOf(m.terms), func() {
		load(at(xp, off), lo)
		load(at(xp, off+s.bytes), hi)
		for i := range size {
			spread(at(ap, (first+i)*8), v)
			fma(v, lo, acc[2*i])
			fma(v, hi, acc[2*i+1])
		}
		ADDQ(U32(block*8), ap)
		ADDQ(m.far, xp)
	})
	for i := range acc {
		store(acc[i], place(i))
	}
}

// dot has four sums side by side, so as not to wait for each addition.
func dot(s isa) {
	s.text("dot", "(dst *[16]float64, x, y []float64, n int)")
	dst, x, y, quarter := param("dst"), base("x"), base("y"), param("n")
	SHRQ(Imm(2), quarter)
	for strip := 0; strip < s.vecs(); strip += 2 {
		acc, v := s.regs(8), s.reg()
		zero(acc...)
		xp, yp := copyOf(x), copyOf(y)
		loop(copyOf(quarter), func() {
			for i := range acc {
				d := i/2*row + (strip+i%2)*s.bytes
				load(at(xp, d), v)
				fma(at(yp, d), v, acc[i])
			}
			ADDQ(U32(4*row), xp)
			ADDQ(U32(4*row), yp)
		})
		for i := range 2 {
			VADDPD(acc[2+i], acc[i], acc[i])
			VADDPD(acc[6+i], acc[4+i], acc[4+i])
			VADDPD(acc[4+i], acc[i], acc[i])
			store(acc[i], at(dst, (strip+i)*s.bytes))
		}
	}
	done()
}

// weigh has one chain per lane: a call is short, and there is the next.
func weigh(s isa) {
	s.text("weigh", "(dst *[16]float64, v, x []float64, n, stride int)")
	dst, vp, x, far := param("dst"), base("v"), base("x"), scaled(param("stride"), row)
	acc, a := s.regs(s.vecs()), s.reg()
	zero(acc...)
	loop(param("n"), func() {
		spread(at(vp, 0), a)
		for i := range acc {
			fma(at(x, i*s.bytes), a, acc[i])
		}
		ADDQ(U32(8), vp)
		ADDQ(far, x)
	})
	for i, sum := range acc {
		store(sum, at(dst, i*s.bytes))
	}
	done()
}

func accumulate(s isa) {
	s.text("accumulate", "(acc, x []float64, y *[16]float64, valid *[16]uint64, n int)")
	acc, x, yp, valid := base("acc"), base("x"), param("y"), param("valid")
	keep, y, v, sum := s.regs(s.vecs()), s.regs(s.vecs()), s.reg(), s.reg()
	for i := range keep {
		load(at(valid, i*s.bytes), keep[i])
		VANDPD(at(yp, i*s.bytes), keep[i], y[i])
	}
	loop(param("n"), func() {
		for i := range keep {
			VANDPD(at(x, i*s.bytes), keep[i], v)
			load(at(acc, i*s.bytes), sum)
			fma(y[i], v, sum)
			store(sum, at(acc, i*s.bytes))
		}
		ADDQ(U32(row), x)
		ADDQ(U32(row), acc)
	})
	done()
}

func decay(s isa) {
	s.text("decay", "(w, z []float64, decay, factor, sum *[16]float64, n int)")
	w, z, n, v := base("w"), base("z"), param("n"), s.reg()
	by, factor, sum := s.rowOf("decay"), s.rowOf("factor"), s.rowOf("sum")
	loop(n, func() {
		spread(at(z, 0), v)
		for i := range sum {
			x := s.reg()
			VMULPD(v, factor[i], x)
			fma(at(w, i*s.bytes), by[i], x)
			store(x, at(w, i*s.bytes))
			fma(x, x, sum[i])
		}
		ADDQ(U32(row), w)
		ADDQ(U32(8), z)
	})
	to := param("sum")
	for i, x := range sum {
		store(x, at(to, i*s.bytes))
	}
	done()
}

// rowOf loads an entry that a parameter points at.
func (s isa) rowOf(name string) []VecVirtual {
	from, x := param(name), s.regs(s.vecs())
	for i := range x {
		load(at(from, i*s.bytes), x[i])
	}
	return x
}

func squares(s isa) {
	s.text("squares", "(dst *[16]float64, lambda, scale, sq []float64, signals, n int)")
	dst, lambda, scale, sq := param("dst"), base("lambda"), base("scale"), base("sq")
	others, n := param("signals"), param("n")
	DECQ(others)
	for strip := 0; strip < s.vecs(); strip += 2 {
		first, sum, weight, v := s.regs(2), s.regs(2), s.regs(2), s.reg()
		zero(sum...)
		for i := range 2 {
			load(at(scale, (strip+i)*s.bytes), first[i])
		}
		lp, qp := copyOf(lambda), copyOf(sq)
		loop(copyOf(n), func() {
			for i := range 2 {
				VMOVAPD(first[i], weight[i])
			}
			kp := copyOf(scale)
			loop(copyOf(others), func() {
				ADDQ(U32(row), kp)
				spread(at(lp, 0), v)
				for i := range 2 {
					VFNMADD231PD(at(kp, (strip+i)*s.bytes), v, weight[i])
				}
				ADDQ(U32(8), lp)
			})
			for i := range 2 {
				VMULPD(weight[i], weight[i], weight[i])
				fma(at(qp, (strip+i)*s.bytes), weight[i], sum[i])
			}
			ADDQ(U32(row), qp)
		})
		for i := range 2 {
			store(sum[i], at(dst, (strip+i)*s.bytes))
		}
	}
	done()
}
