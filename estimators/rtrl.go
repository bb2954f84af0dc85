package estimators

import "uorobench/estimators/cell"

// newRTRLChain is the reference as an estimator: it draws nothing, and all of
// its estimate is the known offset.
func newRTRLChain(l *cell.Layout, _ Options) (*Chain, error) {
	return &Chain{
		Name: "rtrl", Convention: Post,
		NewKnown: func() Known { return &rtrlKnown{NewInfluence(l)} },
		Cost:     Cost{Shared: int64(l.S()) * int64(l.S()+2) * int64(l.P())},
	}, nil
}

type rtrlKnown struct{ *Influence }

func (k *rtrlKnown) At(j *cell.Jacobian, offset []float64, _ [][]float64) {
	k.PullTo(offset, j.Delta)
}
