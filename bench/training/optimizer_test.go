package training

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Three steps of Adam by hand. With β1 = ½, β2 = ¾, ε = 0 (1e-300) and gradients
// 1, 1, −2: m = 1/2, 3/4, −5/8; v = 1/4, 7/16, 85/64; the corrections are
// 1−β1^t = 1/2, 3/4, 7/8 and 1−β2^t = 1/4, 7/16, 37/64. So m̂/√v̂ is 1, 1, and
// −(5/7)/√(85/37). The rates at decay 1 are 1, 1/2, 1/(1+√2).
func TestAdamByHand(t *testing.T) {
	w := []float64{0}
	u := newUpdater(Optimizer{Name: Adam, Rate: 1, Decay: 1, Beta1: 0.5, Beta2: 0.75, Epsilon: 1e-300}, w)
	want := 0.0
	steps := []float64{1, 0.5, -(5.0 / 7) / math.Sqrt(85.0/37) / (1 + math.Sqrt2)}
	for i, g := range []float64{1, 1, -2} {
		u.apply([][]float64{{g}})
		want -= steps[i]
		if math.Abs(w[0]-want) > 1e-14 {
			t.Errorf("after %d updates: %v, want %v", i+1, w[0], want)
		}
	}
}

// SGD by hand: w = 2, rate ½, weight decay 0.1, gradient (3, 4) clipped to norm
// 1 is (0.6, 0.8); w ← 2·0.95 − 0.3 = 1.6 and 2·0.95 − 0.4 = 1.5. The clip is
// over all tensors together.
func TestSGDByHand(t *testing.T) {
	a, b := []float64{2}, []float64{2}
	u := newUpdater(Optimizer{Name: SGD, Rate: 0.5, Clip: 1, WeightDecay: 0.1, Epsilon: 1}, a, b)
	u.apply([][]float64{{3}, {4}})
	if math.Abs(a[0]-1.6) > 1e-15 || math.Abs(b[0]-1.5) > 1e-15 {
		t.Errorf("weights %v, %v; want 1.6, 1.5", a[0], b[0])
	}
}

// Clipping keeps the direction, never lengthens, and leaves short gradients as
// they are.
func TestClip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(-1e3, 1e3)
		g := [][]float64{rapid.SliceOfN(number, 1, 5).Draw(t, "a"), rapid.SliceOfN(number, 1, 5).Draw(t, "b")}
		before := [][]float64{append([]float64(nil), g[0]...), append([]float64(nil), g[1]...)}
		limit := rapid.Float64Range(0.01, 2e3).Draw(t, "clip")
		u := updater{rule: Optimizer{Clip: limit}}
		u.clip(g)
		was, is := math.Sqrt(normSq(before[0])+normSq(before[1])), math.Sqrt(normSq(g[0])+normSq(g[1]))
		if want := math.Min(was, limit); math.Abs(is-want) > 1e-9*want {
			t.Fatalf("norm %v became %v, limit %v", was, is, limit)
		}
		for i := range g {
			for j := range g[i] {
				if math.Abs(g[i][j]*was-before[i][j]*is) > 1e-9*was*is {
					t.Fatalf("direction changed: %v from %v", g, before)
				}
			}
		}
	})
}

// The default schedule is 1e-3/(1+0.03√t): after 10,000 updates a quarter.
func TestSchedule(t *testing.T) {
	o := DefaultOptimizer()
	o.Name = SGD
	w := []float64{0}
	u := newUpdater(o, w)
	u.updates = 10000
	u.apply([][]float64{{1}})
	if math.Abs(w[0]+2.5e-4) > 1e-18 {
		t.Errorf("update %v, want −2.5e-4", w[0])
	}
}
