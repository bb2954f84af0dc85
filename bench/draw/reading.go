package draw

import (
	"uorobench/estimators"
	"uorobench/estimators/kernel"
	"uorobench/stats"
)

// The engine forms no estimate, but it gives enough of every draw for the lengths
// and angles of a view's. With w = a_0 − Σ λ_k a_k over the covariates on θ̃, c_o the
// linear covariates and C = offset + Σ λ μ, the estimate is ĝ = y + C with
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

// readout reads a view's lengths off the engine.
type readout struct {
	view  *View
	folds []foldReadout
}

// foldReadout is the readout for one fold's λ.
type foldReadout struct {
	places []int       // of the variant's covariates, as estimators.Plan.Place has them
	bins   int         // hidden units where λ differs by unit, or 1
	theta  [][]float64 // M: λ of the covariates on θ̃, as kernel.Squares takes it
	linear [][]float64 // M: λ of the linear covariates
	// Index of C among the vectors of a step (dotVectors); behind it stand, where λ
	// differs by unit, λ_k∘C and λ_k∘g of each covariate.
	vector                  int
	constantSq, constantDot []float64 // M: ‖C‖² and C·g
}

// fromEngine says whether the engine gives enough for the view.
func (v *View) fromEngine() bool {
	for _, l := range v.lambda {
		if l.Scope == stats.ScopeCoordinate {
			return false
		}
	}
	return true
}

// dotVectors lists what the engine takes inner products with at measured step m: g,
// and for each view and fold what foldReadout.vector says.
func dotVectors(p *Pass, m int) [][]float64 {
	exact := p.Problem.Exact[m]
	list := [][]float64{exact}
	for _, v := range p.views {
		for f, l := range v.lambda {
			list = append(list, v.constant[f][m])
			if l.Scope != stats.ScopeUnit {
				continue
			}
			for i := range v.variant.Signals {
				list = append(list, timesLambda(l, m, i, v.constant[f][m]), timesLambda(l, m, i, exact))
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

// newReadouts are those of the pass's views; the indices of vectors are those of
// dotVectors.
func newReadouts(p *Pass, plan *estimators.Plan) []readout {
	var out []readout
	vector := 1
	for _, v := range p.views {
		r := readout{view: v}
		for f, l := range v.lambda {
			t := foldReadout{bins: 1, vector: vector}
			vector++
			if l.Scope == stats.ScopeUnit {
				t.bins = p.Problem.Trajectory.Layout.H
				vector += 2 * len(v.variant.Signals)
			}
			t.fill(p, plan, v, f)
			r.folds = append(r.folds, t)
		}
		out = append(out, r)
	}
	return out
}

// fill takes λ and C of the view's fold.
func (t *foldReadout) fill(p *Pass, plan *estimators.Plan, v *View, fold int) {
	onTheta, linears := 0, 0
	for k := range p.Shape.Signals {
		if _, ok := plan.Place(k); ok {
			onTheta++
		} else {
			linears++
		}
	}
	for m := range p.Problem.Measured {
		theta, linear := make([]float64, t.bins*(onTheta-1)), make([]float64, linears)
		for i, k := range v.variant.Signals {
			place, ok := plan.Place(k)
			if !ok {
				linear[place] = v.lambda[fold].Bin(m, i, 0)
				continue
			}
			for bin := range t.bins {
				theta[bin*(onTheta-1)+place-1] = v.lambda[fold].Bin(m, i, bin)
			}
		}
		t.theta, t.linear = append(t.theta, theta), append(t.linear, linear)
		c := v.constant[fold][m]
		t.constantSq = append(t.constantSq, stats.Dot(c, c))
		t.constantDot = append(t.constantDot, stats.Dot(c, p.Problem.Exact[m]))
	}
	for _, k := range v.variant.Signals {
		place, _ := plan.Place(k)
		t.places = append(t.places, place)
	}
}

// read writes the view's lengths of a chunk at a measured step.
func (o *readout) read(s *observation, r *estimators.Reading) {
	t, out := &o.folds[o.view.fold(s.Group)], &s.lengths[o.view.index]
	weight := t.weight(r)
	t.noiseSq(&out.NoiseSq, weight, r)
	if !s.Angles {
		return
	}
	along := t.along(r, weight, t.vector, t.vector+1)
	out.Dot = t.along(r, weight, 0, t.vector+2)
	for lane, x := range out.NoiseSq {
		out.NormSq[lane] = max(0, x+2*along[lane]+t.constantSq[r.Measured])
		out.Dot[lane] += t.constantDot[r.Measured]
	}
}

// weight is w of every draw, where it is one number for all units.
func (t *foldReadout) weight(r *estimators.Reading) (weight kernel.Row) {
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
func (t *foldReadout) noiseSq(x *[Lanes]float64, weight kernel.Row, r *estimators.Reading) {
	sq := r.ThetaSq
	if t.bins > 1 {
		sq = r.UnitSq
	}
	kernel.Squares((*kernel.Row)(x), t.theta[r.Measured], r.Scale, sq, len(r.Scale)/Lanes, t.bins)
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

// along is y·v of every draw: v is vector number vector of the step, and λ_k∘v
// every second one from each on, which matter where λ differs by unit only.
func (t *foldReadout) along(r *estimators.Reading, weight kernel.Row, vector, each int) (out kernel.Row) {
	for lane, d := range r.Dots[vector*Lanes:][:Lanes] {
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
		for lane, d := range r.LinearDots[o][vector*Lanes:][:Lanes] {
			out[lane] -= lambda * d
		}
	}
	return out
}
