package estimators

import "uorobench/estimators/kernel"

// close ends block at: sums over the draws, update, norms, and the products
// with the next block's features.
func (e *Engine) close(at int, sums *Sums, visit func(*Reading)) {
	e.leaveOutNonFinite()
	if visit != nil {
		e.tell(&e.plan.blocks[at], visit)
	}
	clear(e.norms)
	e.total = [Lanes]float64{}
	for g := range e.rows {
		for row := 0; row < e.plan.layout.H; row += e.rows[g].batch {
			e.closeRows(at, g, row, sums)
		}
	}
	if e.exact {
		e.scales.ThetaSq = e.total
		copy(e.unit, e.norms)
	}
	for i := range e.linears {
		l := &e.linears[i]
		kernel.ScaleLanes(l.psi, &e.scales.Factor, l.plan.states())
	}
	e.leaveOutNonFinite()
	e.readPending(at, sums)
}

// closeRows is close for a batch of rows.
func (e *Engine) closeRows(at, g, row int, sums *Sums) {
	p, rows := e.plan, &e.rows[g]
	b, h, stride := &p.blocks[at], p.layout.H, p.groups[g].stride
	n, count := b.groups[g].n, min(rows.batch, h-row)
	w, q, u := rows.w[row*stride*Lanes:], rows.q[row*Lanes:], rows.u[row*Lanes:]
	e.addColumns(sums.columns[at], w, b, g, row, count)
	next := p.zeros
	if at+1 < len(p.blocks) {
		next = p.blocks[at+1].groups[g].y
	}
	if p.groups[g].history {
		if at+1 < len(p.blocks) {
			kernel.HistoryRows(q, w, u, next, &e.scales.Factor, count, n, stride, h)
		}
		return
	}
	kernel.UpdateRows(q, w, u, b.groups[g].y, next, e.norms[row*Lanes:], &e.scales.Factor, &e.total, count, n, stride, h, at == 0)
}

// addColumns adds the sums over draws of count rows, and with the first of them
// those of the block's û.
func (e *Engine) addColumns(dst, w []float64, b *planBlock, g, row, count int) {
	if len(b.columns) == 0 {
		return
	}
	group, bg := &e.plan.groups[g], &b.groups[g]
	dst = dst[bg.offset:]
	if row == 0 {
		e.addBehind(dst[bg.behind:], e.rows[g].u, b)
	}
	if b.start == 0 {
		return // θ̃_0 = 0; what the rows hold is of another chunk
	}
	dst = dst[row*bg.span:]
	if bg.span == group.stride { // the rows follow each other without a gap
		kernel.Columns(dst, e.coef, w, len(b.columns), b.width, count*bg.span, false)
		return
	}
	for i := range count {
		kernel.Columns(dst[i*bg.span:], e.coef, w[i*group.stride*Lanes:], len(b.columns), b.width, bg.span, false)
	}
}

// addBehind adds the sums over draws of the block's û: for each step the columns
// that see it, or all at once where a step's rows do not fill whole registers.
// What is added for steps that a column does not see is never read.
func (e *Engine) addBehind(dst, u []float64, b *planBlock) {
	h := e.plan.layout.H
	if h%kernel.Block != 0 {
		kernel.Columns(dst, e.coef, u, len(b.columns), b.width, kernel.Block*h, false)
		return
	}
	for tau := range b.len {
		first := b.seeing[tau]
		if first == len(b.columns) {
			return
		}
		kernel.Columns(dst[first*b.width+tau*h:], e.coef[first*Lanes:], u[tau*h*Lanes:], len(b.columns)-first, b.width, h, false)
	}
}

// leaveOutNonFinite finds draws that left the finite numbers since they were last looked at.
// They are told at the next measured step.
func (e *Engine) leaveOutNonFinite() {
	bad := e.notFinite()
	if bad == 0 {
		return
	}
	e.nonFinite |= bad & e.alive
	for w := range Lanes {
		if bad>>w&1 != 0 {
			e.valid[w] = 0
			e.clearDraw(w)
		}
	}
}

// readPending takes the moments per coordinate that waited for the block's end.
func (e *Engine) readPending(at int, sums *Sums) {
	b := &e.plan.blocks[at]
	m := e.plan.steps[b.start+b.len-1].after
	if m >= 0 && e.plan.measured[m].Coordinate {
		e.addCoordinates(m, e.pending, sums)
	}
}
