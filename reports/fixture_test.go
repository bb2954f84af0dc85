package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/schema.md")

// golden compares with testdata/name, or rewrites it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with: go test ./reports -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; look at the difference and run go test ./reports -update\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func some[V int32 | int64 | float64](v V) *V { return &v }

// key of a network of 32 units.
func key(cell, estimator, covariate, scope, convention string) Key {
	return Key{Task: "anbn", Cell: cell, Hidden: 32, Seed: 1,
		Estimator: estimator, Covariate: covariate, LambdaScope: scope, Convention: convention}
}

// figures of 4,096 draws with ‖g‖² = norm. The numbers are invented, of the
// size that trained networks give.
func figures(norm, relVar, bias float64) Figures {
	trace := relVar * norm
	return Figures{
		NDraws: 4096, NGroups: 32, Sampling: "random", ExactNormSq: norm,
		BiasSq: some(bias * norm), BiasSqMCSE: some(relVar * norm / 4096), BiasP: some(0.31),
		VarTrace: some(trace), VarTraceMCSE: some(trace / 40),
		VarTraceLo: some(trace * 0.95), VarTraceHi: some(trace * 1.053),
		RelVar: some(relVar), MSE: some(bias*norm + trace),
		Cosine: some(0.02134), CosineMCSE: some(0.00041),
		MaxZ: some(2.314), MaxZP: some(0.4521),
		BiasBound: some(0.61), BiasDetectable: some(0.5), Kurtosis: some(41.0), TopShare: some(0.21),
		MaxNormSq: some(trace * 200), DrawCost: some(int64(12345)), KnownCost: some(int64(3552)),
	}
}

// withCovariate adds what only a control variate has.
func withCovariate(f Figures, lambda, lambdaMCSE, correlation, ratio float64, fit string) Figures {
	f.LambdaUsed, f.LambdaMCSE, f.LambdaFit = some(lambda), some(lambdaMCSE), fit
	f.Correlation = some(correlation)
	if fit == "pilot" {
		f.PilotDraws = some(int64(1024))
	}
	f.VarRatio, f.VarRatioLo, f.VarRatioHi = some(ratio), some(ratio*0.93), some(ratio*1.08)
	return f
}

// exactFigures are those of RTRL: all that a deterministic estimator has.
func exactFigures(norm float64) Figures {
	return Figures{NDraws: 4096, NGroups: 32, Sampling: "none", ExactNormSq: norm,
		BiasSq: some(0.0), BiasSqMCSE: some(0.0), VarTrace: some(0.0), VarTraceMCSE: some(0.0),
		RelVar: some(0.0), MSE: some(0.0), Cosine: some(1.0), CosineMCSE: some(0.0)}
}

// withExact adds what the closed form tells.
func withExact(f Figures, relVar float64, ratio *float64) Figures {
	v := relVar * f.ExactNormSq
	f.VarTraceExact, f.VarExactSpatial, f.VarExactTemporal = some(v), some(0.4*v), some(0.6*v)
	f.VarTraceZ, f.VarExactK1, f.VarExactK3 = some(0.41), some(v), some(1.1*v)
	f.YardstickTime, f.YardstickUnit = some(0.8*v), some(0.5*v)
	if f.VarRatioExact = ratio; ratio != nil {
		f.LambdaExact, f.VarRatioBest = some(0.98), some(*ratio*0.97)
	}
	return f
}

// biasedFigures are those of a deterministic estimator that truncates.
func biasedFigures(norm, bias float64, cost int64) Figures {
	f := exactFigures(norm)
	f.NDraws, f.NGroups = 0, 0
	f.BiasSq, f.MSE, f.Cosine = some(bias*norm), some(bias*norm), some(0.87)
	f.DrawCost, f.KnownCost = some(int64(0)), some(cost)
	return f
}

func sampleSummary() []SummaryRow {
	row := func(k Key, f Figures) SummaryRow { return SummaryRow{Key: k, NSteps: 3, Figures: f} }
	noisy := figures(0.0123, 8450, -0.31)
	noisy.Warning = "the largest 1 % of the draws carry 62 % of Σ‖ĝ‖²: do not trust the variance, take more draws"
	empty := figures(0, 1, 0)
	empty.RelVar, empty.Cosine, empty.MaxZ, empty.NNonfinite, empty.NDraws = nil, nil, nil, 3, 4093
	return []SummaryRow{
		row(key("gru", "rtrl", "", "", "pre"), exactFigures(0.0123)),
		row(key("gru", "uoro", "", "", "pre"), noisy),
		row(key("gru", "uoro-post", "", "", "post"), figures(0.0123, 12630.4, 1.24)),
		row(key("gru", "cv-uoro", "snap1", "trace", "pre"), withCovariate(figures(0.0123, 1551.2, 0.06), 0.9134, 0.0021, 0.904, 0.1835, "pilot")),
		row(key("gru", "cv-uoro", "linear-rowwise", "trace", "pre"), withCovariate(figures(0.0123, 8451, -0.3), 2.01e-4, 0.88e-4, 0.0007, 1, "in-sample")),
		row(key("rnn", "uoro", "", "", "pre"), withExact(figures(2.5, 31.2, 0.0004), 30.9, nil)),
		row(key("rnn", "cv-uoro", "snap1", "one", "pre"), withExact(withCovariate(figures(2.5, 13.7, 1e-5), 1, 0, 0.7512, 0.439, ""), 13.8, some(0.4466))),
		row(key("rnn", "cv-uoro", "instant", "unit", "pre"), empty),
		row(key("gru", "rflo", "", "", "pre"), biasedFigures(0.0123, 0.32, 10656)),
		row(key("gru", "snap1", "", "", "pre"), biasedFigures(0.0123, 0.021, 14208)),
	}
}

func sampleSteps() []StepRow {
	var steps []StepRow
	for i, s := range sampleSummary()[:7] {
		for step := int32(1); step <= 3; step++ {
			f := s.Figures
			f.Warning = ""
			if f.MaxZ != nil {
				f.MaxZ = some(1 + float64(step)/2)
				f.RelVar = some(*s.RelVar * float64(step))
			}
			if i == 3 {
				f.VarRatio = some(0.1 * float64(step))
			}
			steps = append(steps, StepRow{Key: s.Key, Step: step * 8, Figures: f})
		}
	}
	return steps
}
