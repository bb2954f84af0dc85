package stats

import "testing"

// Coordinates in which the covariate does not vary have no say in the mean of λ: of
// four coordinates λ is 1 in one, 3 in another, and two are constant.
func TestMeanOfLambdaIsOfWhatVaries(t *testing.T) {
	r := newRand(440)
	shape := Shape{Signals: 2, Params: 4, PerUnit: true, PerCoordinate: true, Units: 4, UnitOf: []int32{0, 1, 2, 3}}
	s := &sample{shape: shape}
	for n := range 256 {
		y := grid(2, 4)
		c, d := r.NormFloat64(), r.NormFloat64()
		y[1] = []float64{c, d, 0, 1e-3}
		y[0] = []float64{c, 3 * d, r.NormFloat64(), r.NormFloat64()}
		s.y, s.group = append(s.y, y), append(s.group, n/Lanes%4)
	}
	var groups [][]*Moments
	for _, m := range s.momentsOf(4) {
		groups = append(groups, []*Moments{m})
	}
	for _, scope := range []Scope{ScopeUnit, ScopeCoordinate} {
		l := Fit(groups, []int{1}, scope, nil)
		near(t, string(scope), l.Mean[0][0].Value, 2, 1)
		near(t, string(scope)+", over the steps", l.Overall[0].Value, 2, 1)
		near(t, string(scope)+", where it does not vary", l.At(0, 0, 2), 0, 0)
	}
	for g := range groups {
		clear(groups[g][0].Sum[1])
		clear(groups[g][0].Coord[Pair(1, 1)])
		clear(groups[g][0].Coord[Pair(1, 0)])
	}
	if l := Fit(groups, []int{1}, ScopeCoordinate, nil); l.Mean[0][0].Value != 0 {
		t.Errorf("λ of a covariate that never varies: %+v", l.Mean[0][0])
	}
}
