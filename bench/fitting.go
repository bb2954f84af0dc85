package bench

import (
	"uorobench/bench/chain"
	"uorobench/bench/draw"
	"uorobench/bench/noise"
	"uorobench/stats"
)

// lawOf is the experiment's law of the noise. What a run over all patterns does
// otherwise follows from its Sampling.
func lawOf(e *Experiment) draw.Law {
	switch e.Noise {
	case NoiseGaussian:
		return draw.Gaussian
	case NoiseExhaustive:
		return draw.Patterns
	}
	return draw.Signs
}

// fitting says what λ is fitted on: a stream of its own, or the measured draws, and
// then in folds or in-sample. The population has nothing to be overfitted to: its λ
// is the best there is.
type fitting struct {
	pilot    bool
	stream   noise.ID
	phase    string
	folds    int // 1: λ is fitted on all draws
	sampling stats.Sampling
}

func fittingOf(e *Experiment, s stats.Sampling) fitting {
	f := fitting{stream: noise.Measurement, phase: "fit", folds: 1, sampling: s}
	switch {
	case s == stats.Population:
	case e.LambdaFit == FitPilot:
		f.pilot, f.stream, f.phase = true, noise.Pilot, "pilot"
	case e.LambdaFit == FitCross:
		f.folds = e.Folds
	}
	return f
}

// lambdas are the variant's, one per fold.
func (f *fitting) lambdas(v *chain.Variant, groups [][]*stats.Moments, steps int) []*stats.Lambda {
	if !v.Fitted() {
		return []*stats.Lambda{stats.One(v.Signals, steps)}
	}
	if f.folds == 1 {
		return []*stats.Lambda{f.sampling.Fit(groups, v.Signals, stats.Scope(v.Scope), nil)}
	}
	folds := make([]*stats.Lambda, f.folds)
	for i := range folds {
		folds[i] = f.sampling.Fit(groups, v.Signals, stats.Scope(v.Scope), func(g int) bool { return g%len(folds) != i })
	}
	return stats.Combine(folds)
}
