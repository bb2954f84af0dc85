package stats

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// Holm's own procedure step by step: reject while p_(i) ≤ α/(m−i+1). Adjusted p
// below α must be the same rejections, for every α.
func TestHolmProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 12).Draw(rt, "p")
		alpha := rapid.Float64Range(0, 1).Draw(rt, "alpha")
		adjusted := Holm(p)
		sorted := slices.Sorted(slices.Values(p))
		rejected := 0
		for rejected < len(p) && sorted[rejected]*float64(len(p)-rejected) < alpha {
			rejected++
		}
		got := 0
		for i, a := range adjusted {
			if a < p[i] {
				rt.Fatalf("adjusted %v below p %v", a, p[i])
			}
			if a < alpha {
				got++
			}
		}
		if got != rejected {
			rt.Fatalf("%d rejections at %v, want %d; %v → %v", got, alpha, rejected, p, adjusted)
		}
	})
}

// By hand: m = 4, sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, made monotone.
func TestHolmByHand(t *testing.T) {
	got, want := Holm([]float64{0.01, 0.04, 0.03, 0.005}), []float64{0.03, 0.06, 0.06, 0.02}
	for i := range want {
		near(t, "Holm", got[i], want[i], 0)
	}
}

func TestCosineAgainstSortedSample(t *testing.T) {
	r := newRand(200)
	groups := make([]Cosine, 8)
	var all Cosine
	var values []float64
	for n := range 5000 {
		v := math.Tanh(r.NormFloat64())
		values = append(values, v)
		groups[n%8].Add(v)
	}
	for g := range groups {
		all.Merge(&groups[g])
	}
	slices.Sort(values)
	for _, q := range []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99} {
		within(t, "quantile", all.Quantile(q).Value, stat.Quantile(q, stat.Empirical, values, nil), 0.005)
	}
	mean := MeanCosine(groups)
	near(t, "mean", mean.Value, stat.Mean(values, nil), 1)
	// Eight groups of 625 independent values: the MCSE is the standard error of
	// the mean but for its own error of 1/√14.
	within(t, "MCSE over σ/√N", mean.MCSE/stat.StdErr(stat.StdDev(values, nil), 5000), 1, 0.6)
	if all.N != 5000 {
		t.Errorf("N = %d", all.N)
	}
}

func TestCosineEdges(t *testing.T) {
	var c Cosine
	if c.Quantile(0.5).OK || MeanCosine(make([]Cosine, 3)).OK {
		t.Error("a quantile or mean of no draws")
	}
	for _, v := range []float64{1, 1 + 1e-12, -1, -1 - 1e-12} {
		c.Add(v)
	}
	for q, want := range map[float64]float64{0: -1, 0.25: -0.9975, 1: 1} {
		within(t, "edge", c.Quantile(q).Value, want, 1e-12)
	}
	if n := testing.AllocsPerRun(10, func() { c.Add(0.3) }); n != 0 {
		t.Errorf("%v allocations per Add", n)
	}
}

// Any numbers in any split against the sorted list.
func TestTailsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-30, 1e30), rapid.Float64Range(0, 10)), 1, 300).Draw(rt, "x")
		groups := make([]Tails, rapid.IntRange(1, 4).Draw(rt, "groups"))
		for i, v := range values {
			groups[i%len(groups)].Add(v)
		}
		var all Tails
		for g := range groups {
			all.Merge(&groups[g])
		}
		checkTails(rt, &all, values)
	})
}

func checkTails(rt *rapid.T, all *Tails, values []float64) {
	total := sum(values)
	if all.N != int64(len(values)) || all.Max != slices.Max(values) || math.Abs(all.Sum-total) > 1e-12*total {
		rt.Fatalf("N %d, max %v, sum %v", all.N, all.Max, all.Sum)
	}
	if total == 0 {
		if all.Kurtosis().OK || all.TopShare(0.01).OK || all.Largest().OK || all.Warnings() != nil {
			rt.Fatal("figures of nothing")
		}
		return
	}
	shares := 0.0 // Σ (x/Σx)²: squares of the numbers themselves may vanish
	for _, v := range values {
		shares += sq(v / total)
	}
	if k := float64(len(values)) * shares; math.Abs(all.Kurtosis().Value-k) > 1e-9*k {
		rt.Fatalf("kurtosis %v, want %v", all.Kurtosis().Value, k)
	}
	sorted := slices.Sorted(slices.Values(values))
	slices.Reverse(sorted)
	for _, fraction := range []float64{0.01, 0.1, 0.5, 1} {
		got, want := all.TopShare(fraction).Value, topShare(sorted, fraction)/total
		// Draws of one bin differ by at most 1/8 of the smallest.
		if got > want*(1+1e-9) || got < want/1.125-1e-9 {
			rt.Fatalf("top %v holds %v, want %v", fraction, got, want)
		}
	}
}

// topShare sums the largest fraction, the last one in part.
func topShare(sorted []float64, fraction float64) (s float64) {
	left := fraction * float64(len(sorted))
	for _, v := range sorted {
		s += v * max(0, min(1, left))
		left--
	}
	return s
}

// ‖ĝ‖² of a Gaussian coordinate is χ²_1: kurtosis 3, and the top 1 % hold
// P(χ²_3 > 6.6349) = 0.0845 of the sum. With log-normal tails few draws carry all.
func TestTailsOfKnownLaws(t *testing.T) {
	r := newRand(201)
	var light, heavy Tails
	for range 100000 {
		light.Add(sq(r.NormFloat64()))
		heavy.Add(math.Exp(4 * r.NormFloat64()))
	}
	within(t, "kurtosis", light.Kurtosis().Value, 3, 0.1)
	within(t, "top 1 %", light.TopShare(0.01).Value, 0.0845, 0.004)
	within(t, "draws for 2 %", light.DrawsFor(0.02).Value, 2/0.0004, 300)
	if w := light.Warnings(); w != nil {
		t.Errorf("warning on light tails: %v", w)
	}
	w := heavy.Warnings()
	if len(w) != 1 || !strings.Contains(w[0].Error(), "was not drawn") || !strings.Contains(w[0].Error(), "Take many more") {
		t.Errorf("warnings on heavy tails: %v", w)
	}
	var middling Tails
	for range 1000 {
		middling.Add(math.Exp(1.5 * r.NormFloat64()))
	}
	middling.Add(3 * middling.Max)
	w = middling.Warnings()
	if len(w) != 1 || !strings.Contains(w[0].Error(), "rests on few draws") || !strings.Contains(w[0].Error(), "Take about") {
		t.Errorf("warnings on middling tails: %v", w)
	}
}

func TestTailsAddAllocatesNothing(t *testing.T) {
	var tails Tails
	for _, v := range []float64{0, 1e-300, 1e300} {
		tails.Add(v)
	}
	if n := testing.AllocsPerRun(100, func() { tails.Add(3) }); n != 0 {
		t.Errorf("%v allocations per Add", n)
	}
	for _, v := range []float64{-1, math.NaN(), math.Inf(1)} {
		tails.Add(v)
	}
	if tails.N != 104 {
		t.Errorf("N = %d: a number that is not allowed was taken in", tails.N)
	}
}

// A chunk at a time is a draw at a time, to the bit, whatever the lanes hold.
func TestTailsByLanes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var byLane, byChunk Tails
		odd := []float64{0, math.NaN(), math.Inf(1), -1, math.MaxFloat64, 5e-324}
		for range 3 {
			var x [Lanes]float64
			for w := range x {
				x[w] = math.Exp(rapid.Float64Range(-30, 30).Draw(rt, "log x"))
				if rapid.IntRange(0, 9).Draw(rt, "odd") == 0 {
					x[w] = rapid.SampledFrom(odd).Draw(rt, "x")
				}
			}
			live := rapid.Uint32Range(0, 1<<Lanes-1).Draw(rt, "live")
			byChunk.AddLanes(&x, live)
			for w, v := range x {
				if live>>w&1 != 0 {
					byLane.Add(v)
				}
			}
		}
		if !reflect.DeepEqual(byLane, byChunk) {
			rt.Fatalf("%+v, by chunks %+v", byLane, byChunk)
		}
	})
}
