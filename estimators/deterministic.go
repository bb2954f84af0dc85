package estimators

import "uorobench/estimators/cell"

// deterministic makes the chain of an estimator that draws nothing: all of its
// estimate is the known offset δ_t S_t, for an influence S_t that mean follows.
func deterministic(name string, mean func() Mean, shared int64) *Chain {
	return &Chain{
		Name: name, Convention: Post,
		NewKnown: func() Known { return deterministicKnown{mean()} },
		Cost:     Cost{Shared: shared},
	}
}

type deterministicKnown struct{ Mean }

func (k deterministicKnown) At(j *cell.Jacobian, offset []float64, _ [][]float64) {
	k.PullTo(offset, j.Delta)
}
