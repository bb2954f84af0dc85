package estimators

import (
	"math"

	"uorobench/estimators/kernel"
)

// Noise fills one step's noise, NoiseDim×Lanes, for the draws of a chunk.
type Noise interface {
	// Fill writes the noise of 0-based step t.
	Fill(eps []float64, t int)
}

// Reading is what a draw's signals are at a measured step: y_k = Scale_k·θ̃ for
// those on θ̃, and for the linear covariates c what is told of their lengths. Its slices belong to the engine and are valid during the call.
type Reading struct {
	Measured int       // index into PlanOptions.Measured
	Scale    []float64 // of the signals on θ̃, in their order, each Lanes
	ThetaSq  []float64 // Lanes: ‖θ̃‖²
	UnitSq   []float64 // H×Lanes, where any step asks for units
	Dots     []float64 // inner products of θ̃ with Needs.Dots, each Lanes
	Cross    []float64 // θ̃·c of each linear covariate, each Lanes
	Products []float64 // c·c' of each pair of them, c' up to c, each Lanes
	// LinearDots are the inner products of each linear covariate with Needs.Dots.
	LinearDots [][]float64
	Valid      uint32 // bit w: draw w counts
	Bad        uint32 // bit w: draw w counted until here and is not finite
}

// Engine runs chunks of Lanes draws along a plan's trajectory. All memory is
// made by NewEngine; one engine serves one goroutine.
type Engine struct {
	plan      *Plan
	scales    kernel.Scales
	valid     kernel.Valid
	alive     uint32 // the valid draws as bits
	nonFinite uint32 // draws that left the finite numbers and are not yet told

	sTilde, carried, eps []float64   // S×Lanes
	covariates           [][]float64 // per covariate S×Lanes
	plain                []Covariate // those without a kernel; nil for the others
	linears              []engineLinear
	mask                 kernel.Row
	signal               []float64 // K×Lanes
	products             []float64 // (K+pairs)×Lanes, from kernel.Record
	coef                 []float64 // columns×Lanes
	factors              []float64 // groups×Block×H×Lanes: û of the block
	rows                 []engineRows
	norms                []float64  // H×Lanes: ‖θ̃‖² by unit as a block leaves it
	total                kernel.Row // and their sum
	unit, change         []float64  // H×Lanes, H×2×Lanes; only where units are asked for
	pending              []float64  // pairs×Lanes: for moments per coordinate
	exact                bool       // θ̃ is formed for all rows, so norms are taken afresh
	slots                []slot
	noted                int       // slots in use
	dotSums, dotPart     []float64 // dot columns×Lanes
	skipDots             bool
}

// engineRows is the state of a group of rows.
type engineRows struct {
	w       []float64 // H×stride×Lanes: θ̃_0, by coordinate or by past step
	u       []float64 // Block×H×Lanes: the block's û_τ
	q       []float64 // Block×H×Lanes: θ̃_0 z_t
	factors kernel.Factors
	batch   int // rows that fit the first-level cache together
}

// firstLevel is how many bytes of rows are worked on at a time: half of a small
// first-level cache, the rest being for what they are combined with.
const firstLevel = 24 << 10

// NewEngine makes the memory of one worker.
func (p *Plan) NewEngine() *Engine {
	s, h, pairs := p.layout.S()*Lanes, kernel.Padded(p.layout.H)*Lanes, kernel.Pairs(p.shared)
	e := &Engine{
		plan: p, sTilde: aligned(s), carried: aligned(kernel.Padded(p.layout.S()) * Lanes), eps: aligned(s),
		signal: aligned(p.shared * Lanes), products: aligned((p.shared + pairs) * Lanes),
		pending: aligned(pairs * Lanes), norms: aligned(h), exact: true,
	}
	e.plain = p.plainForms()
	e.linears = p.newLinears()
	e.covariates = make([][]float64, len(p.options.Covariates))
	for k := range e.covariates {
		if _, ok := p.Place(k + 1); ok {
			e.covariates[k] = aligned(s)
		}
	}
	if p.units {
		e.unit, e.change = aligned(h), aligned(2*h)
	}
	e.makeColumns()
	e.factors = aligned(len(p.groups) * kernel.Block * p.layout.H * Lanes)
	for g := range p.groups {
		e.rows = append(e.rows, e.newRows(g))
		e.exact = e.exact && !p.groups[g].history
	}
	return e
}

// makeColumns makes what the blocks' sums and inner products need.
func (e *Engine) makeColumns() {
	columns, dots := 0, 0
	for _, b := range e.plan.blocks {
		columns, dots = max(columns, len(b.columns)), max(dots, kernel.Padded(len(b.dots)))
	}
	e.coef, e.slots = aligned(columns*Lanes), e.plan.newSlots()
	e.dotSums, e.dotPart = aligned(dots*Lanes), aligned(dots*Lanes)
}

func (e *Engine) newRows(group int) engineRows {
	g, h := &e.plan.groups[group], e.plan.layout.H
	block := kernel.Block * h * Lanes
	r := engineRows{
		w: aligned(h * g.stride * Lanes), u: e.factors[group*block : (group+1)*block], q: aligned(block),
		batch: min(h, max(1, firstLevel/(max(1, g.stride)*Lanes*8))), // no stride: all steps in one block
	}
	r.factors = kernel.Factors{
		U: r.u, Q: r.q, Eps: e.eps, Unit: e.change, Scales: &e.scales, Rows: h, Parts: e.plan.layout.Parts,
	}
	return r
}

// Chunk runs Lanes draws, of which those with a bit in valid count, and adds to
// sums. visit, if not nil, is told every measured step in order. A draw
// that leaves the finite numbers counts no longer from the measured step at
// which that is seen; Chunk returns those draws. Chunk allocates nothing.
func (e *Engine) Chunk(noise Noise, valid uint32, sums *Sums, visit func(*Reading)) (nonFinite uint32) {
	e.reset(valid)
	for b := range e.plan.blocks {
		block := &e.plan.blocks[b]
		fill(e.scales.Factor[:], 1)
		for r := range block.len {
			e.step(noise, block, r, sums, visit != nil)
		}
		e.close(b, sums, visit)
	}
	return valid &^ e.alive
}

func (e *Engine) reset(valid uint32) {
	e.alive, e.nonFinite, e.noted = valid, 0, 0
	for w := range e.valid {
		e.valid[w] = -uint64(valid >> w & 1)
	}
	clear(e.sTilde)
	clear(e.signal)
	for _, c := range e.covariates {
		clear(c)
	}
	e.eachPlain(Covariate.Reset)
	for i := range e.linears {
		e.linears[i].reset()
	}
	for g := range e.rows {
		clear(e.rows[g].q) // w and u are written before they are read
	}
	clear(e.unit)
	e.scales.ThetaSq = [Lanes]float64{}
}

// step takes the 0-based step r of a block. The order is that of the formulas:
// F s̃ and u, then ρ0 and ρ1 from four norms, then s̃, c and ‖θ̃‖².
func (e *Engine) step(noise Noise, b *planBlock, r int, sums *Sums, note bool) {
	p := e.plan
	step := &p.steps[b.start+r]
	if step.before >= 0 {
		e.read(step.before, r, b, sums, note)
	}
	noise.Fill(e.eps, b.start+r)
	s := p.layout.S()
	kernel.MulLanes(e.carried, step.f, step.scale, e.sTilde, s, s, Lanes)
	e.addFactors(step, b, r)
	e.setScales(b.start + r)
	kernel.Carry(&e.scales)
	if e.unit != nil {
		kernel.UnitCarry(e.unit, e.change, &e.scales, p.layout.H)
	}
	for g := range e.rows {
		kernel.ScaleLanes(e.rows[g].u[r*p.layout.H*Lanes:], &e.scales.Column, p.layout.H)
	}
	e.advance(step)
	for i := range e.linears {
		e.linears[i].step(e, b.start+r, r)
	}
	if step.after >= 0 {
		e.read(step.after, r+1, b, sums, note)
	}
}

// addFactors writes u of all rows and the sums that the norms need.
func (e *Engine) addFactors(step *planStep, b *planBlock, r int) {
	e.scales.FactorDot, e.scales.FactorSq = [Lanes]float64{}, [Lanes]float64{}
	s := e.plan.layout.S()
	for g := range e.rows {
		f := &e.rows[g].factors
		f.R, f.Fresh, f.ZZ, f.Gram = r, g == 0, step.norms[g], b.groups[g].gram[r]
		f.Gain = step.gain[g*s : (g+1)*s]
		kernel.AddFactors(f)
	}
}

// setScales sets ρ0 and ρ1.
func (e *Engine) setScales(t int) {
	o := &e.plan.options
	switch o.Guard {
	case GuardCode:
		kernel.NormPair(e.carried, e.eps, &e.scales, e.plan.layout.S())
		kernel.Rho(&e.scales, guardE, guardE, 0)
	case GuardPaper:
		kernel.NormPair(e.carried, e.eps, &e.scales, e.plan.layout.S())
		kernel.Rho(&e.scales, 0, guardE, guardE)
	case GuardFixed:
		fill(e.scales.Rho0[:], o.Schedule.Rho0[t])
		fill(e.scales.Rho1[:], o.Schedule.Rho1[t])
	default:
		fill(e.scales.Rho0[:], 1)
		fill(e.scales.Rho1[:], 1)
	}
}

// advance moves s̃ and the covariates' s̃ᶜ, and takes the signals' scales.
func (e *Engine) advance(step *planStep) {
	s := e.plan.layout.S()
	kernel.Advance(e.sTilde, e.carried, e.eps, step.pull, rowOf(e.signal, 0), &e.scales, s)
	for k, c := range e.covariates {
		at, onTheta := e.plan.Place(k + 1)
		switch {
		case !onTheta:
		case e.plain[k] != nil:
			e.advancePlain(e.plain[k], at, step)
		default:
			carried := e.plan.zeros
			if f := step.within[k]; f != nil {
				kernel.UnitBlocks(e.carried, f, c, e.plan.layout.H, e.plan.layout.Parts)
				carried = e.carried
			}
			kernel.Advance(c, carried, e.eps, step.pull, rowOf(e.signal, at), &e.scales, s)
		}
	}
}

func (e *Engine) advancePlain(c Covariate, at int, step *planStep) {
	c.Step(step.jacobian, e.scales.Rho0[:], e.scales.Rho1[:], e.eps)
	if step.asked {
		c.Scale(rowOf(e.signal, at)[:], step.pull)
	}
}

// eachPlain calls f for the covariates without a kernel.
func (e *Engine) eachPlain(f func(Covariate)) {
	for _, c := range e.plain {
		if c != nil {
			f(c)
		}
	}
}

// read takes in measured step m, which sees r steps of the block.
func (e *Engine) read(m, r int, b *planBlock, sums *Sums, note bool) {
	k := e.plan.shared
	e.meetLinears()
	bad := kernel.Record(sums.gram[m], e.products, e.signal, &e.valid, &e.scales, k)
	bad |= e.nonFinite
	e.nonFinite = 0
	e.drop(bad)
	sums.add(m, e.alive, bad)
	for c := range b.columns {
		if col := &b.columns[c]; col.m == m {
			*rowOf(e.coef, c) = *rowOf(e.products, e.plan.place[col.k])
		}
	}
	e.addLinears(m, sums)
	pairs := e.products[k*Lanes:]
	if e.plan.measured[m].Unit {
		kernel.Columns(sums.unit[m], pairs, e.unit, kernel.Pairs(k), kernel.Padded(e.plan.layout.H), kernel.Padded(e.plan.layout.H), false)
	}
	if e.plan.measured[m].Coordinate {
		e.readCoordinates(m, b.start+r, r, pairs, sums)
	}
	if note {
		e.note(m, bad)
	}
}

// readCoordinates adds Σ_w a_k a_l θ̃_j². Blocks are cut so that θ̃ stands in the
// rows: now under Pre, after the block's end under Post.
func (e *Engine) readCoordinates(m, done, r int, pairs []float64, sums *Sums) {
	switch {
	case done == 0: // θ̃ = 0
	case r == 0:
		e.addCoordinates(m, pairs, sums)
	default:
		copy(e.pending, pairs)
	}
}

func (e *Engine) addCoordinates(m int, pairs []float64, sums *Sums) {
	dst := sums.coordinate[e.plan.coords[m]]
	width := len(dst) / kernel.Pairs(e.plan.shared)
	for g := range e.rows {
		w := e.rows[g].w
		kernel.Columns(dst, pairs, w, kernel.Pairs(e.plan.shared), width, len(w)/Lanes, true)
		dst = dst[len(w)/Lanes:]
	}
}

// drop takes draws out of the chunk and makes their numbers finite, so that a
// coefficient of zero silences them.
func (e *Engine) drop(bad uint32) {
	if bad == 0 {
		return
	}
	e.alive &^= bad
	for w := range e.valid {
		if bad>>w&1 != 0 {
			e.valid[w] = 0
			e.clearDraw(w)
		}
	}
}

// clearDraw zeroes draw w's state, except what is finite in its rows: sums of the
// block's earlier steps are still to come, and draws that are left out have no coefficient.
func (e *Engine) clearDraw(w int) {
	zeroLane(e.sTilde, w)
	zeroLane(e.unit, w)
	zeroLane(e.change, w)
	for _, c := range e.covariates {
		zeroLane(c, w)
	}
	e.eachPlain(func(c Covariate) { c.Kill(w) })
	for i := range e.linears {
		e.linears[i].kill(w)
	}
	e.scales.ThetaSq[w], e.scales.Factor[w] = 0, 1
	for g := range e.rows {
		zeroNonFinite(e.rows[g].w, w)
		zeroNonFinite(e.rows[g].u, w)
		zeroNonFinite(e.rows[g].q, w)
	}
}

func zeroNonFinite(x []float64, w int) {
	for at := w; at < len(x); at += Lanes {
		if x[at]-x[at] != 0 {
			x[at] = 0
		}
	}
}

// notFinite finds the draws whose ‖θ̃‖² is not a finite number.
func (e *Engine) notFinite() (bad uint32) {
	for w, v := range e.scales.ThetaSq {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			bad |= 1 << w
		}
	}
	return bad
}
