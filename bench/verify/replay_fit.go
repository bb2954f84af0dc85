package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// lambdas are the coefficients per fold: [fold][measured][covariate][coordinate].
func (p *replay) lambdas(c *estimators.Chain, own draws, scope string) [][][][]float64 {
	from, _ := p.fitDraws(c, own, scope)
	return p.lambdasWithout(from, scope, -1)
}

// fitDraws are the draws that λ is fitted on, and how many.
func (p *replay) fitDraws(c *estimators.Chain, own draws, scope string) (from draws, n int) {
	if p.experiment.LambdaFit == bench.FitPilot && p.experiment.Noise != bench.NoiseExhaustive && scope != "one" && scope != "" {
		return p.draw(c, noise.Pilot, p.pilot), p.pilot
	}
	return own, p.draws
}

// lambdasWithout are lambdas from the draws of all groups but one (−1: none).
func (p *replay) lambdasWithout(from draws, scope string, without int) [][][][]float64 {
	folds := 1
	if p.experiment.LambdaFit == bench.FitCross && p.experiment.Noise != bench.NoiseExhaustive && scope != "one" && scope != "" {
		folds = p.experiment.Folds
	}
	out := make([][][][]float64, folds)
	for f := range out {
		out[f] = p.fit(from, scope, func(n int) bool {
			return p.groupOf(n) != without && (folds == 1 || p.foldOf(n, folds) != f)
		})
	}
	return out
}

// fit solves for the coefficients of every bin that shares one.
func (p *replay) fit(y draws, scope string, use func(n int) bool) [][][]float64 {
	units := p.tr.Layout.UnitOf()
	bin := func(j int) int {
		switch scope {
		case "unit":
			return int(units[j])
		case "coordinate":
			return j
		}
		return 0
	}
	cov := make([]map[int][][]float64, len(y))
	for m := range y {
		cov[m] = covariances(y[m], bin, use)
	}
	out := make([][][]float64, len(y))
	for m := range y {
		at := cov[m]
		if scope == "pooled" {
			at = sumOf(cov)
		}
		out[m] = p.spread(len(y[m])-1, func(j int) []float64 {
			if scope == "one" {
				return ones(len(y[m]) - 1)
			}
			return optimal(at[bin(j)])
		})
	}
	return out
}

// optimal is oracle.Optimal, and 0 for a covariate that does not vary but for the
// rounding of its mean.
func optimal(cov [][]float64) []float64 {
	out := oracle.Optimal(cov)
	for k := range out {
		if !(cov[k+1][k+1] > 0) || math.IsNaN(out[k]) {
			out[k] = 0
		}
	}
	return out
}

// spread lists the coefficients by covariate and coordinate.
func (p *replay) spread(covariates int, of func(j int) []float64) [][]float64 {
	out := make([][]float64, covariates)
	for j := range p.tr.Layout.P() {
		for k, l := range of(j) {
			out[k] = append(out[k], l)
		}
	}
	return out
}

// covariances are Σ_n Σ_j (y_k − ȳ_k)(y_l − ȳ_l) per bin. Their common factor
// 1/(n−1) does not change λ.
func covariances(y [][][]float64, bin func(j int) int, use func(n int) bool) map[int][][]float64 {
	out := map[int][][]float64{}
	for j := range y[0][0] {
		b := bin(j)
		if out[b] == nil {
			out[b] = make([][]float64, len(y))
			for k := range y {
				out[b][k] = make([]float64, len(y))
			}
		}
		addCovariances(out[b], y, j, use)
	}
	for b, raw := range rawSquares(y, bin, use) {
		for k := range raw {
			if out[b][k][k] <= 1e-12*raw[k] { // rounding: it does not vary
				for l := range raw {
					out[b][k][l], out[b][l][k] = 0, 0
				}
			}
		}
	}
	return out
}

// rawSquares are Σ_n Σ_j y_k² per bin.
func rawSquares(y [][][]float64, bin func(j int) int, use func(n int) bool) map[int][]float64 {
	out := map[int][]float64{}
	for k := range y {
		for n, x := range y[k] {
			for j, v := range x {
				if out[bin(j)] == nil {
					out[bin(j)] = make([]float64, len(y))
				}
				if use(n) {
					out[bin(j)][k] += v * v
				}
			}
		}
	}
	return out
}

func addCovariances(dst [][]float64, y [][][]float64, j int, use func(n int) bool) {
	mean, count := make([]float64, len(y)), 0.0
	for n := range y[0] {
		if use(n) {
			count++
			for k := range y {
				mean[k] += y[k][n][j]
			}
		}
	}
	for n := range y[0] {
		for k := range y {
			for l := range y {
				if use(n) {
					dst[k][l] += (y[k][n][j] - mean[k]/count) * (y[l][n][j] - mean[l]/count)
				}
			}
		}
	}
}

// sumOf adds the covariances of all steps; pooled has one bin.
func sumOf(cov []map[int][][]float64) map[int][][]float64 {
	sum := make([][]float64, len(cov[0][0]))
	for k := range sum {
		sum[k] = make([]float64, len(sum))
		for _, at := range cov {
			for l, v := range at[0][k] {
				sum[k][l] += v
			}
		}
	}
	return map[int][][]float64{0: sum}
}

// meanLambda is the λ of covariate i, its mean over the bins where the covariate
// varies, and over the folds. In the others λ is 0 to the bit. All units have the same
// number of coordinates.
func meanLambda(folds [][][][]float64, m, i int) float64 {
	sum := 0.0
	for _, f := range folds {
		varying := 0.0
		for _, l := range f[m][i] {
			if l != 0 {
				varying++
			}
		}
		if varying > 0 {
			sum += total(f[m][i]) / varying / float64(len(folds))
		}
	}
	return sum
}
