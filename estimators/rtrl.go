package estimators

import "uorobench/estimators/cell"

// newRTRLChain is the reference as an estimator: it draws nothing, and all of
// its estimate is the known offset.
func newRTRLChain(l *cell.Layout, _ Options) (*Chain, error) {
	return &Chain{
		Name: "rtrl", Convention: Post,
		NewKnown: func() Known { return &rtrlKnown{NewInfluence(l)} },
	}, nil
}

type rtrlKnown struct{ *Influence }

func (k *rtrlKnown) At(j *cell.Jacobian, offset []float64, _ [][]float64) {
	k.PullTo(offset, j.Delta)
}
