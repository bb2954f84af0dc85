package stats

import (
	"reflect"
	"testing"
)

// The population's variances by coordinate add up to its var_trace, those of the
// sample to the sample's; λ is the same number for both, without an error for one.
func TestSampling(t *testing.T) {
	f := newErrorFixture(ScopeCoordinate, 150, 6, 1)
	e := NewErrors(f.moments, &f.c, f.directions)
	for _, s := range []Sampling{Sample, Population} {
		_, variance := s.ByCoordinate(f.moments, &f.c)
		sum := 0.0
		for _, v := range variance {
			sum += v
		}
		near(t, "sum of variances", sum, s.Row(e, nil).Var.Value, 300)
		i := s.Figure(Interval{Value: 2, OK: true, HasErr: true, MCSE: 1})
		if want := map[Sampling]float64{Sample: 1, Population: 0}[s]; i.Value != 2 || i.MCSE != want {
			t.Errorf("sampling %d: %+v", s, i)
		}
	}
	groups := make([][]*Moments, len(f.moments))
	for g, m := range f.moments {
		groups[g] = []*Moments{m}
	}
	sample, population := Sample.Fit(groups, []int{1}, ScopeTrace, nil), Population.Fit(groups, []int{1}, ScopeTrace, nil)
	if !reflect.DeepEqual(sample.values, population.values) || !sample.Mean[0][0].HasErr || sample.Mean[0][0].MCSE == 0 || population.Mean[0][0] != sample.Mean[0][0].exact() {
		t.Errorf("λ %+v, of the population %+v", sample.Mean, population.Mean)
	}
}
