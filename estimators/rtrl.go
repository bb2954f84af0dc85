package estimators

import "uorobench/estimators/cell"

// newRTRLChain is the reference as an estimator: δ_t M_t with the exact
// influence.
func newRTRLChain(l *cell.Layout, _ Options) (*Chain, error) {
	return deterministic("rtrl", func() Mean { return NewInfluence(l) }, influenceCost(l, l.S())), nil
}
