package estimators_test

import (
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// BenchmarkBatch steps a batch of draws of every estimator outside of the engine,
// some with a covariate, at the size of the default experiment; signals are taken
// every fourth step. Its time against another version's tells what a change did.
func BenchmarkBatch(b *testing.B) {
	for _, name := range []string{
		"gru uoro", "gru scaled-uoro", "gru nobacktrack", "gru multi-uoro-4", "gru memory-uoro-8", "gru preuoro",
		"gru residual", "gru scaled-residual", "gru split-uoro-4", "gru split-uoro-32", "gru split-residual-4", "gru split-residual-32",
		"gru scaled-split-residual-32", "lstm split-residual-32", "rnn kf-rtrl", "rnn ok-4",
		"gru scaled-uoro snap1", "gru scaled-uoro block-8", "gru scaled-uoro learned-diagonal", "gru scaled-uoro lowrank-4",
		"gru scaled-uoro truncated-8", "gru scaled-uoro linear-dense", "gru scaled-uoro linear-rowwise",
		"gru split-uoro-32 snap1",
	} {
		b.Run(strings.ReplaceAll(name, " ", "/"), func(b *testing.B) { benchmarkBatch(b, strings.Fields(name)) })
	}
}

const batchSteps = 32

func benchmarkBatch(b *testing.B, name []string) {
	tr := engineNetwork(b, name[0], 2, 32, batchSteps, 0.3)
	c := chain(b, name[1], tr.Layout, options(estimators.Pre, estimators.GuardCode, name[2:]...))
	batch, noise := c.NewBatch(), &wordNoise{dim: c.NoiseDim}
	eps := make([]float64, c.NoiseDim*estimators.Lanes)
	b.ReportAllocs()
	for b.Loop() {
		stepBatch(c, batch, tr, func(t int) []float64 {
			noise.Fill(eps, t)
			return eps
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchSteps*estimators.Lanes), "ns/draw-step")
}

func stepBatch(c *estimators.Chain, batch estimators.Batch, tr *cell.Trajectory, eps func(t int) []float64) {
	batch.Reset()
	for t, j := range tr.Steps {
		visit := func(*estimators.Signals) {}
		if t%4 != 3 {
			visit = nil
		}
		c.Advance(batch, j, eps(t), visit)
	}
}

// BenchmarkEngineCovariate is a chunk of the engine with each covariate that shares
// θ̃, most of which run in their plain form, beside none.
func BenchmarkEngineCovariate(b *testing.B) {
	for _, covariate := range []string{"", "snap1", "instant", "block-8", "learned-diagonal", "lowrank-4", "truncated-8"} {
		b.Run(label(strings.Fields(covariate)), func(b *testing.B) {
			tr := engineNetwork(b, "gru", 2, 32, batchSteps, 0.3)
			p, err := estimators.NewPlan(tr, estimators.PlanOptions{
				Options: options(estimators.Pre, estimators.GuardCode, strings.Fields(covariate)...), Measured: everyFourth(),
			})
			if err != nil {
				b.Fatal(err)
			}
			e, sums, noise := p.NewEngine(), p.NewSums(), &wordNoise{dim: tr.Layout.S()}
			for b.Loop() {
				e.Chunk(noise, 0xFFFF, sums, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchSteps*estimators.Lanes), "ns/draw-step")
		})
	}
}

func everyFourth() (needs []estimators.Needs) {
	for t := 3; t < batchSteps; t += 4 {
		needs = append(needs, estimators.Needs{Step: t})
	}
	return needs
}
