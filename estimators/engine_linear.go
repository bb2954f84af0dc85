package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// The linear covariates c = O h have a basis of their own, P numbers per draw, and
// the engine never forms it. All that is asked of c follows from few numbers:
//
//	Σ c = O Σ h        c·c' = hᵀ(OᵀO')h'        θ̃·c = h·ψ,  ψ = Oᵀθ̃
//
// and ψ follows θ̃'s own recursion, with u zᵀ seen through O:
//
//	ψ = c ψ̂,   ψ̂ ← ψ̂ + Σ_rows û (O_rowᵀ z)
//
// where O_rowᵀ z, d numbers, is the same for all draws. The row-wise form is the
// same by unit: h and ψ are d numbers for each of H copies, of which copy i sees
// the rows of unit i. A step costs (d+e)·d multiply-adds for each copy's h, with e
// noise numbers, and d for each row of θ, in place of the P·d of forming c.

// planLinear is a linear covariate as the engine reads it.
type planLinear struct {
	*linearWeights
	signal      int
	self, noise []float64   // A and C, as kernel.Mix takes them
	bias        [][]float64 // per step: B x
	seen        []float64   // steps × groups of rows × terms × d: O_rowᵀ z
	terms       int         // rows of a group that a copy sees: one, or all
	gram        []float64   // OᵀO, the same for all copies
	others      [][]float64 // with each linear covariate before it: O'ᵀO, packed
	dots        [][]float64 // per measured step: Oᵀv of each of its vectors, packed
}

// states is the number of state entries of a draw.
func (l *planLinear) states() int { return l.copies * l.d }

// packLinears makes the linear covariates' part of the plan.
func (p *Plan) packLinears(tr *cell.Trajectory) {
	for k, s := range p.covariates {
		if s.linear == nil {
			continue
		}
		w := s.linear(p.layout, p.options)
		l := newPlanLinear(tr, w, k+1)
		for _, before := range p.linears {
			m := before.productWith(w)
			l.others = append(l.others, aligned(len(m)))
			kernel.PackTo(l.others[len(l.others)-1], m, before.states(), l.states())
		}
		for _, n := range p.measured {
			l.dots = append(l.dots, w.packDots(n.Dots))
		}
		p.linears = append(p.linears, l)
	}
}

func newPlanLinear(tr *cell.Trajectory, w *linearWeights, signal int) *planLinear {
	if w.d != kernel.Block {
		panic("estimators: a linear covariate of the engine has kernel.Block states to a copy")
	}
	l := &planLinear{linearWeights: w, signal: signal, terms: tr.Layout.H / w.copies,
		self: packed(w.a, w.d), noise: aligned(w.e * w.d), gram: packed(w.outputGram(), w.d)}
	kernel.PackTo(l.noise, w.c, w.d, w.e)
	for _, j := range tr.Steps {
		bias := aligned(w.d)
		for r := range bias {
			bias[r] = inner(w.b[r*w.x:(r+1)*w.x], j.Z)
		}
		l.bias = append(l.bias, bias)
	}
	l.see(tr)
	return l
}

// see makes O_rowᵀ z of the rows that a copy sees, for all steps. Copies are alike,
// so that the rows of the first one stand for all.
func (l *planLinear) see(tr *cell.Trajectory) {
	layout, at := tr.Layout, 0
	_, row := l.places()
	l.seen = aligned(len(tr.Steps) * len(layout.Groups) * l.terms * l.d)
	for _, j := range tr.Steps {
		for g := range layout.Groups {
			for i := range l.terms {
				lo, _ := layout.Row(g, i)
				for c, z := range j.Z[layout.Groups[g].Lo:layout.Groups[g].Hi] {
					axpy(z, l.output(row[lo+c]), l.seen[at:])
				}
				at += l.d
			}
		}
	}
}

// output is row r of O.
func (w *linearWeights) output(r int) []float64 { return w.o[r*w.d : (r+1)*w.d] }

// places lists, for every coordinate of θ, the copy that writes it and the row of
// O that it is written with.
func (w *linearWeights) places() (copies, rows []int) {
	copies, rows = make([]int, w.copies*w.out), make([]int, w.copies*w.out)
	for c := range w.copies {
		for r := range w.out {
			j := w.coordinate(c, r)
			copies[j], rows[j] = c, r
		}
	}
	return copies, rows
}

// outputGram is OᵀO, d×d.
func (w *linearWeights) outputGram() []float64 {
	gram := make([]float64, w.d*w.d)
	for r := range w.out {
		for k, v := range w.output(r) {
			axpy(v, w.output(r), gram[k*w.d:])
		}
	}
	return gram
}

// productWith is O_wᵀ O_o over all copies, one row for each state of w.
func (w *linearWeights) productWith(o *linearWeights) []float64 {
	width := o.copies * o.d
	m := make([]float64, w.copies*w.d*width)
	mine, row := w.places()
	its, other := o.places()
	for j := range mine {
		for k, v := range w.output(row[j]) {
			axpy(v, o.output(other[j]), m[(mine[j]*w.d+k)*width+its[j]*o.d:])
		}
	}
	return m
}

// packDots packs Oᵀv for vectors v of length P.
func (w *linearWeights) packDots(vectors [][]float64) []float64 {
	n := w.copies * w.d
	m := make([]float64, len(vectors)*n)
	of, row := w.places()
	for i, v := range vectors {
		for j, x := range v {
			axpy(x, w.output(row[j]), m[i*n+of[j]*w.d:])
		}
	}
	dst := aligned(kernel.Padded(len(vectors)) * n)
	kernel.PackTo(dst, m, len(vectors), n)
	return dst
}

// linearRows is the number of inner products per draw that a measured step adds
// up because of linear covariates: with every signal on θ̃, and among themselves.
func (p *Plan) linearRows() int {
	return len(p.linears)*p.shared + kernel.Pairs(len(p.linears))
}

// linearRow is the place of the pair of signals k and l among linearRows, one of
// them at least being linear.
func (p *Plan) linearRow(k, l int) int {
	a, b := p.place[k], p.place[l]
	if a >= 0 {
		a, b = b, a
	}
	if b >= 0 {
		return ^a*p.shared + b
	}
	a, b = max(^a, ^b), min(^a, ^b)
	return len(p.linears)*p.shared + a*(a+1)/2 + b
}

// linearStepWork and linearReadWork count a draw's multiply-adds.
func (p *Plan) linearStepWork() (work int) {
	for _, l := range p.linears {
		work += l.states()*(l.d+l.e) + len(p.groups)*p.layout.H*l.d
	}
	return work
}

func (p *Plan) linearReadWork(n *Needs) (work int) {
	for i, l := range p.linears {
		work += l.states() * (l.d + 2) // c·c and θ̃·c
		for _, before := range p.linears[:i] {
			work += before.states() * (l.states() + 1)
		}
		for _, k := range n.Mean {
			if k == l.signal {
				work += l.states()
			}
		}
	}
	return work + p.linearRows()
}
