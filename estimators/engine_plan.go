package estimators

import (
	"math"
	"slices"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// packSteps fills in the steps. Under Pre a step is read before it is taken, so
// its signals are formed at the end of the step before.
func (p *Plan) packSteps(tr *cell.Trajectory) {
	p.steps = make([]planStep, len(tr.Steps))
	for t, j := range tr.Steps {
		s := &p.steps[t]
		*s = planStep{jacobian: j, gain: j.Gain, z: j.Z, pull: p.zeros, before: -1, after: -1}
		for g := range p.layout.Groups {
			s.norms = append(s.norms, dotRange(&p.layout.Groups[g], j, j))
		}
		for _, name := range p.options.Covariates {
			s.within = append(s.within, nil)
			if read := withinUnit[name]; read != nil {
				s.within[len(s.within)-1] = read(p.layout, j)
			}
		}
	}
	p.packStateProducts(tr)
	p.placeMeasured(tr)
}

// packStateProducts makes each step's F_t as a packed matrix and a scale per
// row. Where the rows of all F_t are multiples of the same rows, as in the tanh
// network (F = diag(1−h²) W), one matrix serves all steps: it stays in the cache,
// where T matrices would have to be fetched again by every chunk.
func (p *Plan) packStateProducts(tr *cell.Trajectory) {
	s := p.layout.S()
	if w := sharedRows(tr); w != nil {
		shared := packed(w, s)
		for t := range p.steps {
			p.steps[t].f, p.steps[t].scale = shared, aligned(kernel.Padded(s))
			copy(p.steps[t].scale, tr.Steps[t].Gain)
		}
		return
	}
	ones := aligned(kernel.Padded(s))
	fill(ones, 1)
	for t, j := range tr.Steps {
		p.steps[t].f, p.steps[t].scale = packed(j.F, s), ones
	}
}

func packed(f []float64, s int) []float64 {
	to := aligned(kernel.Padded(s) * s)
	kernel.PackTo(to, f, s, s)
	return to
}

// sharedTolerance is four roundings: two products, a quotient, and one to spare.
const sharedTolerance = 4 * 0x1p-52

// sharedRows returns W with F_t = diag(gain_t) W for every step, or nil where
// there is none. W is read off, row by row, from the step with the largest gain
// and must give back every F_t.
func sharedRows(tr *cell.Trajectory) []float64 {
	l := tr.Layout
	s := l.S()
	if len(l.Groups) != 1 || l.Parts != 1 {
		return nil
	}
	w, largest := make([]float64, s*s), make([]float64, s)
	for _, j := range tr.Steps {
		for i, gain := range j.Gain {
			if math.Abs(gain) > largest[i] {
				largest[i] = math.Abs(gain)
				divideTo(w[i*s:(i+1)*s], j.F[i*s:(i+1)*s], gain)
			}
		}
	}
	for _, j := range tr.Steps {
		for at, f := range j.F {
			if !(math.Abs(f-j.Gain[at/s]*w[at]) <= sharedTolerance*math.Abs(f)) {
				return nil
			}
		}
	}
	return w
}

func divideTo(dst, x []float64, by float64) {
	for i, v := range x {
		dst[i] = v / by
	}
}

func (p *Plan) placeMeasured(tr *cell.Trajectory) {
	places := 0
	for m, n := range p.measured {
		p.coords = append(p.coords, -1)
		if n.Coordinate {
			p.coords[m] = places
			places++
		}
		if p.options.Convention == Post {
			p.steps[n.Step].after = m
			p.steps[n.Step].ask(tr.Steps[n.Step].Delta)
			continue
		}
		p.steps[n.Step].before = m
		if n.Step > 0 {
			p.steps[n.Step-1].ask(tr.Steps[n.Step].Q)
		}
	}
}

func (s *planStep) ask(pull []float64) { s.pull, s.asked = pull, true }

// dotRange is z_a·z_b over a group's features.
func dotRange(g *cell.Group, a, b *cell.Jacobian) float64 {
	return inner(a.Z[g.Lo:g.Hi], b.Z[g.Lo:g.Hi])
}

// cut makes the blocks: as long as may be, and ending wherever moments per
// coordinate are read, so that θ̃ is at hand there.
func (p *Plan) cut(steps int) {
	ends := make([]bool, steps+1)
	ends[steps] = true
	for _, n := range p.measured {
		if n.Coordinate {
			ends[n.Step+int(p.options.Convention)] = true
		}
	}
	for start := 0; start < steps; {
		end := start + 1
		for end-start < kernel.Block && !ends[end] {
			end++
		}
		p.blocks = append(p.blocks, planBlock{start: start, len: end - start})
		start = end
	}
	for b := range p.blocks {
		p.setColumns(&p.blocks[b])
	}
}

// setColumns lists what a block forms at its end.
func (p *Plan) setColumns(b *planBlock) {
	for r := range b.len {
		s := &p.steps[b.start+r]
		p.appendRead(b, s.before, r)
		p.appendRead(b, s.after, r+1)
	}
	for tau := range b.seeing {
		for b.seeing[tau] < len(b.columns) && b.columns[b.seeing[tau]].r <= tau {
			b.seeing[tau]++
		}
	}
}

// appendRead lists the sums and inner products of measured step m, if it is one.
func (p *Plan) appendRead(b *planBlock, m, r int) {
	if m < 0 {
		return
	}
	b.reads++
	for _, k := range p.measured[m].Mean {
		if p.place[k] < 0 {
			continue
		}
		b.columns = append(b.columns, sumColumn{r, m, k})
	}
	for i := range p.measured[m].Dots {
		b.dots = append(b.dots, dotColumn{r, m, i})
	}
}

// chooseBases decides group by group.
func (p *Plan) chooseBases() {
	for g := range p.layout.Groups {
		group := planGroup{Group: &p.layout.Groups[g]}
		group.history = p.basis == BasisHistory || (p.basis != BasisFeatures && p.historyPays(group.Width()))
		group.stride = kernel.Padded(group.Width())
		if group.history {
			group.stride = (len(p.blocks) - 1) * kernel.Block
		}
		p.groups = append(p.groups, group)
	}
}

// historyPays says whether the history takes a fifth fewer multiply-adds than the
// features. The fifth is because its rows grow with the steps and leave the
// second-level cache sooner; with equal counts it was 10 to 15 % slower.
func (p *Plan) historyPays(width int) bool {
	anyCoordinate := slices.ContainsFunc(p.measured, func(n Needs) bool { return n.Coordinate })
	return !anyCoordinate && 5*p.rowWork(width, true) < 4*p.rowWork(width, false)
}

// rowWork counts the multiply-adds that a row of the given width costs a draw
// over the whole trajectory: the products with z, the sums over draws, and the
// update or the rescaling with the norm; not the inner products, which few chunks
// take.
func (p *Plan) rowWork(width int, history bool) int64 {
	work := 0
	for at, b := range p.blocks {
		n, close := width, width*(b.len+2)
		if history {
			n = at * kernel.Block
			close = n
		}
		work += n*b.len + close + len(b.columns)*n
		for _, c := range b.columns {
			work += c.r
		}
	}
	return int64(work)
}

// packBlocks repacks features and Gram products block by block.
func (p *Plan) packBlocks(tr *cell.Trajectory) {
	for at := range p.blocks {
		b := &p.blocks[at]
		for g := range p.groups {
			group := &p.groups[g]
			b.groups = append(b.groups, p.packGroup(tr, at, group))
			b.width += p.layout.H * (b.groups[g].span + kernel.Block)
		}
	}
}

func (p *Plan) packGroup(tr *cell.Trajectory, at int, g *planGroup) blockGroup {
	b := &p.blocks[at]
	bg := blockGroup{n: g.Width(), offset: b.width, gram: p.blockGram(tr, b, g)}
	if g.history {
		bg.n = at * kernel.Block
		bg.y = p.gramColumns(tr, at, g)
	} else {
		bg.y = p.featureColumns(tr, b, g)
	}
	bg.span = kernel.Padded(bg.n)
	bg.behind = p.layout.H * bg.span
	if len(b.dots) > 0 {
		p.packDots(&bg, tr, at, g)
	}
	return bg
}

// blockGram is gram[r][τ] = z_τ·z_r within the block.
func (p *Plan) blockGram(tr *cell.Trajectory, b *planBlock, g *planGroup) [][kernel.Block]float64 {
	gram := make([][kernel.Block]float64, b.len)
	for r := range gram {
		for tau := range r {
			gram[r][tau] = dotRange(g.Group, tr.Steps[b.start+tau], tr.Steps[b.start+r])
		}
	}
	return gram
}

// featureColumns is y[j,r] = z_r[j]; groups that see the same features could
// share it, which saves memory only.
func (p *Plan) featureColumns(tr *cell.Trajectory, b *planBlock, g *planGroup) []float64 {
	y := aligned(g.Width() * kernel.Block)
	for r := range b.len {
		for j, z := range tr.Steps[b.start+r].Z[g.Lo:g.Hi] {
			y[j*kernel.Block+r] = z
		}
	}
	return y
}

// gramColumns is y[τ,r] = z_τ·z_r for the steps before the block. Each block
// holds kernel.Block columns of the history, also where it is shorter.
func (p *Plan) gramColumns(tr *cell.Trajectory, at int, g *planGroup) []float64 {
	y := aligned(at * kernel.Block * kernel.Block)
	b := &p.blocks[at]
	for past, from := range p.blocks[:at] {
		for tau := range from.len {
			for r := range b.len {
				y[(past*kernel.Block+tau)*kernel.Block+r] = dotRange(g.Group, tr.Steps[from.start+tau], tr.Steps[b.start+r])
			}
		}
	}
	return y
}
