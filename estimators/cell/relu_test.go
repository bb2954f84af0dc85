package cell_test

import (
	"slices"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// A unit at rest passes nothing on: h, its row of the state Jacobian and its gain are 0,
// at a negative pre-activation and at one of exactly 0, as PyTorch has them. Here the unit
// i has the pre-activation bias[i], and W_hh is all ones.
func TestReLUAtRest(t *testing.T) {
	const hidden = 3
	c, err := cell.New("relu", 1, hidden)
	if err != nil {
		t.Fatal(err)
	}
	l := c.Layout()
	theta, bias := make([]float64, l.P()), []float64{-2, 0, 3}
	for k := range theta {
		switch tensor, row, _ := l.Coordinate(k); tensor {
		case "bias_ih_l0":
			theta[k] = bias[row]
		case "weight_hh_l0":
			theta[k] = 1
		}
	}
	j, prev, next := cell.NewJacobian(l), make([]float64, hidden), make([]float64, hidden)
	copy(j.Z, []float64{1, 1, 0, 0, 0, 1}) // x, 1, h_0 = 0, 1
	for i := range j.F {
		j.F[i] = 9 // what a step before left
	}
	c.Linearize(theta, prev, next, j)
	if !slices.Equal(next, []float64{0, 0, 3}) || !slices.Equal(j.Gain, []float64{0, 0, 1}) || !slices.Equal(j.F, []float64{0, 0, 0, 0, 0, 0, 1, 1, 1}) {
		t.Errorf("h %v, gains %v, F %v", next, j.Gain, j.F)
	}
	dprev, grad := make([]float64, hidden), make([]float64, l.P())
	c.Backward(theta, j.Z, prev, []float64{5, 7, 11}, dprev, grad)
	if !slices.Equal(dprev, []float64{11, 11, 11}) {
		t.Errorf("dprev %v", dprev)
	}
	for k, g := range grad {
		_, row, _ := l.Coordinate(k)
		at, _ := groupOf(l, k)
		lo, _ := l.Row(at, row)
		if want := []float64{0, 0, 11}[row] * j.Z[k-lo]; g != want {
			t.Errorf("coordinate %d: gradient %v, want %v", k, g, want)
		}
	}
}

// A network whose units are all dead has a gradient of exactly 0 at every step, by RTRL
// and by BPTT, and no figure of it is NaN.
func TestDeadReLU(t *testing.T) {
	f := fixture(t, "relu", 2, 3, 4)
	l := f.Cell.Layout()
	for k := range f.Params.Theta {
		f.Params.Theta[k] = 0
		if tensor, _, _ := l.Coordinate(k); tensor == "bias_hh_l0" {
			f.Params.Theta[k] = -1
		}
	}
	tr, err := cell.Run(f.Cell, f.Params, f.Sequence, f.Initial)
	if err != nil {
		t.Fatal(err)
	}
	rtrl, bptt := estimators.Exact(tr), oracle.BPTT(f.Cell, f.Params, tr)
	for i := range rtrl {
		for k := range rtrl[i] {
			if rtrl[i][k] != 0 || bptt[i][k] != 0 {
				t.Fatalf("step %d, coordinate %d: RTRL %v, BPTT %v", i+1, k, rtrl[i][k], bptt[i][k])
			}
		}
	}
}
