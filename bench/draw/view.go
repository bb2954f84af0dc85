package draw

import (
	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/estimators"
	"uorobench/stats"
)

// View is a variant whose λ is known, so that observers can look at single draws
// of it: for what the moments do not contain.
type View struct {
	problem *problem.Problem
	variant *chain.Variant
	index   int // of the variant in its chain
	// lambda is one λ per fold; group g belongs to fold g mod len(lambda). There
	// is one fold unless λ is cross-fitted.
	lambda []*stats.Lambda
	// constant[fold][m] is c = offset + Σ λ_k μ_k, of length P: what no draw changes.
	constant [][][]float64
}

// NewViews are those of all variants of a chain, in order; lambdas are one per fold
// of each.
func NewViews(p *problem.Problem, c *chain.Plan, k *chain.Known, lambdas [][]*stats.Lambda) []*View {
	out := make([]*View, len(c.Variants))
	for i := range out {
		v := &View{problem: p, variant: &c.Variants[i], index: i, lambda: lambdas[i]}
		for _, l := range v.lambda {
			v.constant = append(v.constant, constants(v.variant, l, k))
		}
		out[i] = v
	}
	return out
}

// constants returns offset + Σ λ_k∘μ_k for every measured step.
func constants(v *chain.Variant, lambda *stats.Lambda, k *chain.Known) [][]float64 {
	out := make([][]float64, len(k.Offset))
	for m, offset := range k.Offset {
		out[m] = append([]float64(nil), offset...)
		for i, signal := range v.Signals {
			for j, mu := range k.Means[m][signal-1] {
				out[m][j] += lambda.At(m, i, j) * mu
			}
		}
	}
	return out
}

// fold is the fold of a group.
func (v *View) fold(group int) int { return group % len(v.lambda) }

// form writes the lengths of every lane's ĝ = y_0 − Σ λ_k∘y_k + c.
func (v *View) form(out *viewLengths, s *estimators.Signals, group, m int) {
	*out = viewLengths{}
	fold := v.fold(group)
	lambda, constant := v.lambda[fold], v.constant[fold][m]
	if weight, ok := v.sharedWeight(s, lambda, m); ok {
		formShared(out, weight[:], s.Basis[s.Of[0]], constant, v.problem.Exact[m])
		return
	}
	v.formGeneral(out, s, lambda, constant, m)
}

// sharedWeight is the one scale of the combination, when λ is a scalar and all
// signals share a basis.
func (v *View) sharedWeight(s *estimators.Signals, lambda *stats.Lambda, m int) (weight [Lanes]float64, ok bool) {
	copy(weight[:], s.Scale[0])
	for i, k := range v.variant.Signals {
		if s.Of[k] != s.Of[0] || !lambda.Scalar() {
			return weight, false
		}
		l := lambda.At(m, i, 0)
		for w, a := range s.Scale[k] {
			weight[w] -= l * a
		}
	}
	return weight, true
}

// formShared takes in estimates weight·basis + constant.
func formShared(out *viewLengths, weight, basis, constant, exact []float64) {
	a := (*[Lanes]float64)(weight)
	for j, c := range constant {
		row, g := (*[Lanes]float64)(basis[j*Lanes:]), exact[j]
		for w := range row {
			y := a[w] * row[w]
			e := y + c
			out.NoiseSq[w] += y * y
			out.NormSq[w] += e * e
			out.Dot[w] += e * g
		}
	}
}

// formGeneral is formShared for coefficients that differ by coordinate, or
// covariates with a basis of their own.
func (v *View) formGeneral(out *viewLengths, s *estimators.Signals, lambda *stats.Lambda, constant []float64, m int) {
	a := (*[Lanes]float64)(s.Scale[0])
	for j, c := range constant {
		row := (*[Lanes]float64)(s.Basis[s.Of[0]][j*Lanes:])
		var y [Lanes]float64
		for w := range row {
			y[w] = a[w] * row[w]
		}
		for i, k := range v.variant.Signals {
			l := lambda.At(m, i, j)
			b, other := (*[Lanes]float64)(s.Scale[k]), (*[Lanes]float64)(s.Basis[s.Of[k]][j*Lanes:])
			for w := range other {
				y[w] -= l * b[w] * other[w]
			}
		}
		for w, x := range y {
			e := x + c
			out.NoiseSq[w] += x * x
			out.NormSq[w] += e * e
			out.Dot[w] += e * v.problem.Exact[m][j]
		}
	}
}

// addEstimates adds ĝ of every lane at the step to sum, P×Lanes. The source must be
// batches.
func (v *View) addEstimates(sum []float64, s *observation) {
	fold, m := v.fold(s.Group), s.Measured
	for j, c := range v.constant[fold][m] {
		to := (*[Lanes]float64)(sum[j*Lanes:])
		addScaled(to, 1, s.signals, 0, j)
		for i, k := range v.variant.Signals {
			addScaled(to, -v.lambda[fold].At(m, i, j), s.signals, k, j)
		}
		for w := range to {
			to[w] += c
		}
	}
}

// addScaled adds coordinate j of signal k, times by, to every lane.
func addScaled(to *[Lanes]float64, by float64, s *estimators.Signals, k, j int) {
	a, row := (*[Lanes]float64)(s.Scale[k]), (*[Lanes]float64)(s.Basis[s.Of[k]][j*Lanes:])
	for w := range to {
		to[w] += by * a[w] * row[w]
	}
}
