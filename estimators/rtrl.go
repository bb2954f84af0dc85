package estimators

import "uorobench/estimators/cell"

// newRTRLChain is the reference as an estimator: δ_t M_t with the exact
// influence.
func newRTRLChain(l *cell.Layout, _ Options) (*Chain, error) {
	s, p := int64(l.S()), int64(l.P())
	return deterministic("rtrl", func() Mean { return NewInfluence(l) }, s*(s+2)*p), nil
}
