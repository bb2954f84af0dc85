package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// addExact forms the figures of the closed form again, where the scales do not
// depend on the draws. Of plain UORO all of it is written out densely (exactAt); of
// the others the moments of the signals are oracle.ClosedForm's, which "closed form"
// holds against enumeration, and what is made of them is made again.
func (r *row) addExact() {
	form, ok := r.form()
	if !ok {
		return
	}
	pooled := &exactSums{scope: r.scope, covariates: len(r.chain.Covariates)}
	for m, t := range r.measured {
		closed, err := oracle.ClosedForm(r.tr, form, t)
		if err != nil {
			return
		}
		one := &exactSums{scope: r.scope, covariates: len(r.chain.Covariates)}
		one.best = r.bestLambdas(m)
		one.add(r, closed, m)
		dense := r.exactAt(t)
		one.sums["yardstick_time"], one.sums["yardstick_unit"] = dense.time*dense.time, dense.unit*dense.unit
		if r.chain.Name == "uoro" && one.covariates == 0 {
			one.dense(&dense, r.kappa())
		}
		one.columns(r.out.Steps[m])
		pooled.include(one)
	}
	pooled.columns(r.out.Pooled)
	r.addExactTotal(form)
	for m := range r.out.Lambdas {
		best := pooled.lambdas(1 / float64(len(r.measured)))
		if m > 0 {
			best = r.bestLambdas(m - 1).mean()
		}
		for i, v := range best {
			r.out.Lambdas[m][i]["lambda_exact"] = v
		}
	}
}

// form describes the chain to the closed form; ok is false where it has none.
func (r *row) form() (f oracle.Form, ok bool) {
	guard := estimators.Guard(r.experiment.Guard)
	f = oracle.Form{Convention: r.chain.Convention, Covariates: r.chain.Covariates}
	if guard == estimators.GuardFixed {
		f.Schedule = r.schedule
	}
	for _, name := range f.Covariates {
		ok := sharesBasis(name)
		if !ok {
			return f, false
		}
	}
	f.Residual = r.chain.Name == "residual"
	return f, (guard == estimators.GuardNone || guard == estimators.GuardFixed) && (f.Residual || r.chain.Name == "uoro")
}

func (r *row) kappa() float64 {
	if r.experiment.Noise == bench.NoiseGaussian {
		return 3
	}
	return 1
}

// byBin are coefficients by coordinate: [coordinate][covariate].
type byBin [][]float64

// mean is over the coordinates where the covariate varies.
func (b byBin) mean() []float64 {
	out := make([]float64, len(b[0]))
	for i := range out {
		sum, varying := 0.0, 0.0
		for _, l := range b {
			if l[i] != 0 { // it varies there
				sum, varying = sum+l[i], varying+1
			}
		}
		if varying > 0 {
			out[i] = sum / varying
		}
	}
	return out
}

// bestLambdas are those of least variance at measured step m, by coordinate, within
// the row's scope; of scope one those of a step.
func (r *row) bestLambdas(m int) byBin {
	covariates := len(r.chain.Covariates)
	if covariates == 0 {
		return nil
	}
	units := r.tr.Layout.UnitOf()
	bin := func(j int) int {
		switch r.scope {
		case "unit":
			return int(units[j])
		case "coordinate":
			return j
		}
		return 0
	}
	steps := r.measured[m : m+1]
	if r.scope == "pooled" {
		steps = r.measured
	}
	sums := map[int][][]float64{}
	form, _ := r.form()
	for _, t := range steps {
		closed, err := oracle.ClosedForm(r.tr, form, t)
		if err != nil {
			return nil
		}
		moments := closed.Moments(r.kappa())
		for j := range r.tr.Layout.P() {
			c := atCoordinate(moments, j)
			if sums[bin(j)] == nil {
				sums[bin(j)] = c
				continue
			}
			for k := range c {
				for l := range c {
					sums[bin(j)][k][l] += c[k][l]
				}
			}
		}
	}
	out := make(byBin, r.tr.Layout.P())
	for j := range out {
		out[j] = optimal(sums[bin(j)])
	}
	return out
}

// exactSums are the figures of the closed form over some steps.
type exactSums struct {
	scope            string
	covariates       int
	best             byBin
	sums             Columns
	plain, leastBest float64
	lambda           []float64
}

// add takes in a step: the moments of its signals combined with the λ used, the mean
// over the folds, and with the best one.
func (s *exactSums) add(r *row, closed *oracle.Closed, m int) {
	s.sums = Columns{}
	for name, moments := range map[string]*oracle.Moments{
		"var_trace_exact": closed.Moments(r.kappa()), "var_exact_spatial": closed.Spatial(r.kappa()), "var_exact_temporal": closed.Temporal(),
		"var_exact_k1": closed.Moments(1), "var_exact_k3": closed.Moments(3),
	} {
		for _, fold := range r.lambda {
			for j := range r.tr.Layout.P() {
				var l []float64
				for i := range s.covariates {
					l = append(l, fold[m][i][j])
				}
				s.sums[name] += oracle.Combine(atCoordinate(moments, j), l) / float64(len(r.lambda))
			}
		}
	}
	if s.covariates == 0 {
		return
	}
	moments := closed.Moments(r.kappa())
	for j := range r.tr.Layout.P() {
		c := atCoordinate(moments, j)
		s.plain += c[0][0]
		s.leastBest += oracle.Combine(c, s.best[j])
	}
	s.lambda = s.best.mean()
}

// dense puts the terms that were written out in the place of the closed form's.
func (s *exactSums) dense(d *exactTerms, kappa float64) {
	s.sums["var_trace_exact"] = d.gauss + (kappa-3)*d.quartic
	s.sums["var_exact_spatial"] = d.equal + (kappa-3)*d.quartic
	s.sums["var_exact_temporal"] = d.gauss - d.equal
	s.sums["var_exact_k1"], s.sums["var_exact_k3"] = d.gauss-2*d.quartic, d.gauss
}

// include adds another step.
func (s *exactSums) include(o *exactSums) {
	if s.sums == nil {
		s.sums, s.lambda = Columns{}, make([]float64, o.covariates)
	}
	for name, v := range o.sums {
		s.sums[name] += v
	}
	for i, v := range o.lambda {
		s.lambda[i] += v
	}
	s.plain, s.leastBest = s.plain+o.plain, s.leastBest+o.leastBest
}

func (s *exactSums) lambdas(by float64) []float64 {
	var out []float64
	for _, v := range s.lambda {
		out = append(out, by*v)
	}
	return out
}

func (s *exactSums) columns(to Columns) {
	for name, v := range s.sums {
		to[name] = v
	}
	addExactZ(to)
	if s.plain > 0 {
		to["var_ratio_exact"], to["var_ratio_best"] = s.sums["var_trace_exact"]/s.plain, s.leastBest/s.plain
	}
}

// addExactZ is the distance of the logarithms in standard errors.
func addExactZ(c Columns) {
	if se := c["var_trace_mcse"]; se > 0 && c["var_trace_exact"] > 0 && c["var_trace"] > 0 {
		c["var_trace_z"] = math.Log(c["var_trace"]/c["var_trace_exact"]) / (se / c["var_trace"])
	}
}

// addExactTotal is the variance of the sum over the steps, of UORO and of a λ that is
// one for all steps.
func (r *row) addExactTotal(form oracle.Form) {
	if r.chain.Name != "uoro" || len(r.lambda) > 1 || (r.scope != "" && r.scope != "one" && r.scope != "pooled") {
		return
	}
	moments, err := oracle.Total(r.tr, form, r.kappa(), r.measured...)
	if err != nil {
		return
	}
	var l []float64
	for i := range r.chain.Covariates {
		l = append(l, r.lambda[0][0][i][0])
	}
	trace := moments.Trace()
	r.out.Total["var_trace_exact"] = oracle.Combine(trace, l)
	if len(l) > 0 && trace[0][0] > 0 {
		r.out.Total["var_ratio_exact"] = r.out.Total["var_trace_exact"] / trace[0][0]
	}
	addExactZ(r.out.Total)
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
