package cell_test

import (
	"math"
	"slices"
	"testing"

	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// tensors reads matrices as PyTorch stores them: row-major, gate by gate.
type tensors map[string]cell.Tensor

// part is row i of gate's block of a matrix times x, plus the bias of that row.
func (ts tensors) part(which string, gate, i int, x []float64, hidden int) float64 {
	row := gate*hidden + i
	sum := ts["bias_"+which].Data[row]
	weight := ts["weight_"+which]
	for k, v := range x {
		sum += weight.Data[row*weight.Shape[1]+k] * v
	}
	return sum
}

// forward is one step written from PyTorch's manual, over the tensors and
// without the layout. s is h, or [c; h].
func (ts tensors) forward(name string, x, s []float64, hidden int) []float64 {
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	h := s[len(s)-hidden:]
	next := make([]float64, len(s))
	for i := range hidden {
		in := func(gate int) float64 { return ts.part("ih_l0", gate, i, x, hidden) }
		rec := func(gate int) float64 { return ts.part("hh_l0", gate, i, h, hidden) }
		switch name {
		case "rnn":
			next[i] = math.Tanh(in(0) + rec(0))
		case "gru":
			r, z := sigmoid(in(0)+rec(0)), sigmoid(in(1)+rec(1))
			n := math.Tanh(in(2) + r*rec(2))
			next[i] = (1-z)*n + z*h[i]
		case "lstm":
			input, forget := sigmoid(in(0)+rec(0)), sigmoid(in(1)+rec(1))
			next[i] = forget*s[i] + input*math.Tanh(in(2)+rec(2))
			next[hidden+i] = sigmoid(in(3)+rec(3)) * math.Tanh(next[i])
		}
	}
	return next
}

// TestForwardFromTensors: the states of a trajectory are those of PyTorch's
// formulas over PyTorch's tensors. Matrices that are not symmetric tell a
// transposed or reversed one, which a round trip of the tensors cannot.
func TestForwardFromTensors(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		f := fixture(t, name, 2, 3, 4)
		ts := tensors{}
		for _, tensor := range f.Params.Tensors(f.Cell.Layout()) {
			ts[tensor.Name] = tensor
		}
		for i, x := range f.Sequence.X {
			want := ts.forward(name, x, f.Trajectory.States[i], 3)
			if e := relative(f.Trajectory.States[i+1], want); !(e < 1e-14) {
				t.Errorf("%s step %d: the state is %.2g away from PyTorch's formulas", name, i+1, e)
			}
		}
		checkReadout(t, f, ts)
	}
}

// checkReadout: y = W h + b over the tensors gives the same losses.
func checkReadout(t *testing.T, f *oracle.Fixture, ts tensors) {
	for i, value := range f.Sequence.Value {
		h := f.Trajectory.States[i+1]
		h = h[len(h)-f.Cell.Layout().H:]
		loss := 0.0
		for y, v := range value {
			out := ts["bias"].Data[y]
			for k := range h {
				out += ts["weight"].Data[y*len(h)+k] * h[k]
			}
			loss += (out - v) * (out - v) / 2
		}
		if math.Abs(loss-f.Trajectory.Steps[i].Loss) > 1e-14*(1+loss) {
			t.Errorf("%s step %d: loss %v, from the tensors %v", f.Cell.Name(), i+1, f.Trajectory.Steps[i].Loss, loss)
		}
	}
	if !slices.Equal(f.Trajectory.States[0], f.Initial) {
		t.Errorf("the trajectory starts at %v, asked for %v", f.Trajectory.States[0], f.Initial)
	}
}
