package cell_test

import (
	"math"
	"testing"

	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestLIFByHand follows one neuron through three steps with W_ih = 0.9,
// W_hh = −0.5 and b_ih = 0.3 at x = 1, 0.2, 0, from v = 0. With α = e^(−1/20) =
// 0.951229424500714, ϱ = e^(−1/100) = 0.990049833749168:
//
//	v_1 = 0.9 + 0.3 = 1.2, a spike;
//	v_2 = 1.2α + 0.18 + 0.3 − 0.5 − 1 = 1.141475309400857 − 1.02 = 0.121475309400857;
//	v_3 = 0.121475309400857α + 0.3 = 0.415550888656..., no spike.
//
// The adaptation is a = 0, 1, ϱ.
func TestLIFByHand(t *testing.T) {
	alpha := 0.951229424500714
	want := []float64{1.2, 0.121475309400857, 0.121475309400857*alpha + 0.3}
	adaptation := []float64{0, 1, 0.990049833749168}
	spikes := []float64{1, 0, 0}
	for _, name := range []string{"lif", "alif"} {
		c, err := cell.New(name, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		p := cell.NewParams(c.Layout(), 1)
		copy(p.Theta, []float64{0.9, 0.3, -0.5, 0}) // x, its bias, h, its bias
		seq := &cell.Sequence{Inputs: 1, Outputs: 1, X: [][]float64{{1}, {0.2}, {0}}, Target: []int{0, 0, 0}}
		tr, err := cell.Run(c, p, seq, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want {
			h := make([]float64, 1)
			c.Hidden(h, tr.States[i+1])
			if math.Abs(tr.States[i+1][0]-v) > 1e-14 || h[0] != spikes[i] {
				t.Errorf("%s step %d: v = %.16g, o = %v; by hand %.16g, %v", name, i+1, tr.States[i+1][0], h[0], v, spikes[i])
			}
			if name == "alif" && math.Abs(tr.States[i+1][1]-adaptation[i]) > 1e-14 {
				t.Errorf("step %d: a = %v, by hand %v", i+1, tr.States[i+1][1], adaptation[i])
			}
		}
	}
}

// TestSurrogateByHand: ½/(1 + |u|)² at u = 0.5 is ½/2.25 = 2/9, on the way from
// the spike to the state: the error signal of v is W·2/9 times the readout's.
func TestSurrogateByHand(t *testing.T) {
	c, err := cell.New("alif", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	ds := make([]float64, 2)
	c.PullHidden(ds, []float64{1.7, 1}, []float64{3}) // u = 1.7 − 1 − 0.2·1
	if math.Abs(ds[0]-3*2./9) > 1e-15 || math.Abs(ds[1]+0.2*3*2./9) > 1e-15 {
		t.Errorf("∂o/∂s = %v, by hand 2/3 and −2/15", ds)
	}
}

// TestSpikesAreSpikes: the forward pass of the cell is the step function, that of
// its twin is not, and they differ.
func TestSpikesAreSpikes(t *testing.T) {
	for _, name := range []string{"lif", "alif"} {
		f := fixture(t, name, 2, 4, 12)
		fired := spikes(t, f)
		if fired == 0 || fired == 4*12 {
			t.Errorf("%s: %d of 48 spikes; the fixture should fire sometimes", name, fired)
		}
		smooth := twin(t, name, f)
		if relative(smooth.Trajectory.States[12], f.Trajectory.States[12]) < 1e-3 {
			t.Errorf("%s and its twin end in the same state", name)
		}
	}
}

// spikes counts the ones, and refuses anything but zeros and ones.
func spikes(t *testing.T, f *oracle.Fixture) (ones int) {
	h := make([]float64, f.Cell.Layout().H)
	for _, s := range f.Trajectory.States[1:] {
		f.Cell.Hidden(h, s)
		for _, o := range h {
			if o != 0 && o != 1 {
				t.Fatalf("a spike of %v", o)
			}
			ones += int(o)
		}
	}
	return ones
}
