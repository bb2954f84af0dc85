package estimators_test

import (
	"math/rand/v2"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// BenchmarkUORO steps a batch with the snap1 covariate and takes its signals at
// every step, at the size of the default experiment.
func BenchmarkUORO(b *testing.B) {
	for _, name := range []string{"rnn", "gru"} {
		for _, covariates := range [][]string{nil, {"snap1"}} {
			b.Run(name+"/"+label(covariates), func(b *testing.B) { benchmark(b, name, covariates) })
		}
	}
}

func benchmark(b *testing.B, name string, covariates []string) {
	rng := rand.New(rand.NewPCG(1, 1))
	f, err := oracle.NewFixture(name, 3, 32, 16, 0.3, rng.Float64)
	if err != nil {
		b.Fatal(err)
	}
	c := chain(b, "uoro", f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode, covariates...))
	eps := noise(1, c, f.Trajectory, 1)
	batch := c.NewBatch()
	visit := func(*estimators.Signals) {}
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		for t, j := range f.Trajectory.Steps {
			c.Advance(batch, j, eps[t], visit)
		}
	}
	steps := float64(b.N) * float64(len(f.Trajectory.Steps)) * estimators.Lanes
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/steps, "ns/(draw·step)")
}

// BenchmarkExact is RTRL over the same trajectory.
func BenchmarkExact(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	f, err := oracle.NewFixture("gru", 3, 32, 16, 0.3, rng.Float64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		estimators.Exact(f.Trajectory)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16, "ns/step")
}
