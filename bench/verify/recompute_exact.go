package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/estimators"
)

// addExact forms the closed form of plain UORO's variance again (methods, 6.2),
// where the scales do not depend on the draws, and the yardsticks beside it. Dense:
// the influence of every noise entry on every parameter is written out.
func (r *row) addExact() {
	guard := estimators.Guard(r.experiment.Guard)
	if (guard != estimators.GuardNone && guard != estimators.GuardFixed) || r.chain.Name != "uoro" || r.experiment.Weights == bench.WeightsBalancing {
		return
	}
	kappa := 1.0
	if r.experiment.Noise == bench.NoiseGaussian {
		kappa = 3
	}
	sums := Columns{}
	for m, t := range r.measured {
		one := r.exactAt(t)
		own := Columns{"yardstick_time": one.time * one.time, "yardstick_unit": one.unit * one.unit}
		if len(r.chain.Covariates) == 0 {
			own["var_trace_exact"] = one.gauss + (kappa-3)*one.quartic
			own["var_exact_spatial"] = one.equal + (kappa-3)*one.quartic
			own["var_exact_temporal"] = one.gauss - one.equal
			own["var_exact_k1"], own["var_exact_k3"] = one.gauss-2*one.quartic, one.gauss
		}
		for name, v := range own {
			r.out.Steps[m][name] = v
			sums[name] += v
		}
	}
	for name, v := range sums {
		r.out.Pooled[name] = v
	}
}

// exactTerms are the terms of the variance at a step, over the parameters: with α
// the scaled adjoint and β the immediate influence over the scale,
//
//	gauss    (Σα²)(Σβ²) + (Σαβ)²      equal    the same within each time
//	quartic  Σα²β²
type exactTerms struct{ gauss, equal, quartic, time, unit float64 }

func (r *row) exactAt(t int) (out exactTerms) {
	l := r.tr.Layout
	states, params := l.S(), l.P()
	last, b := t, append([]float64(nil), r.tr.Steps[t-1].Delta...)
	if r.chain.Convention == estimators.Pre {
		last, b = t-1, append([]float64(nil), r.tr.Steps[t-1].Q...)
	}
	sumBeta, cross, squares, carry := vector(r.tr), vector(r.tr), 0.0, 1.0
	for tau := last - 1; tau >= 0; tau-- {
		j, scale := r.tr.Steps[tau], carry
		if r.schedule != nil {
			scale *= r.schedule.Rho1[tau]
			carry *= r.schedule.Rho0[tau]
		}
		influence := make([]float64, states*params)
		l.AddImmediateRows(influence, j)
		square := scale * scale * dot(b, b)
		squares += square
		for p := range params {
			beta, own, quartic := 0.0, 0.0, 0.0
			for k := range states {
				v := influence[k*params+p]
				beta += v * v / (scale * scale)
				own += b[k] * v
				quartic += math.Pow(b[k]*v, 2)
			}
			sumBeta[p] += beta
			cross[p] += own
			out.equal += square*beta + own*own
			out.quartic += quartic
		}
		out.time += norm(b) * norm(influence)
		for i := range l.H {
			adjoint, length := 0.0, 0.0
			for k := i; k < states; k += l.H {
				adjoint += b[k] * b[k]
				length += dot(influence[k*params:(k+1)*params], influence[k*params:(k+1)*params])
			}
			out.unit += math.Sqrt(adjoint * length)
		}
		before := make([]float64, states)
		for k := range states {
			for i := range states {
				before[i] += b[k] * j.F[k*states+i]
			}
		}
		b = before
	}
	for p := range params {
		out.gauss += squares*sumBeta[p] + cross[p]*cross[p]
	}
	return out
}
