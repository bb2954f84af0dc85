package estimators

import (
	"math/bits"

	"uorobench/estimators/kernel"
)

// Sums are what an engine adds up over its draws, per measured step: the number
// of draws, Σ a_k a_l ‖θ̃‖², and where asked for the same per unit and per
// coordinate and Σ a_k θ̃. A Sums belongs to one group of draws at a time, and
// two of the same plan may be added. Its size does not depend on the draws.
type Sums struct {
	plan       *Plan
	count      []int64   // M
	bad        []int64   // M: draws first seen not finite
	memory     []float64 // behind all that follows
	gram       [][]float64
	unit       [][]float64   // per measured step, pairs×H padded
	coordinate [][]float64   // per step with coordinates, pairs×columns of all rows
	columns    [][]float64   // per block, columns×width
	linear     [][]float64   // per measured step, linearRows×Lanes
	states     [][][]float64 // per measured step and linear covariate: Σ h; nil where not asked for
}

const badMean = "estimators: the mean of this signal was not asked for at this step"

// NewSums makes the zero sums of a plan.
func (p *Plan) NewSums() *Sums { return p.SumsIn(aligned(p.SumNumbers())) }

// SumNumbers is how many float64 a plan's sums hold.
func (p *Plan) SumNumbers() int {
	var s slab
	p.layOutSums(&s)
	return s.used
}

// SumsIn is NewSums in the first p.SumNumbers() entries of memory, which must be zero
// and belong to the sums from then on. It should begin at a cache line.
func (p *Plan) SumsIn(memory []float64) *Sums {
	s := p.layOutSums(&slab{left: memory})
	s.memory = memory[:p.SumNumbers()]
	return s
}

func (p *Plan) layOutSums(from *slab) *Sums {
	pairs, m := kernel.Pairs(p.shared), len(p.measured)
	s := &Sums{plan: p, count: make([]int64, m), bad: make([]int64, m), unit: make([][]float64, m)}
	for i, n := range p.measured {
		s.gram = append(s.gram, from.take(pairs*Lanes))
		s.linear = append(s.linear, from.take(p.linearRows()*Lanes))
		s.states = append(s.states, p.layOutStates(&n, from))
		if n.Unit {
			s.unit[i] = from.take(pairs * kernel.Padded(p.layout.H))
		}
		if n.Coordinate {
			s.coordinate = append(s.coordinate, from.take(pairs*int(p.rowNumbers())))
		}
	}
	for _, b := range p.blocks {
		s.columns = append(s.columns, from.take(len(b.columns)*b.width))
	}
	return s
}

func (p *Plan) layOutStates(n *Needs, from *slab) [][]float64 {
	states := make([][]float64, len(p.linears))
	for _, k := range n.Mean {
		if at, onTheta := p.Place(k); !onTheta {
			states[at] = from.take(p.linears[at].states())
		}
	}
	return states
}

func (s *Sums) add(m int, alive, bad uint32) {
	s.count[m] += int64(bits.OnesCount32(alive))
	s.bad[m] += int64(bits.OnesCount32(bad))
}

// Reset makes all sums zero.
func (s *Sums) Reset() {
	clear(s.count)
	clear(s.bad)
	clear(s.memory)
}

// Add adds other, which must be of the same plan.
func (s *Sums) Add(other *Sums) {
	if s.plan != other.plan {
		panic("estimators: sums of different plans")
	}
	for m := range s.count {
		s.count[m] += other.count[m]
		s.bad[m] += other.bad[m]
	}
	axpy(1, other.memory, s.memory)
}

// Draws is the number of draws that counted at measured step m.
func (s *Sums) Draws(m int) int64 { return s.count[m] }

// Fallen is the number of draws first seen not finite at measured step m.
func (s *Sums) Fallen(m int) int64 { return s.bad[m] }

// pairAt is the place of the pair of signals on θ̃ (k,l), in either order, among
// all k ≤ l of those.
func (p *Plan) pairAt(k, l int) int {
	k, l = p.place[k], p.place[l]
	if k < 0 || l < 0 {
		panic("estimators: only the sum over all coordinates is kept for a linear covariate")
	}
	if k > l {
		k, l = l, k
	}
	return k*p.shared - k*(k-1)/2 + l - k
}

// Gram is Σ over draws of y_k·y_l at measured step m.
func (s *Sums) Gram(m, k, l int) float64 {
	rows, at := s.linear[m], 0
	if s.plan.place[k] >= 0 && s.plan.place[l] >= 0 {
		rows, at = s.gram[m], s.plan.pairAt(k, l)
	} else {
		at = s.plan.linearRow(k, l)
	}
	total := 0.0
	for _, v := range rowOf(rows, at) {
		total += v
	}
	return total
}

// UnitTo writes Σ y_k·y_l over the coordinates of each hidden unit; dst has
// length H. It panics if the step did not ask for it, and for a linear covariate.
func (s *Sums) UnitTo(dst []float64, m, k, l int) {
	width := kernel.Padded(s.plan.layout.H)
	copy(dst, s.unit[m][s.plan.pairAt(k, l)*width:][:s.plan.layout.H])
}

// CoordinateTo writes Σ y_k[j]·y_l[j] for each coordinate; dst has length P. It
// panics as UnitTo does.
func (s *Sums) CoordinateTo(dst []float64, m, k, l int) {
	p := s.plan
	x := s.coordinate[p.coords[m]]
	width := len(x) / kernel.Pairs(p.shared)
	x = x[p.pairAt(k, l)*width:]
	for g := range p.groups {
		group := &p.groups[g]
		for i := range p.layout.H {
			lo, hi := p.layout.Row(g, i)
			copy(dst[lo:hi], x[i*group.stride:])
		}
		x = x[p.layout.H*group.stride:]
	}
}

// MeanTo writes Σ over draws of y_k at measured step m; dst has length P. It
// panics if the step did not ask for it.
func (s *Sums) MeanTo(dst []float64, m, k int) {
	p := s.plan
	if i, onTheta := p.Place(k); !onTheta {
		s.linearMeanTo(dst, m, i)
		return
	}
	for at := range p.blocks {
		b := &p.blocks[at]
		for c, col := range b.columns {
			if col.m == m && col.k == k {
				s.meanTo(dst, at, c)
				return
			}
		}
	}
	panic(badMean)
}

// meanTo puts column c of block at into θ's order: the coordinates as they are,
// or the past steps times their features, and the block's first r steps times
// theirs.
func (s *Sums) meanTo(dst []float64, at, c int) {
	p, b := s.plan, &s.plan.blocks[at]
	x := s.columns[at][c*b.width:][:b.width]
	for g := range p.groups {
		for i := range p.layout.H {
			lo, hi := p.layout.Row(g, i)
			s.rowTo(dst[lo:hi], x, at, g, i)
			for tau := range b.columns[c].r {
				u := x[b.groups[g].offset+b.groups[g].behind+tau*p.layout.H+i]
				axpy(u, p.features(b.start+tau, &p.groups[g]), dst[lo:hi])
			}
		}
	}
}

// rowTo writes what a row's columns say.
func (s *Sums) rowTo(dst, x []float64, at, g, i int) {
	group, bg := &s.plan.groups[g], &s.plan.blocks[at].groups[g]
	row := x[bg.offset+i*bg.span:][:bg.span]
	if group.history {
		clear(dst)
		s.addPast(dst, row, at, group)
		return
	}
	copy(dst, row)
}

func (s *Sums) addPast(dst, row []float64, at int, g *planGroup) {
	for past, b := range s.plan.blocks[:at] {
		for tau := range b.len {
			axpy(row[past*kernel.Block+tau], s.plan.features(b.start+tau, g), dst)
		}
	}
}

// features is z of a step over the group's range.
func (p *Plan) features(t int, g *planGroup) []float64 { return p.steps[t].z[g.Lo:g.Hi] }
