package oracle_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// TestOptimalByHand: y with covariates of variances 2 and 3, covariance 1
// between them, 4 and 1 with y. Var(c)⁻¹ = [3 −1; −1 2]/5, so λ = (11, −2)/5
// and the variance is 10 − (4·11 − 1·2)/5 = 1.6.
func TestOptimalByHand(t *testing.T) {
	c := [][]float64{{10, 4, 1}, {4, 2, 1}, {1, 1, 3}}
	lambda := oracle.Optimal(c)
	if math.Abs(lambda[0]-2.2) > 1e-14 || math.Abs(lambda[1]+0.4) > 1e-14 {
		t.Errorf("λ = %v, by hand 2.2 and −0.4", lambda)
	}
	if v := oracle.Combine(c, lambda); math.Abs(v-1.6) > 1e-14 {
		t.Errorf("variance %v, by hand 1.6", v)
	}
}

// TestOptimalDegenerate: a covariate that is zero, and one that repeats another,
// get no coefficient, and the rest is as without them.
func TestOptimalDegenerate(t *testing.T) {
	for _, c := range []struct{ cov, want [][]float64 }{
		{[][]float64{{10, 0, 4}, {0, 0, 0}, {4, 0, 2}}, [][]float64{{0, 2}}},
		{[][]float64{{10, 4, 4}, {4, 2, 2}, {4, 2, 2}}, [][]float64{{2, 0}}},
		{[][]float64{{10}}, [][]float64{{}}},
	} {
		if got := oracle.Optimal(c.cov); !slices.Equal(got, c.want[0]) {
			t.Errorf("λ = %v, want %v for %v", got, c.want[0], c.cov)
		}
	}
}

// TestOptimalIsLeast: no other λ does better, for random positive semidefinite
// covariances.
func TestOptimalIsLeast(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(rt, "signals")
		// Eighths: singular matrices come up often, and no product underflows.
		factor := rapid.SliceOfN(rapid.IntRange(-8, 8), n*n, n*n).Draw(rt, "factor")
		cov := make([][]float64, n)
		for i := range cov {
			cov[i] = make([]float64, n)
			for j := range cov {
				for k := range n {
					cov[i][j] += float64(factor[i*n+k]*factor[j*n+k]) / 64
				}
			}
		}
		best := oracle.Combine(cov, oracle.Optimal(cov))
		other := rapid.SliceOfN(rapid.Float64Range(-3, 3), n-1, n-1).Draw(rt, "other")
		if v := oracle.Combine(cov, other); v < best-1e-9 {
			rt.Fatalf("λ = %v gives %v, the optimum %v gives %v", other, v, oracle.Optimal(cov), best)
		}
	})
}

// TestScopesNest: a coefficient per coordinate does no worse than one for all,
// which does no worse than λ = 1 and than none; on the network it helps.
func TestScopesNest(t *testing.T) {
	f := fixture(t, "rnn", 3, 4)
	form := oracle.Form{Convention: estimators.Pre, Covariates: []string{"snap1"}}
	c, err := oracle.ClosedForm(f.Trajectory, form, 4)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Moments(1)
	coordinate := 0.0
	for j, lambda := range m.CoordinateLambda()[0] {
		coordinate += m.Cov[0][0][j] - 2*lambda*m.Cov[0][1][j] + lambda*lambda*m.Cov[1][1][j]
	}
	none, one, trace := m.VarTrace([]float64{0}), m.VarTrace([]float64{1}), m.VarTrace(m.Lambda())
	if !(coordinate <= trace && trace <= one && trace < none) {
		t.Errorf("coordinate %v, trace %v, one %v, none %v", coordinate, trace, one, none)
	}
}
