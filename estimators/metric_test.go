package estimators

import (
	"math"
	"testing"

	"uorobench/estimators/cell"
)

func twoUnits(t *testing.T) *cell.Layout {
	t.Helper()
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return c.Layout()
}

// lossOf is a step of a network of one input and two units, z = [x; 1; h1, h2; 1],
// whose error signal is q. ‖z‖² = 3, ‖I_i‖ = (√3, 2√3).
func lossOf(q ...float64) *cell.Jacobian {
	return &cell.Jacobian{F: []float64{0.5, 1, 0, 0.25}, Q: q, Gain: []float64{1, 2}, Z: []float64{1, 1, 0, 0, 1}}
}

// valueByHand is w from V.
func valueByHand(v ...float64) (w [2]float64) {
	mean := math.Sqrt((v[0] + v[1]) / 2)
	return [2]float64{math.Sqrt(v[0])/mean + 0.03, math.Sqrt(v[1])/mean + 0.03}
}

func nearW(t *testing.T, what string, got []float64, want [2]float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*want[i]) {
			t.Errorf("%s: w[%d] = %v, by hand %v", what, i, got[i], want[i])
		}
	}
}

// TestMetricByHand: (F∘F)ᵀ V = (V_1/4, V_1 + V_2/16). Step 1, rate 1: V = (9, 0).
// Step 2, rate ½: V = ½(9, 0) + ½((1, 4) + (9/4, 9)) = (6.125, 6.5). Step 3, rate ⅓,
// without a loss: V = ⅔(6.125, 6.5) + ⅓(6.125/4, 6.125 + 6.5/16).
func TestMetricByHand(t *testing.T) {
	m := newMetric(twoUnits(t))
	for range 2 { // the second time after a reset
		m.reset()
		m.update(lossOf(0, 0))
		nearW(t, "before the first loss", m.w, [2]float64{1, 1})
		m.update(lossOf(3, 0))
		nearW(t, "step 1", m.w, valueByHand(9, 0))
		m.update(lossOf(1, 2))
		nearW(t, "step 2", m.w, valueByHand(6.125, 6.5))
		m.update(lossOf(0, 0))
		nearW(t, "step 3", m.w, valueByHand(6.125*2/3+6.125/12, 6.5*2/3+6.125/3+6.5/48))
	}
}

// TestMetricForgets: from the fifth step on a step counts 0.2.
func TestMetricForgets(t *testing.T) {
	m := newMetric(twoUnits(t))
	step := func(q ...float64) *cell.Jacobian { j := lossOf(q...); clear(j.F); return j }
	for range 30 {
		m.update(step(3, 1))
	}
	m.update(step(1, 2))
	nearW(t, "after a change", m.w, valueByHand(0.8*9+0.2*1, 0.8*1+0.2*4))
}

// TestNoiseScalesByHand: μ² = ‖β‖/‖w∘d‖ for noise on the state, on the left of K and
// between F − F̃ and S. S_1 = I, so ‖S_i‖ = (√3, 2√3); F − F̃ has the entry F_12 = 1 alone,
// so K has the row 1·S_2 at unit 1 and nothing at unit 2; noise between has nothing to
// drive at unit 1 and w_1 at unit 2.
func TestNoiseScalesByHand(t *testing.T) {
	l := twoUnits(t)
	m, snap, j := newMetric(l), NewSnap1(l), lossOf(3, 1)
	snap.Step(j)
	m.update(j)
	w, root := valueByHand(9, 1), math.Sqrt(3)
	for _, c := range []struct {
		what string
		set  func()
		want [2]float64 // μ²
	}{
		{"state", func() { m.forState(l, j) }, [2]float64{root / w[0], 2 * root / w[1]}},
		{"source", func() { m.forSource(l, j, snap) }, [2]float64{2 * root / w[0], 0}},
		{"between", func() { m.between(l, j, snap) }, [2]float64{0, 2 * root / w[0]}},
	} {
		c.set()
		for i, want := range c.want {
			if !(math.Abs(m.mu[i]*m.mu[i]-want) <= 1e-14*want) || (want > 0 && m.inverse[i] != 1/m.mu[i]) || (want == 0 && m.inverse[i] != 0) {
				t.Errorf("%s: μ²[%d] = %v, by hand %v; 1/μ = %v", c.what, i, m.mu[i]*m.mu[i], want, m.inverse[i])
			}
		}
	}
}

// TestMetricIsFreeOfScale: multiplying all losses by a constant, up to the ends of
// the range of numbers, changes nothing.
func TestMetricIsFreeOfScale(t *testing.T) {
	for _, scale := range []float64{1e-300, 1e-150, 1, 1e150, 1e300} {
		m := newMetric(twoUnits(t))
		m.update(lossOf(3*scale, 0))
		m.update(lossOf(1*scale, 2*scale))
		nearW(t, "scaled losses", m.w, valueByHand(6.125, 6.5))
	}
}

// TestMetricOverGaps: a gap of any length leaves weights that are finite and within
// their bounds, with F that shrinks, keeps or blows up what it hands back; and after
// one that did not blow up the next losses are followed as ever.
func TestMetricOverGaps(t *testing.T) {
	for _, f := range [][]float64{{0, 0, 0, 0}, {0.5, 1, 0, 0.25}, {1, 0, 0, 1}, {3, 1, 2, -5}, {1e-200, 0, 0, 1e-200}, {1e150, 0, 0, 1}} {
		m := newMetric(twoUnits(t))
		for round := range 3 {
			for range 40_000 {
				j := lossOf(0, 0)
				j.F = f
				m.update(j)
				checkWeights(t, m)
			}
			for range 100 {
				j := lossOf(math.Pow(1e-100, float64(round)), 0)
				clear(j.F)
				m.update(j)
				checkWeights(t, m)
			}
			if math.Abs(f[0]) <= 1 && math.Abs(f[3]) <= 1 { // else V grew beyond all losses
				nearW(t, "after a gap", m.w, valueByHand(1, 0))
			}
		}
	}
}

func checkWeights(t *testing.T, m *metric) {
	t.Helper()
	for i, w := range m.w {
		if !(w >= 0.03 && w <= math.Sqrt2+0.03+1e-12) {
			t.Fatalf("w[%d] = %v", i, w)
		}
	}
}
