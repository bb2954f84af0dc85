package stats_test

import (
	"fmt"
	"math"

	"uorobench/stats"
)

// A control variate from draws to its row: pilot draws fit λ, other draws are
// corrected. Here y_0 = 2 + c/2 + rest with exact gradient 2, c with mean 0.
func Example() {
	shape := stats.Shape{Signals: 2, Params: 1}
	pilot, measured := groups(shape, 0), groups(shape, 1<<20)

	steps := make([][]*stats.Moments, len(pilot)) // groups × steps: one step
	for g := range pilot {
		steps[g] = []*stats.Moments{pilot[g]}
	}
	covariates := []int{1}
	lambda := stats.Fit(steps, covariates, stats.ScopeTrace, nil)

	known := stats.Combination{
		Lambda: []*stats.Lambda{stats.One(nil, 1)},
		Offset: []float64{2}, Means: [][]float64{{0}}, Exact: []float64{2},
	}
	plain := stats.NewErrors(measured, &known, nil)
	known.Lambda = []*stats.Lambda{lambda}
	row := stats.NewRow(stats.NewErrors(measured, &known, nil), plain)

	fmt.Printf("λ = %.2f, true 0.50\n", lambda.Mean[0][0].Value)
	fmt.Printf("var_ratio = %.2f [%.2f, %.2f], true 0.20\n", row.Ratio.Value, row.Ratio.Lo, row.Ratio.Hi)
	fmt.Printf("bias seen: %t; detectable from %.1f %% of ‖g‖\n", row.BiasP.Value < 0.05, 100*row.BiasDetectable.Value)
	// 2.63 standard errors of the mean, 0.144/√4096, over 2: 0.3 %.
	//
	// Output:
	// λ = 0.50, true 0.50
	// var_ratio = 0.20 [0.19, 0.21], true 0.20
	// bias seen: false; detectable from 0.3 % of ‖g‖
}

// groups makes 16 groups of 256 draws: c has variance 4·rest's, so the ratio of
// variances is 1/(1 + 4).
func groups(shape stats.Shape, first int) []*stats.Moments {
	out := make([]*stats.Moments, 16)
	b := stats.Batch{Of: []int{0, 1}, Scale: ones(2, stats.Lanes), Basis: ones(2, stats.Lanes)}
	for g := range out {
		out[g] = stats.NewMoments(shape)
		for chunk := range 16 {
			for w := range stats.Lanes {
				n := first + (g*16+chunk)*stats.Lanes + w
				c, rest := uniform(2*n), uniform(2*n+1)
				b.Basis[0][w], b.Basis[1][w], b.Valid[w] = c/2+rest/4, c, true
			}
			out[g].Add(&b)
		}
	}
	return out
}

func ones(rows, cols int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, cols)
		for j := range out[i] {
			out[i][j] = 1
		}
	}
	return out
}

// uniform is number n of a fixed sequence on (−1, 1).
func uniform(n int) float64 {
	x := uint64(n+1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64(int64(x^x>>31)) / math.MaxInt64
}

func ExampleHolm() {
	fmt.Println(stats.Holm([]float64{0.01, 0.5, 0.02}))
	// Output:
	// [0.03 0.5 0.04]
}
