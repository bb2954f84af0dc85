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

// TestMetricByHand: the first steps are plain means. Step 1: q² = (9, 0), ‖z‖² = 4,
// ‖I‖² = (¼·4, 4·4) = (1, 16); the floors are 0.03·√4.5 and 0.03·√8.5.
// Step 2: q² = ½(9+1, 0+4) = (5, 2), ‖z‖² = 6, ‖I‖² = ½(1+6, 16+6) = (3.5, 11); the
// floors are 0.03·√3.5 and 0.03·√7.25.
func TestMetricByHand(t *testing.T) {
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	m := newMetric(c.Layout())
	floor := func(sq float64) float64 { return 0.03 * math.Sqrt(sq) }
	want := [][2]float64{
		{(3 + floor(4.5)) / (1 + floor(8.5)), (0 + floor(4.5)) / (4 + floor(8.5))},
		{(math.Sqrt(5) + floor(3.5)) / (math.Sqrt(3.5) + floor(7.25)), (math.Sqrt(2) + floor(3.5)) / (math.Sqrt(11) + floor(7.25))},
	}
	for range 2 { // the second time after a reset
		m.reset()
		for s, j := range metricSteps {
			m.update(c.Layout(), j)
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
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	m := newMetric(c.Layout())
	for range 30 {
		m.update(c.Layout(), metricSteps[0])
	}
	m.update(c.Layout(), metricSteps[1])
	if want := 0.95*9 + 0.05*1; math.Abs(m.q[0]-want) > 1e-13 {
		t.Errorf("E q² = %v, want %v", m.q[0], want)
	}
	if want := 0.95*16 + 0.05*6; math.Abs(m.influence[1]-want) > 1e-13 {
		t.Errorf("E ‖I‖² = %v, want %v", m.influence[1], want)
	}
}

// TestMetricBeforeTheFirstLoss: without an error signal the metric is finite,
// positive and the same for all units of equal influence.
func TestMetricBeforeTheFirstLoss(t *testing.T) {
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	m := newMetric(c.Layout())
	m.update(c.Layout(), &cell.Jacobian{Q: []float64{0, 0}, Gain: []float64{1, 1}, Z: []float64{1, 1, 0, 0, 1}})
	if !(m.a[0] > 0) || math.IsInf(1/m.a[0], 0) || m.a[0] != m.a[1] {
		t.Errorf("a = %v", m.a)
	}
}
