package estimators

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The spectral radius is that of LAPACK's eigenvalues.
func TestSpectralRadius(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 9; n++ {
		a := make([]float64, n*n)
		for i := range a {
			a[i] = rng.NormFloat64()
		}
		var e mat.Eigen
		if !e.Factorize(mat.NewDense(n, n, append([]float64(nil), a...)), mat.EigenNone) {
			t.Fatal("no eigenvalues")
		}
		want := 0.0
		for _, v := range e.Values(nil) {
			want = math.Max(want, math.Hypot(real(v), imag(v)))
		}
		if got := spectralRadius(a, n); math.Abs(got-want) > 1e-7*want {
			t.Errorf("n = %d: %v, by eigenvalues %v", n, got, want)
		}
	}
	if got := spectralRadius(make([]float64, 4), 2); got != 0 {
		t.Errorf("of zero: %v", got)
	}
}

// The untrained covariates forget, whatever the draw of their weights.
func TestUntrainedLinearCovariatesAreStable(t *testing.T) {
	l := learnTrajectory(t, "gru", 3, 2).Layout
	for seed := range uint64(20) {
		o := learnOptions(Pre)
		o.Normals = func(purpose string, dst []float64) {
			rng := rand.New(rand.NewPCG(uint64(len(purpose)), seed))
			for i := range dst {
				dst[i] = rng.NormFloat64()
			}
		}
		for _, w := range []*linearWeights{newDense(l, o), newRowwise(l, o)} {
			if r := spectralRadius(w.a, w.d); math.Abs(r-linearRadius) > 1e-6 {
				t.Errorf("seed %d: spectral radius %v", seed, r)
			}
		}
	}
}
