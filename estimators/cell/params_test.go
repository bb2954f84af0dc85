package cell_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"uorobench/estimators/cell"
)

// numbered gives every entry of every tensor a number of its own.
func numbered(l *cell.Layout, outputs int) []cell.Tensor {
	tensors := cell.NewParams(l, outputs).Tensors(l)
	next := 1.0
	for _, t := range tensors {
		for i := range t.Data {
			t.Data[i] = next
			next++
		}
	}
	return tensors
}

// TestTensorsRoundTrip: no number is lost, doubled or moved on the way from
// PyTorch's tensors to θ and back, and Coordinate tells the truth about the way.
func TestTensorsRoundTrip(t *testing.T) {
	for _, kind := range cell.Kinds {
		l := kind.New(3, 4).Layout()
		in := numbered(l, 2)
		p := cell.NewParams(l, 2)
		if err := p.SetTensors(l, in); err != nil {
			t.Fatal(err)
		}
		for i, out := range p.Tensors(l) {
			if out.Name != in[i].Name || !slices.Equal(out.Shape, in[i].Shape) || !slices.Equal(out.Data, in[i].Data) {
				t.Errorf("%s: %s came back as %s %v %v", kind.Name, in[i].Name, out.Name, out.Shape, out.Data)
			}
		}
		for j, v := range p.Theta {
			name, row, col := l.Coordinate(j)
			at := slices.IndexFunc(in, func(t cell.Tensor) bool { return t.Name == name })
			index := row
			if col >= 0 {
				index = row*in[at].Shape[1] + col
			}
			if in[at].Data[index] != v {
				t.Errorf("%s: coordinate %d holds %v; %s[%d,%d] is %v", kind.Name, j, v, name, row, col, in[at].Data[index])
			}
		}
	}
}

func TestSetTensorsRefuses(t *testing.T) {
	l := cell.Kinds[1].New(3, 4).Layout() // gru: 12 rows
	for want, spoil := range map[string]func([]cell.Tensor) []cell.Tensor{
		`tensor "weight_hh_l0" is missing, want shape [12 4]`: func(ts []cell.Tensor) []cell.Tensor {
			return append(ts[:1], ts[2:]...)
		},
		`tensor "bias_ih_l0" has shape [16], want [12]`: func(ts []cell.Tensor) []cell.Tensor {
			ts[2] = cell.Tensor{Name: "bias_ih_l0", Shape: []int{16}, Data: make([]float64, 16)}
			return ts
		},
		`tensor "weight_ih_l0" has shape [3 12], want [12 3]`: func(ts []cell.Tensor) []cell.Tensor {
			ts[0].Shape = []int{3, 12}
			return ts
		},
		`tensor "weight" has shape [2 4], want [2 4]`: func(ts []cell.Tensor) []cell.Tensor {
			ts[4].Data = ts[4].Data[1:]
			return ts
		},
		`tensor "weight_hh_l0" at [11 2] is NaN: want finite numbers`: func(ts []cell.Tensor) []cell.Tensor {
			ts[1].Data[11*4+2] = math.NaN()
			return ts
		},
		`tensor "bias" at [1] is -Inf: want finite numbers`: func(ts []cell.Tensor) []cell.Tensor {
			ts[5].Data[1] = math.Inf(-1)
			return ts
		},
		`tensor "weight_ih_l1" is not of this cell; allowed: weight_ih_l0, `: func(ts []cell.Tensor) []cell.Tensor {
			return append(ts, cell.Tensor{Name: "weight_ih_l1", Shape: []int{12, 3}, Data: make([]float64, 36)})
		},
	} {
		p := cell.NewParams(l, 2)
		err := p.SetTensors(l, spoil(numbered(l, 2)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if slices.ContainsFunc(p.Theta, func(v float64) bool { return v != 0 }) {
			t.Errorf("refused with %v, yet θ was changed", err)
		}
	}
}

// TestInitDoesNotDependOnLayout: the numbers go into PyTorch's tensors in their
// order, row by row, inside ±scale/√H.
func TestInitDoesNotDependOnLayout(t *testing.T) {
	for _, kind := range cell.Kinds {
		l := kind.New(3, 4).Layout()
		p, n := cell.NewParams(l, 2), 0
		p.Init(l, 3, func() float64 { n++; return float64(n%1000) / 1000 })
		want := 0
		for _, tensor := range p.Tensors(l) {
			for i, v := range tensor.Data {
				want++
				u := float64(want%1000) / 1000
				if math.Abs(v-1.5*(2*u-1)) > 1e-15 { // 3/√4 = 1.5
					t.Fatalf("%s: %s[%d] = %v, draw %d", kind.Name, tensor.Name, i, v, want)
				}
			}
		}
		if n != want {
			t.Errorf("%s: %d draws for %d numbers", kind.Name, n, want)
		}
	}
}
