package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	lanes = 16
	block = 8
	row   = lanes * 8 // bytes of one entry of a lane-minor array
)

// isa hides the width of the registers. A strip is what a kernel holds of an
// entry at a time; the strips of an entry are done one after the other.
type isa struct {
	suffix string
	bytes  int // of a register
	wide   bool
}

var isas = []isa{{"AVX512", 64, true}, {"AVX2", 32, false}}

func (s isa) reg() VecVirtual {
	if s.wide {
		return ZMM()
	}
	return YMM()
}

func (s isa) regs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = s.reg()
	}
	return v
}

// vecs is the number of registers of a whole entry.
func (s isa) vecs() int { return row / s.bytes }

func (s isa) text(name, signature string) {
	TEXT(name+s.suffix, NOSPLIT, "func"+signature)
}

// done ends a function; VZEROUPPER spares the caller the penalty of mixing
// vector and legacy SSE instructions.
func done() {
	VZEROUPPER()
	RET()
}

var labels int

func label(what string) string {
	labels++
	return fmt.Sprintf("%s%d", what, labels)
}

// loop runs body count times, counting down; count is consumed.
func loop(count Register, body func()) {
	top, end := label("loop"), label("end")
	TESTQ(count, count)
	JLE(LabelRef(end))
	Label(top)
	body()
	DECQ(count)
	JNE(LabelRef(top))
	Label(end)
}

func copyOf(r Register) GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}

func param(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }
func base(name string) GPVirtual  { return Load(Param(name).Base(), GP64()).(GPVirtual) }

// scaled returns r·bytes in a new register.
func scaled(r Register, bytes int) GPVirtual {
	c := GP64()
	IMUL3Q(U32(bytes), r, c)
	return c
}

func at(base Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

func zero(v ...VecVirtual) {
	for _, x := range v {
		VXORPD(x, x, x)
	}
}

func load(m Op, v VecVirtual)   { VMOVUPD(m, v) }
func store(v VecVirtual, m Op)  { VMOVUPD(v, m) }
func spread(m Op, v VecVirtual) { VBROADCASTSD(m, v) }

// fma is acc += x·y.
func fma(x, y Op, acc VecVirtual) { VFMADD231PD(x, y, acc) }
