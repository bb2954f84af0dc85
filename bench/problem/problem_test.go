package problem

import (
	"math"
	"testing"
)

// Gradients whose squares vanish are compared in their own units.
func TestRelativeDistance(t *testing.T) {
	for _, unit := range []float64{1, 0x1p-560, 0x1p600} {
		x, y := []float64{3 * unit, 4 * unit, 0}, []float64{3 * unit, 4.5 * unit, 0}
		if d := relativeDistance(x, y); d != 0.1 {
			t.Errorf("unit %g: %v, want 0.1", unit, d)
		}
	}
	if d := relativeDistance([]float64{0, 0}, []float64{1, 1}); d != 0 {
		t.Errorf("without a gradient: %v", d)
	}
	if d := relativeDistance([]float64{1, 1}, []float64{1, math.NaN()}); !math.IsNaN(d) {
		t.Errorf("of NaN: %v", d)
	}
}
