package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// Inner products of every draw's θ̃ with given vectors v, for what is asked draw
// by draw (cosines). With V_i the part of v that belongs to row i,
//
//	θ̃·v = c (Σ_i θ̃_0,i·V_i + Σ_{τ<r} Σ_i û_τ,i (z_τ·V_i))
//
// so the vectors are packed once, as matrices that meet the rows and the block's
// û as they lie, and MulLanes does the rest. A column costs what a sum over draws
// costs. They are known when their block ends, and so is the Reading.

// packDots packs the block's vectors for a group of rows.
func (p *Plan) packDots(bg *blockGroup, tr *cell.Trajectory, at int, g *planGroup) {
	b, h := &p.blocks[at], p.layout.H
	rows, factors := h*g.stride, h*kernel.Block
	whole, behind := make([]float64, len(b.dots)*rows), make([]float64, len(b.dots)*factors)
	for c, d := range b.dots {
		v := p.measured[d.m].Dots[d.i]
		for i := range h {
			part := v[g.Offset+i*g.Width():][:g.Width()]
			p.dotRow(whole[c*rows+i*g.stride:], part, tr, at, g)
			for tau := range d.r {
				behind[c*factors+tau*h+i] = inner(part, tr.Steps[b.start+tau].Z[g.Lo:g.Hi])
			}
		}
	}
	bg.dots = aligned(kernel.Padded(len(b.dots)) * rows)
	bg.behinds = aligned(kernel.Padded(len(b.dots)) * factors)
	kernel.PackTo(bg.dots, whole, len(b.dots), rows)
	kernel.PackTo(bg.behinds, behind, len(b.dots), factors)
}

// dotRow writes what a row's columns are multiplied by: the vector itself, or its
// products with the past steps.
func (p *Plan) dotRow(dst, part []float64, tr *cell.Trajectory, at int, g *planGroup) {
	if !g.history {
		copy(dst, part)
		return
	}
	for past, b := range p.blocks[:at] {
		for tau := range b.len {
			dst[past*kernel.Block+tau] = inner(part, tr.Steps[b.start+tau].Z[g.Lo:g.Hi])
		}
	}
}

// slot keeps a reading until its block ends.
type slot struct {
	Reading
	factor kernel.Row // c at the step
}

func (p *Plan) newSlots() []slot {
	reads, dots := 0, 0
	for _, b := range p.blocks {
		reads = max(reads, b.reads)
	}
	for _, n := range p.measured {
		dots = max(dots, len(n.Dots))
	}
	slots := make([]slot, reads)
	for i := range slots {
		slots[i].Scale, slots[i].ThetaSq = aligned(p.shared*Lanes), aligned(Lanes)
		slots[i].Dots = aligned(dots * Lanes)
		slots[i].Cross = aligned(len(p.linears) * Lanes)
		slots[i].Products = aligned(kernel.Pairs(len(p.linears)) * Lanes)
		for range p.linears {
			slots[i].LinearDots = append(slots[i].LinearDots, aligned(kernel.Padded(dots)*Lanes))
		}
		if p.units {
			slots[i].UnitSq = aligned(p.layout.H * Lanes)
		}
	}
	return slots
}

// note keeps what is known of measured step m now.
func (e *Engine) note(m int, bad uint32) {
	s := &e.slots[e.noted]
	e.noted++
	s.Measured, s.Valid, s.Bad = m, e.alive, bad
	copy(s.Scale, e.signal)
	copy(s.ThetaSq, e.scales.ThetaSq[:])
	copy(s.UnitSq, e.unit)
	s.factor = e.scales.Factor
	e.noteLinears(s)
}

// SkipDots says whether the chunks that follow leave out the inner products with
// Needs.Dots; what a Reading has of them is then old. A new engine takes them.
func (e *Engine) SkipDots(skip bool) { e.skipDots = skip }

// tell fills in the inner products and hands the block's readings over.
func (e *Engine) tell(b *planBlock, visit func(*Reading)) {
	if len(b.dots) > 0 && !e.skipDots {
		e.fillDots(b)
	}
	for i := range e.slots[:e.noted] {
		visit(&e.slots[i].Reading)
	}
	e.noted = 0
}

func (e *Engine) fillDots(b *planBlock) {
	clear(e.dotSums)
	for g := range e.rows {
		bg, rows := &b.groups[g], &e.rows[g]
		if b.start > 0 { // θ̃_0 = 0 in the first block
			e.addDots(bg.dots, rows.w, len(b.dots))
		}
		e.addDots(bg.behinds, rows.u, len(b.dots))
	}
	at := 0
	for i := range e.slots[:e.noted] {
		s := &e.slots[i]
		for d := range e.plan.measured[s.Measured].Dots {
			dst, sum := rowOf(s.Dots, d), rowOf(e.dotSums, at)
			for w, c := range s.factor {
				dst[w] = c * sum[w]
			}
			at++
		}
	}
}

func (e *Engine) addDots(packed, x []float64, count int) {
	if len(x) == 0 {
		return
	}
	kernel.MulLanes(e.dotPart, packed, e.plan.ones, x, count, len(x)/Lanes, Lanes)
	axpy(1, e.dotPart[:count*Lanes], e.dotSums)
}
