package estimators

import "uorobench/estimators/kernel"

// Work counts the multiply-adds of one draw over the whole trajectory as the
// engine does them, from the dimensions: a product, a sum or both at once count
// as one. Padding is not counted.
func (p *Plan) Work() int64 {
	work := int64(0)
	for g := range p.groups {
		work += int64(p.layout.H) * p.rowWork(p.groups[g].Width(), p.groups[g].history)
	}
	for _, b := range p.blocks {
		work += p.blockWork(&b)
	}
	for _, n := range p.measured {
		work += p.readWork(&n)
	}
	return work
}

// blockWork counts what a block's steps do beside the passes over rows: F s̃
// (S²), u and its four sums (4 per row, and the steps of the block so far), the
// column of û, s̃ and its scale (3S), two norms (2S), and each covariate as it
// counts itself.
func (p *Plan) blockWork(b *planBlock) int64 {
	s, rows := p.layout.S(), len(p.groups)*p.layout.H
	covariates := p.linearStepWork()
	for k, name := range p.options.Covariates {
		if spec, err := FindCovariate(name); err == nil && p.place[k+1] >= 0 {
			covariates += int(spec.Cost(p.layout).PerDraw)
		}
	}
	perStep := s*s + rows*(p.layout.Parts+3) + 5*s + covariates
	if p.units {
		perStep += 2*rows + 6*p.layout.H
	}
	return int64(b.len*perStep + rows*b.len*(b.len-1)/2)
}

// readWork counts the sums over draws of one measured step, less the columns.
func (p *Plan) readWork(n *Needs) int64 {
	pairs, work := kernel.Pairs(p.shared), p.linearReadWork(n)
	work += 2 * pairs
	if n.Unit {
		work += pairs * p.layout.H
	}
	if n.Coordinate {
		work += pairs * p.layout.P()
	}
	return int64(work)
}

// DotWork counts what the inner products with Needs.Dots add to a draw that takes
// them (SkipDots).
func (p *Plan) DotWork() int64 {
	work := 0
	for _, b := range p.blocks {
		for g := range b.groups {
			work += len(b.dots) * p.layout.H * (b.groups[g].n + kernel.Block)
		}
		for _, l := range p.linears {
			work += len(b.dots) * l.states()
		}
	}
	return int64(work)
}

// Memory counts the bytes of the large arrays of one engine (a worker has one)
// and of one Sums. Neither grows with the number of draws.
func (p *Plan) Memory() (engine, sums int64) {
	h, row := int64(p.layout.H), int64(8*Lanes)
	for _, g := range p.groups {
		engine += h * int64(g.stride+2*kernel.Block) * row
	}
	engine += int64(2+p.shared)*int64(p.layout.S())*row + h*row
	for _, l := range p.linears {
		engine += 4 * int64(l.states()) * row
	}
	if p.units {
		engine += (3 + int64(len(p.newSlots()))) * h * row
	}
	return engine, 8 * int64(p.SumNumbers())
}

// rowNumbers is the number of columns of all rows.
func (p *Plan) rowNumbers() (n int64) {
	for _, g := range p.groups {
		n += int64(p.layout.H * g.stride)
	}
	return n
}
