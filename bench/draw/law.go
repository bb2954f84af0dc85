package draw

import (
	"uorobench/bench/noise"
	"uorobench/stats"
)

// Law is the law of the noise, and with it what the draws are: a sample of it or
// all of its patterns. Signs, Gaussian and Patterns are the values.
type Law struct {
	Kurtosis float64 // E ε⁴
	// Sampling is stats.Population where a pass takes every pattern once. The figures
	// are exact then. Plain batches carry such a pass, so that its cosines and tails
	// are of all patterns too.
	Sampling stats.Sampling
	filler   func(s noise.Stream, dim int) noise.Filler
}

// Values of Law.
var (
	Signs    = Law{Kurtosis: 1, filler: signs}
	Gaussian = Law{Kurtosis: 3, filler: func(s noise.Stream, dim int) noise.Filler { return s.Gaussian(dim) }}
	// Patterns are all patterns of signs, each once.
	Patterns = Law{Kurtosis: 1, Sampling: stats.Population, filler: signs}
)

func signs(s noise.Stream, dim int) noise.Filler { return s.Rademacher(dim) }

// Filler is a source of random draws, dim numbers a step: also for Patterns, where
// something other than a pass needs draws.
func (l Law) Filler(s noise.Stream, dim int) noise.Filler { return l.filler(s, dim) }

// Count is the number of patterns over so many steps, 0 for a law of random draws.
// The error says that they are too many.
func (l Law) Count(dim, steps int) (int64, error) {
	if l.Sampling != stats.Population {
		return 0, nil
	}
	all, err := noise.NewExhaustive(dim, steps)
	if err != nil {
		return 0, err
	}
	return int64(all.Draws()), nil
}

// source is where a pass takes its noise. That the patterns are not too many was
// checked by Count.
func (l Law) source(s noise.Stream, dim, steps int) noise.Filler {
	if l.Sampling != stats.Population {
		return l.filler(s, dim)
	}
	all, err := noise.NewExhaustive(dim, steps)
	if err != nil {
		panic("draw: " + err.Error())
	}
	return all
}
