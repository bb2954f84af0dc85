package estimators

import "uorobench/estimators/kernel"

// engineLinear is the state of a linear covariate in an engine.
type engineLinear struct {
	plan     *planLinear
	h, next  []float64 // states×Lanes
	psi      []float64 // ψ̂, likewise
	turned   []float64 // OᵀO h, or O'ᵀO h
	cross    []float64 // Lanes: ψ̂·h at the measured step
	products []float64 // c'·c with the linear covariates up to itself, each Lanes
}

func (p *Plan) newLinears() (made []engineLinear) {
	widest := 0
	for _, l := range p.linears {
		widest = max(widest, l.states()*Lanes)
	}
	for i, l := range p.linears {
		n := l.states() * Lanes
		made = append(made, engineLinear{
			plan: l, h: aligned(n), next: aligned(n), psi: aligned(n), turned: aligned(widest),
			cross: aligned(Lanes), products: aligned((i + 1) * Lanes),
		})
	}
	return made
}

func (l *engineLinear) reset() {
	clear(l.h)
	clear(l.psi)
}

func (l *engineLinear) kill(w int) {
	zeroLane(l.h, w)
	zeroLane(l.psi, w)
}

// step takes h and ψ̂ over 0-based step t, step r of the block.
func (l *engineLinear) step(e *Engine, t, r int) {
	p := l.plan
	kernel.Mix(l.next, p.self, l.h, p.bias[t], p.copies, p.d, p.d, 1)
	kernel.Mix(l.next, p.noise, e.eps, nil, p.copies, p.e, 1, p.copies)
	l.h, l.next = l.next, l.h
	l.addFactors(e, t, r)
}

// addFactors adds the step's û, seen through O, to ψ̂: a unit's rows, one in each
// group, to its copy, or all rows to the one copy.
func (l *engineLinear) addFactors(e *Engine, t, r int) {
	p, h, groups := l.plan, e.plan.layout.H, len(e.rows)
	seen, u := p.seen[t*groups*p.terms*p.d:], e.factors[r*h*Lanes:]
	if p.terms == 1 {
		kernel.Mix(l.psi, seen, u, nil, p.copies, groups, 1, kernel.Block*h)
		return
	}
	for g := range groups {
		kernel.Mix(l.psi, seen[g*p.terms*p.d:], u[g*kernel.Block*h*Lanes:], nil, 1, p.terms, 1, 1)
	}
}

// meet takes the inner products of a measured step, and tells the draws of which
// ‖c‖² is not finite. before are the linear covariates before l.
func (l *engineLinear) meet(before []engineLinear, plan *Plan) (bad uint32) {
	p, n := l.plan, l.plan.states()
	kernel.Dot(rowOf(l.cross, 0), l.h, l.psi, n)
	for i := range before {
		other := &before[i]
		rows := other.plan.states()
		kernel.MulLanes(l.turned, p.others[i], plan.ones, l.h, rows, n, Lanes)
		kernel.Dot(rowOf(l.products, i), other.h, l.turned, rows)
	}
	kernel.Mix(l.turned, p.gram, l.h, plan.zeros, p.copies, p.d, p.d, 1)
	own := rowOf(l.products, len(before))
	kernel.Dot(own, l.h, l.turned, n)
	for w, v := range own {
		if v-v != 0 {
			bad |= 1 << w
		}
	}
	return bad
}

// meetLinears is meet for all of them; the draws that it tells fall.
func (e *Engine) meetLinears() {
	bad := uint32(0)
	for i := range e.linears {
		bad |= e.linears[i].meet(e.linears[:i], e.plan)
	}
	e.nonFinite |= bad & e.alive
	e.drop(bad)
}

// addLinears adds what meetLinears found to the sums of measured step m, for the
// draws that are still alive: (a c)(ψ̂·h) with every signal a on θ̃, c'·c, and Σ h
// where the mean is asked for.
func (e *Engine) addLinears(m int, sums *Sums) {
	p := e.plan
	for i := range e.linears {
		l := &e.linears[i]
		pairs := sums.linear[m][p.linearRow(l.plan.signal, p.linears[0].signal)*Lanes:]
		kernel.Accumulate(sums.linear[m][i*p.shared*Lanes:], e.products, rowOf(l.cross, 0), &e.valid, p.shared)
		kernel.Accumulate(pairs, l.products, &allOnes, &e.valid, i+1)
		if dst := sums.states[m][i]; dst != nil {
			kernel.Columns(dst, e.validLanes(), l.h, 1, len(dst), len(dst), false)
		}
	}
}

var allOnes = lane{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

// validLanes is 1 in the lanes of draws that count, 0 in the others.
func (e *Engine) validLanes() []float64 {
	for w := range e.mask {
		e.mask[w] = float64(e.alive >> w & 1)
	}
	return e.mask[:]
}

// noteLinears keeps the inner products of measured step m for its Reading.
func (e *Engine) noteLinears(s *slot) {
	for i := range e.linears {
		l := &e.linears[i]
		cross := rowOf(s.Cross, i)
		for w, c := range e.scales.Factor {
			cross[w] = c * l.cross[w]
		}
		copy(s.Products[kernel.Pairs(i)*Lanes:], l.products)
		if n := len(e.plan.measured[s.Measured].Dots); n > 0 && !e.skipDots {
			kernel.MulLanes(s.LinearDots[i], l.plan.dots[s.Measured], e.plan.ones, l.h, n, l.plan.states(), Lanes)
		}
	}
}

// linearMeanTo writes O Σ h at measured step m.
func (s *Sums) linearMeanTo(dst []float64, m, i int) {
	w, states := s.plan.linears[i], s.states[m][i]
	if states == nil {
		panic(badMean)
	}
	for c := range w.copies {
		w.outputTo(dst, c, states[c*w.d:(c+1)*w.d])
	}
}

// outputTo writes copy c's O h where it belongs, four rows side by side: a sum of d
// numbers is too short to keep a processor busy.
func (w *linearWeights) outputTo(dst []float64, c int, h []float64) {
	r := 0
	for ; r+4 <= w.out; r += 4 {
		o0, o1, o2, o3 := w.output(r), w.output(r+1), w.output(r+2), w.output(r+3)
		s0, s1, s2, s3 := 0.0, 0.0, 0.0, 0.0
		for k, v := range h {
			s0, s1, s2, s3 = s0+o0[k]*v, s1+o1[k]*v, s2+o2[k]*v, s3+o3[k]*v
		}
		dst[w.coordinate(c, r)], dst[w.coordinate(c, r+1)] = s0, s1
		dst[w.coordinate(c, r+2)], dst[w.coordinate(c, r+3)] = s2, s3
	}
	for ; r < w.out; r++ {
		dst[w.coordinate(c, r)] = inner(w.output(r), h)
	}
}
