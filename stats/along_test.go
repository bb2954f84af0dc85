package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// One step and two pooled, against the draws themselves.
func TestAlongAgainstTheDraws(t *testing.T) {
	const groups, perGroup, p = 6, 32, 3
	rng := rand.New(rand.NewPCG(3, 9))
	axis := []float64{0.6, 0, -0.8}
	exact := [][]float64{{1, -2, 0.5}, {0.25, 3, -1}}
	var all Errors
	want := [2][groups]float64{} // per group: sums along the axis and along g, over both steps
	var first *Errors
	mean1 := 0.0
	for m, g := range exact {
		var moments []*Moments
		for group := range groups {
			acc := NewMoments(Shape{Signals: 1, Params: p})
			for range perGroup / Lanes {
				b := Batch{Scale: [][]float64{make([]float64, Lanes)}, Basis: [][]float64{make([]float64, p*Lanes)}, Of: []int{0}}
				for w := range Lanes {
					b.Scale[0][w], b.Valid[w] = 1, true
					for j := range p {
						y := g[j]*0.5 + rng.NormFloat64()
						b.Basis[0][j*Lanes+w] = y
						want[0][group] += (y - g[j]) * axis[j]
						want[1][group] += y * g[j]
						if m == 0 {
							mean1 += y * g[j] / (groups * perGroup)
						}
					}
				}
				acc.Add(&b)
			}
			moments = append(moments, acc)
		}
		c := &Combination{Step: 0, Lambda: []*Lambda{One(nil, 1)}, Offset: make([]float64, p), Exact: g}
		e := NewErrors(moments, c, [][]float64{axis})
		if m == 0 {
			first = e
		}
		all.Pool(e)
	}
	check := func(name string, got Interval, mean, se float64) {
		t.Helper()
		if math.Abs(got.Value-mean) > 1e-12 || math.Abs(got.MCSE-se) > 1e-12 || !got.HasCI {
			t.Errorf("%s: %+v, want %v ± %v", name, got, mean, se)
		}
	}
	square := dot(exact[0], exact[0]) + dot(exact[1], exact[1])
	mean, se := spreadOf(want[0][:], perGroup)
	check("error along the axis", all.MeanErrorAlong(0), mean, se)
	mean, se = spreadOf(want[1][:], perGroup)
	check("along the exact gradient", all.AlongExact(), mean/square, se/square)
	if got := first.AlongExact().Value; math.Abs(got-mean1/dot(exact[0], exact[0])) > 1e-12 {
		t.Errorf("one step: %v, want %v", got, mean1/dot(exact[0], exact[0]))
	}
}

// spreadOf is the mean per draw of equal groups and its standard error.
func spreadOf(sums []float64, size float64) (mean, se float64) {
	n := float64(len(sums))
	for _, s := range sums {
		mean += s / size / n
	}
	for _, s := range sums {
		se += (s/size - mean) * (s/size - mean)
	}
	return mean, math.Sqrt(se / (n - 1) / n)
}
