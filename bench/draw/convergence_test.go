package draw

import (
	"math"
	"slices"
	"testing"
)

// The means of two and four draws, formed from vectors that the test makes.
func TestMeanTree(t *testing.T) {
	draws := [][]float64{{1, 0}, {3, 2}, {-2, 5}, {0, 1}, {7, 7}}
	exact := []float64{0.5, -1}
	tree := meanTree{level: [][]float64{{0, 0}, {0, 0}, {0, 0}}, full: make([]bool, 3)}
	var d deviationSums
	for _, x := range draws {
		d.add(&tree, slices.Clone(x), exact)
	}
	for l, want := range []struct {
		means int64
		sq    float64
	}{
		{5, 0.25 + 1 + 6.25 + 9 + 6.25 + 36 + 0.25 + 4 + 42.25 + 64},
		{2, 1.5*1.5 + 4 + 1.5*1.5 + 16}, // (2, 1) and (−1, 3)
		{1, 0 + 9},                      // (0.5, 2)
		{0, 0},
	} {
		if d.means[l] != want.means || math.Abs(d.sq[l]-want.sq) > 1e-12 {
			t.Errorf("N = %d: %d means, Σ %g; want %+v", 1<<l, d.means[l], d.sq[l], want)
		}
	}
}
