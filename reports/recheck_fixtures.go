package reports

import (
	"uorobench/bench"
	"uorobench/bench/task"
	"uorobench/estimators"
)

// columnFixture is a run of milliseconds whose rows are all formed again from its
// draws.
type columnFixture struct {
	name       string
	experiment *bench.Experiment
}

// columnFixtures differ in what carries the draws (plain batches, the engine), in
// their noise, guard and convention, in how λ is fitted and in the details, so that
// every column is in one of them.
func columnFixtures() []columnFixture {
	fixture := func(name string, change func(e *bench.Experiment)) columnFixture {
		e := bench.Default()
		e.Cells, e.Hidden, e.Weights, e.Scale = []string{"gru"}, 3, bench.WeightsRandom, 2
		e.Task.Hi, e.Steps, e.Stride = 3, 10, 5
		e.Draws, e.PlainDraws, e.Pilot, e.Groups, e.Seed = 200, 200, 150, 9, 5
		e.Estimators = []string{"uoro", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/instant+snap1/trace", "cv-uoro/instant/pooled", "cv-uoro/snap1/unit", "residual", "snap1"}
		change(e)
		return columnFixture{name, e}
	}
	all := []string{bench.DetailSteps, bench.DetailCoordinates, bench.DetailDraws, bench.DetailTotal, bench.DetailConvergence}
	return []columnFixture{
		fixture("draw by draw", func(e *bench.Experiment) { e.Detail = all }),
		fixture("engine", func(e *bench.Experiment) {
			e.Cells, e.Convention = []string{"rnn"}, estimators.Post.String()
			e.Draws, e.PlainDraws = 400, 300
		}),
		fixture("closed form", func(e *bench.Experiment) {
			e.Cells, e.Guard, e.Noise, e.Groups, e.Draws, e.PlainDraws, e.Pilot = []string{"lstm"}, string(estimators.GuardFixed), bench.NoiseGaussian, 7, 160, 160, 120
			e.Detail = all[:1]
		}),
		fixture("cross-fitted", func(e *bench.Experiment) {
			e.LambdaFit, e.Pilot, e.Guard = bench.FitCross, 0, string(estimators.GuardNone)
			e.Detail = []string{bench.DetailSteps, bench.DetailTotal}
		}),
		fixture("one parameter", func(e *bench.Experiment) {
			e.Cells, e.Weights, e.Hidden, e.Task.Name, e.Scale = []string{"linear"}, bench.WeightsBalancing, task.BalancingUnits, task.InfluenceBalancing{}.Name(), bench.Default().Scale
			e.Task.Hi, e.Steps, e.Stride, e.Draws, e.PlainDraws = bench.Default().Task.Hi, 6, 3, 150, 150
			e.Estimators = []string{"uoro", "snap1"}
		}),
		fixture("vectors", func(e *bench.Experiment) {
			e.Task.Name, e.Task.Hi, e.Task.Episode, e.WarmUp = "adding", bench.Default().Task.Hi, 4, 3
			e.Estimators = []string{"uoro", "snap1"}
		}),
		fixture("trained", func(e *bench.Experiment) {
			e.Cells, e.Estimators = []string{"rnn"}, []string{"uoro", "cv-uoro/linear-dense@bptt/trace"}
			e.CovariateTraining.Updates = 4
		}),
		fixture("exhaustive", func(e *bench.Experiment) {
			e.Noise, e.Guard, e.Pilot, e.Hidden, e.Steps, e.Stride = bench.NoiseExhaustive, string(estimators.GuardNone), 0, 2, 3, 1
			e.Cells = []string{"rnn"}
			e.Detail = []string{bench.DetailSteps, bench.DetailTotal}
		}),
	}
}
