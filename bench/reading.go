package bench

import (
	"uorobench/estimators"
	"uorobench/estimators/kernel"
	"uorobench/stats"
)

// The engine forms no estimate, but it tells enough of every draw for the lengths
// and angles of a variant's. With w = a_0 − Σ λ_k a_k over the covariates on θ̃, c_o
// the linear covariates and C = offset + Σ λ μ, the estimate is ĝ = y + C with
// y = wθ̃ − Σ λ_o c_o, so that
//
//	‖y‖² = w²‖θ̃‖² − 2w Σ λ_o θ̃·c_o + Σ λ_o λ_p c_o·c_p
//	‖ĝ‖² = ‖y‖² + 2 y·C + ‖C‖²        ĝ·g = y·g + C·g
//	y·v  = w θ̃·v − Σ λ_o c_o·v
//
// Where λ differs by hidden unit, ‖y‖² is a sum over units, and y·v is
// a_0 θ̃·v − Σ_k a_k θ̃·(λ_k∘v).
//
// Tails take ‖y‖² of every draw. Inner products with C and g cost as much as a sum
// over draws, each of them; so the cosines are of the first chunk of each group.

// told is what a view needs of one fold's λ to read the engine.
type told struct {
	places []int       // of the variant's covariates, as Plan.Place has them
	bins   int         // hidden units where λ differs by unit, or 1
	theta  [][]float64 // M: λ of the covariates on θ̃, as kernel.Squares takes it
	linear [][]float64 // M: λ of the linear covariates
	// Place of C among the step's vectors; behind it stand, by unit, λ_k∘C and
	// λ_k∘g of each covariate.
	at                      int
	constantSq, constantDot []float64 // M: ‖C‖² and C·g
}

// watch marks the views that the engine's readings tell of.
func (p *pass) watch(views []*view) {
	for _, v := range views {
		if v.watched = v.fromReading(); v.watched {
			p.watched = append(p.watched, v)
		}
	}
}

// fromReading says whether the engine tells enough.
func (v *view) fromReading() bool {
	for _, l := range v.lambda {
		if l.Scope == stats.ScopeCoordinate {
			return false
		}
	}
	return true
}

// vectors lists what the engine is to take inner products with at measured step
// m: g, and for each watched view and fold what told.at says.
func (p *pass) vectors(m int) [][]float64 {
	list := [][]float64{p.problem.exact[m]}
	for _, v := range p.watched {
		for f, l := range v.lambda {
			list = append(list, v.constant[f][m])
			if l.Scope != stats.ScopeUnit {
				continue
			}
			for i := range v.variant.signals {
				list = append(list, timesLambda(l, m, i, v.constant[f][m]), timesLambda(l, m, i, p.problem.exact[m]))
			}
		}
	}
	return list
}

// timesLambda is λ_i∘x at step m.
func timesLambda(l *stats.Lambda, m, i int, x []float64) []float64 {
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = l.At(m, i, j) * v
	}
	return out
}

// prepareTold fills in what the watched views need of the plan.
func (p *pass) prepareTold() {
	at := 1
	for _, v := range p.watched {
		v.told = nil
		for f, l := range v.lambda {
			t := told{bins: 1, at: at}
			at++
			if l.Scope == stats.ScopeUnit {
				t.bins = p.problem.tr.Layout.H
				at += 2 * len(v.variant.signals)
			}
			v.told = append(v.told, p.toldOf(t, v, f))
		}
	}
}

func (p *pass) toldOf(t told, v *view, fold int) told {
	onTheta, linears := 0, 0
	for k := range p.shape.Signals {
		if _, ok := p.plan.Place(k); ok {
			onTheta++
		} else {
			linears++
		}
	}
	for m := range p.problem.measured {
		theta, linear := make([]float64, t.bins*(onTheta-1)), make([]float64, linears)
		for i, k := range v.variant.signals {
			at, ok := p.plan.Place(k)
			if !ok {
				linear[at] = v.lambda[fold].Bin(m, i, 0)
				continue
			}
			for bin := range t.bins {
				theta[bin*(onTheta-1)+at-1] = v.lambda[fold].Bin(m, i, bin)
			}
		}
		t.theta, t.linear = append(t.theta, theta), append(t.linear, linear)
		c := v.constant[fold][m]
		t.constantSq = append(t.constantSq, normSq(c))
		t.constantDot = append(t.constantDot, stats.Dot(c, p.problem.exact[m]))
	}
	for _, k := range v.variant.signals {
		at, _ := p.plan.Place(k)
		t.places = append(t.places, at)
	}
	return t
}

// read takes in what the engine tells of a chunk at a measured step; i is the
// view's place among those watched.
func (v *view) read(w *worker, i int, r *estimators.Reading) {
	t := &v.told[w.inGroup%len(v.told)]
	s := &w.scalar
	weight := t.weight(r)
	t.noiseSq(&s.noiseSq, weight, r)
	v.addTails(w, i, r.Measured, r.Valid)
	if !w.angles {
		return
	}
	along := t.along(r, weight, t.at, t.at+1)
	s.dot = t.along(r, weight, 0, t.at+2)
	for lane, x := range s.noiseSq {
		s.normSq[lane] = max(0, x+2*along[lane]+t.constantSq[r.Measured])
		s.dot[lane] += t.constantDot[r.Measured]
		if r.Valid>>lane&1 != 0 {
			v.addLane(w, lane)
		}
	}
}

// weight is w of every draw, where it is one number for all units.
func (t *told) weight(r *estimators.Reading) (weight kernel.Row) {
	weight = kernel.Row(r.Scale)
	if t.bins > 1 {
		return weight
	}
	for k, lambda := range t.theta[r.Measured] {
		for lane, a := range r.Scale[(k+1)*Lanes : (k+2)*Lanes] {
			weight[lane] -= lambda * a
		}
	}
	return weight
}

// noiseSq writes ‖y‖² of every draw.
func (t *told) noiseSq(x *kernel.Row, weight kernel.Row, r *estimators.Reading) {
	sq := r.ThetaSq
	if t.bins > 1 {
		sq = r.UnitSq
	}
	kernel.Squares(x, t.theta[r.Measured], r.Scale, sq, len(r.Scale)/Lanes, t.bins)
	linear := t.linear[r.Measured]
	for o, lambda := range linear {
		if lambda == 0 {
			continue
		}
		for lane := range x {
			x[lane] -= 2 * lambda * weight[lane] * r.Cross[o*Lanes+lane]
		}
		for p, other := range linear {
			for lane, product := range r.Products[stats.Pair(o, p)*Lanes:][:Lanes] {
				x[lane] += lambda * other * product
			}
		}
	}
}

// along is y·v of every draw: v is vector at of the step, and λ_k∘v every second
// vector from each on, which matter by unit only.
func (t *told) along(r *estimators.Reading, weight kernel.Row, at, each int) (out kernel.Row) {
	for lane, d := range r.Dots[at*Lanes:][:Lanes] {
		out[lane] = weight[lane] * d
	}
	for i, place := range t.places {
		if t.bins == 1 {
			break
		}
		a, d := r.Scale[place*Lanes:], r.Dots[(each+2*i)*Lanes:]
		for lane := range out {
			out[lane] -= a[lane] * d[lane]
		}
	}
	for o, lambda := range t.linear[r.Measured] {
		for lane, d := range r.LinearDots[o][at*Lanes:][:Lanes] {
			out[lane] -= lambda * d
		}
	}
	return out
}
