package estimators

import (
	"math"
	"testing"

	"uorobench/estimators/cell"
)

// metricSteps is a network of one input and two units: z = [x; 1; h1, h2; 1].
var metricSteps = []*cell.Jacobian{
	{Q: []float64{3, 0}, Gain: []float64{0.5, 2}, Z: []float64{1, 1, 1, 0, 1}},
	{Q: []float64{1, 2}, Gain: []float64{1, 1}, Z: []float64{2, 1, 0, 0, 1}},
}

func twoUnits(t *testing.T) *cell.Layout {
	t.Helper()
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return c.Layout()
}

// TestMetricByHand: the first steps are plain means. Step 1: q² = (9, 0), of mean
// 4.5; ‖z‖² = 4, ‖I‖² = (¼·4, 4·4) = (1, 16), of mean 8.5. Step 2: q² = ½(9+1, 0+4)
// = (5, 2), of mean 3.5; ‖z‖² = 6, ‖I‖² = ½(1+6, 16+6) = (3.5, 11), of mean 7.25.
func TestMetricByHand(t *testing.T) {
	l := twoUnits(t)
	m := newMetric(l)
	share := func(sq, mean float64) float64 { return math.Sqrt(sq/mean) + 0.03 }
	want := [][2]float64{
		{share(9, 4.5) / share(1, 8.5), share(0, 4.5) / share(16, 8.5)},
		{share(5, 3.5) / share(3.5, 7.25), share(2, 3.5) / share(11, 7.25)},
	}
	for range 2 { // the second time after a reset
		m.reset()
		for s, j := range metricSteps {
			m.update(l, j)
			for i, w := range want[s] {
				if math.Abs(m.a[i]*m.a[i]-w) > 1e-14*w {
					t.Errorf("step %d: a²[%d] = %v, by hand %v", s+1, i, m.a[i]*m.a[i], w)
				}
			}
		}
	}
}

// TestMetricForgets: after the first 20 steps a step counts 0.05.
func TestMetricForgets(t *testing.T) {
	l := twoUnits(t)
	m := newMetric(l)
	for range 30 {
		m.update(l, metricSteps[0])
	}
	m.update(l, metricSteps[1])
	if want := math.Sqrt(0.95*9 + 0.05*1); math.Abs(m.q.root[0]-want) > 1e-13 {
		t.Errorf("√E q² = %v, want %v", m.q.root[0], want)
	}
	if want := math.Sqrt(0.95*16 + 0.05*6); math.Abs(m.influence.root[1]-want) > 1e-13 {
		t.Errorf("√E ‖I‖² = %v, want %v", m.influence.root[1], want)
	}
}

// lossOf is a step whose error signal is q.
func lossOf(q ...float64) *cell.Jacobian {
	return &cell.Jacobian{Q: q, Gain: []float64{1, 2}, Z: []float64{1, 1, 0, 0, 1}}
}

// TestMetricBeforeTheFirstLoss: without an error signal all units are worth the
// same: a² = 1/(‖I_i‖/√E ‖I‖² + 0.03) up to the 1.03 of q, here with ‖I‖ = (√3, 2√3).
func TestMetricBeforeTheFirstLoss(t *testing.T) {
	m := newMetric(twoUnits(t))
	m.update(twoUnits(t), lossOf(0, 0))
	for i, size := range []float64{1, 2} {
		if want := 1.03 / (size/math.Sqrt(2.5) + 0.03); math.Abs(m.a[i]*m.a[i]-want) > 1e-14 {
			t.Errorf("a²[%d] = %v, by hand %v", i, m.a[i]*m.a[i], want)
		}
	}
}

// TestMetricWithoutInfluence: units that no parameter reaches are finite too.
func TestMetricWithoutInfluence(t *testing.T) {
	m := newMetric(twoUnits(t))
	m.update(twoUnits(t), &cell.Jacobian{Q: []float64{0, 0}, Gain: []float64{0, 0}, Z: []float64{1, 1, 0, 0, 1}})
	if m.a[0] != 1 || m.a[1] != 1 {
		t.Errorf("a = %v, want ones", m.a)
	}
}

// TestMetricIsFreeOfScale: multiplying all losses by a constant, up to the ends of
// the range of numbers, changes nothing; nor does a gap without losses, however long.
func TestMetricIsFreeOfScale(t *testing.T) {
	l := twoUnits(t)
	want := newMetric(l)
	want.update(l, lossOf(3, 1))
	want.update(l, lossOf(-1, 2))
	for _, scale := range []float64{1e-300, 1e-150, 1e150, 1e300} {
		m := newMetric(l)
		m.update(l, lossOf(3*scale, 1*scale))
		for range 100_000 {
			m.update(l, lossOf(0, 0))
		}
		m.update(l, lossOf(-1*scale, 2*scale))
		for i := range m.a {
			if math.Abs(m.a[i]-want.a[i]) > 1e-12*want.a[i] {
				t.Errorf("losses times %g, with a gap: a[%d] = %v, else %v", scale, i, m.a[i], want.a[i])
			}
		}
	}
}

// TestMetricIsBounded: η/(√S+η) ≤ a² ≤ (√S+η)/η, also where a unit never has a
// share in the loss, or all of it.
func TestMetricIsBounded(t *testing.T) {
	l := twoUnits(t)
	lo, hi := 0.03/(math.Sqrt2+0.03), (math.Sqrt2+0.03)/0.03
	for _, q := range [][]float64{{0, 1}, {1e-200, 1e200}, {5e-324, 0}, {1.7e308, 1.7e308}} {
		m := newMetric(l)
		for range 5_000 {
			m.update(l, lossOf(q...))
		}
		for i, a := range m.a {
			if !(a*a >= lo*(1-1e-12) && a*a <= hi*(1+1e-12)) || m.inverse[i] != 1/a {
				t.Errorf("q = %v: a²[%d] = %v, outside of %v … %v", q, i, a*a, lo, hi)
			}
		}
	}
}
