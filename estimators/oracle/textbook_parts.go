package oracle

import (
	"uorobench/estimators"
)

// moves tells of every estimator that is a chain s̃ θ̃ᵀ, or several, what the noise of
// a step brings to the two factors. With S and F̃ of SnAp-1, and w and μ of the scaled
// family:
//
//	                        d_t                n_t                  s̃ measured as
//	uoro, split, multi      ε                  εᵀ I                 s̃
//	scaled                  μ∘ε                (ε/μ)ᵀ I             w∘s̃
//	residual                ε                  εᵀ (F − F̃) S         s̃
//	scaled-residual         μ∘ε                (ε/μ)ᵀ (F − F̃) S     w∘s̃
//	split-residual          (F − F̃) ε          εᵀ S                 s̃
//	scaled-split-residual   (F − F̃) (μ∘ε)      (ε/μ)ᵀ S             w∘s̃
//	nobacktrack             ρ_i ε_i            Σ_i (ε_i/ρ_i) I_i    s̃, and ρ1 = 1
var moves = map[string]func(b *Textbook, t int, eps []float64) Move{
	"uoro":                  plainMove,
	"uoro-post":             plainMove,
	"memory-uoro":           plainMove,
	"multi-uoro":            plainMove,
	"split-uoro":            plainMove,
	"scaled-uoro":           scaledMove,
	"scaled-split-uoro":     scaledMove,
	"residual":              residualMove,
	"scaled-residual":       scaledResidualMove,
	"split-residual":        middleMove,
	"scaled-split-residual": scaledMiddleMove,
	"nobacktrack":           rowMove,
}

func plainMove(b *Textbook, t int, eps []float64) Move {
	return Move{Drive: eps, Source: pull(eps, b.steps[t].immediate, b.tr.Layout.P())}
}

func scaledMove(b *Textbook, t int, eps []float64) Move {
	e := b.steps[t].scales
	return Move{
		Drive: times(e.mu, eps), Source: pull(times(e.left, eps), b.steps[t].immediate, b.tr.Layout.P()), Weigh: e.w,
	}
}

// source is K_t = (F_t − F̃_t) S_{t-1} from the left.
func (d *denseStep) source(v []float64, p int) []float64 {
	return pull(pull(v, d.rest, len(v)), d.before, p)
}

func residualMove(b *Textbook, t int, eps []float64) Move {
	return Move{Drive: eps, Source: b.steps[t].source(eps, b.tr.Layout.P())}
}

func scaledResidualMove(b *Textbook, t int, eps []float64) Move {
	d := b.steps[t]
	return Move{
		Drive: times(d.scales.mu, eps), Source: d.source(times(d.scales.left, eps), b.tr.Layout.P()), Weigh: d.scales.w,
	}
}

func middleMove(b *Textbook, t int, eps []float64) Move {
	d := b.steps[t]
	return Move{Drive: multiply(d.rest, eps, len(eps)), Source: pull(eps, d.before, b.tr.Layout.P())}
}

func scaledMiddleMove(b *Textbook, t int, eps []float64) Move {
	d := b.steps[t]
	return Move{
		Drive:  multiply(d.rest, times(d.scales.mu, eps), len(eps)),
		Source: pull(times(d.scales.left, eps), d.before, b.tr.Layout.P()),
		Weigh:  d.scales.w,
	}
}

// rowMove has a scale for every row of I_t, ρ_i = √(‖I_{t,i}‖/‖e_i‖) under the guard.
func rowMove(b *Textbook, t int, eps []float64) Move {
	d, p := b.steps[t], b.tr.Layout.P()
	drive, left := make([]float64, len(eps)), make([]float64, len(eps))
	for i, e := range eps {
		rho := ratio(b.options.Guard, norm(d.immediate[i*p:(i+1)*p]), 1)
		if b.options.Guard == estimators.GuardFixed {
			rho = b.options.Schedule.Rho1[t]
		}
		drive[i], left[i] = rho*e, e/rho
	}
	return Move{Drive: drive, Source: pull(left, d.immediate, p), OwnScale: true}
}

// parts are the chains of an estimator in the course of a draw: one, K copies with
// noise of their own (multi), or K blocks of units with a part of the noise each
// (split).
type parts struct {
	book  *Textbook
	of    []*Draw
	track [][]trace // by part and covariate
}

// newParts puts every part before step 1.
func newParts(b *Textbook) *parts {
	p := &parts{book: b}
	for range max(1, b.chains()) {
		p.of = append(p.of, NewDraw(b.tr.Layout, b.options.Guard, b.options.Schedule))
		var traces []trace
		for _, c := range b.covariates {
			traces = append(traces, c.begin())
		}
		p.track = append(p.track, traces)
	}
	return p
}

// chains is the number of chains; memory-uoro's number is a window.
func (b *Textbook) chains() int {
	if b.name == "memory-uoro" {
		return 1
	}
	return b.number
}

func (p *parts) step(t int, eps []float64) {
	for m, d := range p.of {
		move := moves[p.book.name](p.book, t, p.noise(m, eps))
		d.advance(p.book.steps[t].F, move)
		for _, c := range p.track[m] {
			c.step(t, d.Rho0, d.Rho1, move.Drive)
		}
	}
}

// noise is what part m sees of the step's noise: copy m of multi the numbers m·S …
// (m+1)·S − 1, block m of split those of its units' state entries.
func (p *parts) noise(m int, eps []float64) []float64 {
	s := p.book.tr.Layout.S()
	switch {
	case len(p.of) == 1:
		return eps
	case p.book.name == "multi-uoro":
		return eps[m*s : (m+1)*s]
	}
	out := make([]float64, s)
	for i, e := range eps {
		if p.blockOf(i%p.book.tr.Layout.H) == m {
			out[i] = e
		}
	}
	return out
}

// blockOf is the block of a unit: the last m with ⌊m·H/K⌋ ≤ unit.
func (p *parts) blockOf(unit int) int {
	m := 0
	for m+1 < len(p.of) && (m+1)*p.book.tr.Layout.H/len(p.of) <= unit {
		m++
	}
	return m
}

func (p *parts) read(t int, v []float64) Estimate {
	e := Estimate{Direct: p.book.direct(t, v)}
	e.Random = p.join(func(m int) []float64 { return p.of[m].Estimate(v) })
	for k := range p.book.covariates {
		e.Covariates = append(e.Covariates, p.join(func(m int) []float64 {
			scale, own := p.track[m][k].read(v)
			if own != nil {
				return own
			}
			return scaledBy(scale, p.of[m].ThetaTilde)
		}))
	}
	return e
}

// join makes one vector of those of all parts: the mean of multi's copies, and of
// each block of split the rows of its units.
func (p *parts) join(of func(m int) []float64) []float64 {
	if len(p.of) == 1 {
		return of(0)
	}
	out := make([]float64, p.book.tr.Layout.P())
	for m := range p.of {
		for j, v := range of(m) {
			switch {
			case p.book.name == "multi-uoro":
				out[j] += v / float64(len(p.of))
			case p.blockOf(int(p.book.unitOf[j])) == m:
				out[j] = v
			}
		}
	}
	return out
}

// late is memory-uoro-K: UORO K steps late, and what the window holds exactly,
//
//	ĝ_t = Σ_{l<K} b_l I_{t-l} + (b_K·s̃_{t-K}) θ̃_{t-K},   b_l = δ_t F_t … F_{t-l+1}
type late struct {
	book  *Textbook
	chain *parts
	noise [][]float64 // of every step so far
}

// step: at step t the chain takes step t−K, with that step's noise.
func (m *late) step(t int, eps []float64) {
	m.noise = append(m.noise, eps)
	if old := t - m.book.number; old >= 0 {
		m.chain.step(old, m.noise[old])
	}
}

func (m *late) read(t int, v []float64) Estimate {
	p := m.book.tr.Layout.P()
	direct := make([]float64, p)
	for at := t; at >= 0 && at > t-m.book.number; at-- {
		d := m.book.steps[at]
		direct = sum(direct, pull(v, d.immediate, p))
		v = pull(v, d.F, len(v))
	}
	e := m.chain.read(t, v)
	e.Direct = direct
	return e
}
