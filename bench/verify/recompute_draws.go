package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/bench/noise"
	"uorobench/estimators"
)

// drawn forms the figures of an estimator from its draws.
func (r *row) drawn() {
	r.own = r.draw(r.chain, noise.Measurement, r.draws)
	r.lambda = r.lambdas(r.chain, r.own, r.scope)
	offsets, means := known(r.chain, r.tr)
	for _, t := range r.measured {
		r.offsets, r.means = append(r.offsets, offsets[t-1]), append(r.means, means[t-1])
	}
	r.e = r.errors(r.chain, r.own, r.lambda)
	directions, shared := r.directions(), r.sharedDirection()
	whole, sum := r.sample(0, directions, shared), r.sample(0, directions, nil)
	for m := range r.measured {
		one := r.sample(m, directions, shared)
		r.out.Steps = append(r.out.Steps, one.columns())
		if m > 0 {
			whole, sum = whole.behind(one), sum.plus(one)
		}
	}
	r.out.Pooled, r.out.Total = whole.columns(), sum.columns()
	delete(r.out.Total, "along_exact")
	delete(r.out.Total, "along_exact_mcse")
	r.addLambdas()
	r.addCorrelations()
	r.addCosines()
	r.addTails()
	r.addCoordinates()
	r.addDeviations()
	r.addExact()
}

// sample are the draws at a measured step.
func (r *row) sample(m int, directions [][]float64, shared []float64) *sample {
	s := &sample{e: r.e[m], exact: r.exact[m], all: r.experiment.Noise == bench.NoiseExhaustive, shared: shared}
	s.axes = append(append(s.axes, directions...), r.exact[m])
	known := dot(r.exact[m], r.exact[m]) + dot(r.offsets[m], r.offsets[m])
	for n := range r.draws {
		s.group = append(s.group, r.groupOf(n))
		s.plainParts += known + dot(r.own[m][0][n], r.own[m][0][n])
		s.parts += known + dot(r.own[m][0][n], r.own[m][0][n])
		for k, l := range r.lambda[r.foldOf(n, len(r.lambda))][m] {
			c, mean := product(l, r.own[m][k+1][n]), product(l, r.means[m][k])
			s.parts += dot(c, c) + dot(mean, mean)
		}
	}
	if len(r.chain.Covariates) > 0 {
		for n := range r.draws {
			plain := vector(r.tr)
			for j := range plain {
				plain[j] = r.own[m][0][n][j] + r.offsets[m][j] - r.exact[m][j]
			}
			s.plain = append(s.plain, plain)
		}
	}
	return s
}

// behind is s with another step's numbers behind its own: one long vector.
func (s *sample) behind(o *sample) *sample {
	out := *s
	out.e, out.plain, out.axes = joinAll(s.e, o.e), joinAll(s.plain, o.plain), joinAll(s.axes, o.axes)
	out.exact = join(s.exact, o.exact)
	out.parts, out.plainParts = s.parts+o.parts, s.plainParts+o.plainParts
	if s.shared != nil {
		out.shared = join(s.shared, o.shared)
	}
	return &out
}

// plus is s with another step's draws added to its own: they share their noise.
func (s *sample) plus(o *sample) *sample {
	out := *s
	out.e, out.exact = addAll(s.e, o.e), add(s.exact, o.exact)
	if s.plain != nil {
		out.plain = addAll(s.plain, o.plain)
	}
	out.axes = append(append([][]float64(nil), s.axes[:len(s.axes)-1]...), out.exact)
	out.parts, out.plainParts = partsOfSum(out.e, out.exact), partsOfSum(out.plain, out.exact)
	return &out
}

// partsOfSum are those of sums over the steps, which are kept whole: ĝ and g.
func partsOfSum(e [][]float64, exact []float64) (parts float64) {
	for _, x := range e {
		estimate := add(x, exact)
		parts += dot(estimate, estimate) + dot(exact, exact)
	}
	return parts
}

// product is x∘y.
func product(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * y[i]
	}
	return out
}

func join(x, y []float64) []float64 { return append(append([]float64(nil), x...), y...) }

func joinAll(x, y [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = join(x[i], y[i])
	}
	return out
}

// addLambdas fits λ again without each group in turn.
func (r *row) addLambdas() {
	covariates := len(r.chain.Covariates)
	if covariates == 0 {
		return
	}
	from, n := r.fitDraws(r.chain, r.own, r.scope)
	size := make([]float64, r.groups)
	for i := range n {
		size[r.groupOf(i)]++
	}
	at := make([][]leaveOut, len(r.measured)+1) // the mean over the steps first
	for m := range at {
		at[m] = make([]leaveOut, covariates)
	}
	each := func(lambda [][][][]float64, take func(l *leaveOut, value float64)) {
		for i := range covariates {
			mean := 0.0
			for m := range r.measured {
				v := meanLambda(lambda, m, i)
				mean += v / float64(len(r.measured))
				take(&at[m+1][i], v)
			}
			take(&at[0][i], mean)
		}
	}
	each(r.lambda, func(l *leaveOut, v float64) { l.value = v })
	fitted := r.scope != "one" && r.experiment.Noise != bench.NoiseExhaustive
	for g, s := range size {
		if fitted && s > 0 {
			each(r.lambdasWithout(from, r.scope, g), func(l *leaveOut, v float64) { l.left, l.sizes = append(l.left, v), append(l.sizes, s) })
		}
	}
	for m := range at {
		var rows []Columns
		for i := range at[m] {
			rows = append(rows, r.lambdaColumns(&at[m][i]))
		}
		r.out.Lambdas = append(r.out.Lambdas, rows)
		into := r.out.Pooled
		if m > 0 {
			into = r.out.Steps[m-1]
		} else {
			r.out.Total["lambda_used"] = rows[0]["lambda"]
			copyColumn(r.out.Total, "lambda_mcse", rows[0], "lambda_mcse")
		}
		into["lambda_used"] = rows[0]["lambda"]
		copyColumn(into, "lambda_mcse", rows[0], "lambda_mcse")
	}
}

func (r *row) lambdaColumns(l *leaveOut) Columns {
	c := Columns{"lambda": l.value}
	switch se, ok := l.mcse(); {
	case ok:
		c["lambda_mcse"] = se
		c["lambda_lo"], c["lambda_hi"] = l.interval()
	case r.experiment.Noise == bench.NoiseExhaustive && r.scope != "one":
		c["lambda_mcse"], c["lambda_lo"], c["lambda_hi"] = 0, l.value, l.value
	}
	return c
}

func copyColumn(to Columns, as string, from Columns, name string) {
	if v, ok := from[name]; ok {
		to[as] = v
	}
}

// addCorrelations are those of the estimate and the row's first covariate.
func (r *row) addCorrelations() {
	if len(r.chain.Covariates) == 0 {
		return
	}
	var cov, plain, covariate float64
	for m := range r.measured {
		c := covariances(r.own[m][:2], func(int) int { return 0 }, func(int) bool { return true })[0]
		cov, plain, covariate = cov+c[0][1], plain+c[0][0], covariate+c[1][1]
		if c[0][0] > 0 && c[1][1] > 0 {
			r.out.Steps[m]["correlation"] = c[0][1] / math.Sqrt(c[0][0]) / math.Sqrt(c[1][1])
		}
	}
	if plain > 0 && covariate > 0 {
		r.out.Pooled["correlation"] = cov / math.Sqrt(plain) / math.Sqrt(covariate)
	}
}

// addCoordinates are mean and variance of every coordinate.
func (r *row) addCoordinates() {
	n := float64(r.draws)
	less := 1.0
	if r.experiment.Noise == bench.NoiseExhaustive {
		less = 0
	}
	for m := range r.measured {
		mean, variance := vector(r.tr), vector(r.tr)
		for j := range mean {
			for _, e := range r.e[m] {
				mean[j] += e[j] / n
			}
			for _, e := range r.e[m] {
				variance[j] += math.Pow(e[j]-mean[j], 2) / (n - less)
			}
			mean[j] += r.exact[m][j]
		}
		r.out.Mean, r.out.Variance = append(r.out.Mean, mean), append(r.out.Variance, variance)
	}
	r.out.Exact = r.exact
}

// addDeviations are the distances of the means of N successive draws of a group.
func (r *row) addDeviations() {
	r.out.Deviations = map[MeanOf]Columns{}
	limit := min(int64(r.draws), r.experiment.PlainDraws)
	for m, t := range r.measured {
		for g := range r.groups {
			var own [][]float64
			for n, e := range r.e[m] {
				if int64(n) < limit && r.groupOf(n) == g {
					own = append(own, e)
				}
			}
			for size := 1; size <= len(own) && size <= 1<<20; size *= 2 {
				sum, runs := 0.0, 0.0
				for first := 0; first+size <= len(own); first += size {
					mean := vector(r.tr)
					for _, e := range own[first : first+size] {
						for j, v := range e {
							mean[j] += v / float64(size)
						}
					}
					sum, runs = sum+dot(mean, mean), runs+1
				}
				r.out.Deviations[MeanOf{g, t, size}] = Columns{"means": runs, "deviation_sq": sum / runs, "exact_norm_sq": dot(r.exact[m], r.exact[m])}
			}
		}
	}
}

// looked is how many of the draws have cosines, and whether they have tails too.
func (r *row) looked() (cosines, tails int) {
	first := min(r.draws, r.groups*estimators.Lanes)
	switch {
	case !r.engine:
		return r.draws, r.draws
	case r.experiment.HasDetail(bench.DetailTotal):
		first = min(r.draws, int(r.experiment.PlainDraws))
	}
	if r.scope == "coordinate" {
		return first, first
	}
	return first, r.draws
}
