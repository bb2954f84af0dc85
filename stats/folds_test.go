package stats

import "testing"

// The figures of cross-fitted coefficients against their definition: the mean over
// the folds, and a jackknife of it by fits without one group each, where the fold
// that has the group of its own is left as it is.
func TestCombineAgainstDefinition(t *testing.T) {
	const groups, folds = 6, 3
	_, moments := fitFixture(140, groups*16, groups)
	for _, scope := range []Scope{ScopeTrace, ScopeUnit, ScopeCoordinate, ScopePooled} {
		fold := func(f, without int) *Lambda {
			return Fit(moments, []int{2, 1}, scope, func(g int) bool { return g%folds != f && g != without })
		}
		mean := func(without, i int, at func(l *Lambda) float64) (sum float64) {
			for f := range folds {
				sum += at(fold(f, without)) / folds
			}
			return sum
		}
		var fitted []*Lambda
		for f := range folds {
			fitted = append(fitted, fold(f, -1))
		}
		for _, l := range Combine(fitted) {
			for i := range 2 {
				check := func(what string, got Interval, at func(l *Lambda) float64) {
					var left []float64
					for g := range groups {
						left = append(left, mean(g, i, at))
					}
					checkJackknifed(t, string(scope)+what, got, mean(-1, i, at), left)
				}
				check(" overall", l.Overall[i], func(l *Lambda) float64 { return (meanAt(l, 0, i) + meanAt(l, 1, i)) / 2 })
				for m := range 2 {
					check("", l.Mean[m][i], func(l *Lambda) float64 { return meanAt(l, m, i) })
				}
			}
		}
		for f := range folds {
			if got, want := fitted[f].At(1, 0, 5), fold(f, -1).At(1, 0, 5); got != want {
				t.Errorf("%s: the coefficient of fold %d became %v, was %v", scope, f, got, want)
			}
		}
	}
}

// What was not fitted, and a single fold, stay as they are.
func TestCombineOfOneFold(t *testing.T) {
	_, moments := fitFixture(150, 6*16, 6)
	alone, again := Fit(moments, []int{1}, ScopeTrace, nil), Fit(moments, []int{1}, ScopeTrace, nil)
	if got := Combine([]*Lambda{alone})[0]; got.Mean[0][0] != again.Mean[0][0] || got.Overall[0] != again.Overall[0] {
		t.Errorf("%+v, alone %+v", got.Mean[0][0], again.Mean[0][0])
	}
	if got := Combine([]*Lambda{One([]int{1}, 2), One([]int{1}, 2)}); got[1].Overall[0].Value != 1 || got[1].Overall[0].HasErr {
		t.Errorf("λ = 1 became %+v", got[1].Overall[0])
	}
}
