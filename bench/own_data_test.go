package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"uorobench/bench/problem"
	"uorobench/bench/weights"
)

// ownData is written by bench/peers/own_data.py with the real packages: data as a user
// of PyTorch has them, networks, and what autograd makes of both.
const ownData = "testdata/own-data"

// ownProblem is the problem of a file of data and a network of PyTorch's.
func ownProblem(t *testing.T, data, network string) *problem.Problem {
	t.Helper()
	e := Default()
	e.Task.Name, e.Task.Data, e.Task.Repetition = "file", filepath.Join(ownData, data), 1
	if data == "end.safetensors" {
		e.Task.TargetSymbols = 5
	}
	e.Weights, e.Steps, e.Stride = filepath.Join(ownData, network+".safetensors"), 11, 1
	e.Cells, e.Hidden = []string{network[:len(network)-4]}, 4
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := newProblem(e, e.Cells[0])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Real inputs with a masked squared error, from every format, and with cross-entropy at
// the end alone: the loss and the exact gradient of every step are autograd's, by RTRL
// and by BPTT.
func TestOwnDataIsPyTorchs(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		for _, c := range []struct{ data, network string }{
			{"mse.npz", name + "-mse"}, {"mse-plain.npz", name + "-mse"}, {"mse.csv", name + "-mse"}, {"end.safetensors", name + "-end"},
		} {
			t.Run(c.network+" "+c.data, func(t *testing.T) {
				p := ownProblem(t, c.data, c.network)
				if _, err := p.CheckExact(<-p.BPTT()); err != nil {
					t.Error(err)
				}
				compareWithAutograd(t, p, c.network)
			})
		}
	}
}

func compareWithAutograd(t *testing.T, p *problem.Problem, network string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(ownData, network+".reference.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	losses, err := file.Tensor("losses")
	if err != nil {
		t.Fatal(err)
	}
	for s, j := range p.Trajectory.Steps {
		if want := losses.Data[s]; j.HasLoss != (want != 0) || math.Abs(j.Loss-want) > 1e-12 {
			t.Errorf("step %d: loss %v (%v), PyTorch has %v", s+1, j.Loss, j.HasLoss, want)
		}
	}
	worst, largest := 0.0, 0.0
	for m, step := range p.Measured {
		for j, got := range p.Exact[m] {
			tensor, row, col := p.Trajectory.Layout.Coordinate(j)
			g, err := file.Tensor(fmt.Sprintf("grad_%s@%d", tensor, step))
			if err != nil {
				t.Fatal(err)
			}
			at := row
			if col >= 0 {
				at = row*g.Shape[1] + col
			}
			worst, largest = max(worst, math.Abs(got-g.Data[at])), max(largest, math.Abs(g.Data[at]))
		}
	}
	if !(worst <= 1e-10*largest) || largest == 0 || len(p.Measured) == 0 {
		t.Errorf("gradients of %d steps differ by %v of %v from autograd's", len(p.Measured), worst, largest)
	}
	t.Logf("%d steps, %.2g of %.2g", len(p.Measured), worst, largest)
}
