package cell

import (
	"fmt"
	"math"
	"slices"
)

// Params are a network's weights: the recurrent θ in the layout's order, and
// the readout y = W h + b, whose gradient is exact and is not estimated.
type Params struct {
	Theta    []float64 // P
	ReadoutW []float64 // Y×H row-major
	ReadoutB []float64 // Y
}

// NewParams makes zero weights for a layout and Y outputs.
func NewParams(l *Layout, outputs int) *Params {
	return &Params{
		Theta:    make([]float64, l.P()),
		ReadoutW: make([]float64, outputs*l.H),
		ReadoutB: make([]float64, outputs),
	}
}

// Init fills p with uniform numbers in ±scale/√H, PyTorch's default when scale
// is 1. uniform must return numbers in [0, 1). The tensors are filled in the
// order of Tensors, each row by row, so that the numbers do not depend on the
// layout of θ.
func (p *Params) Init(l *Layout, scale float64, uniform func() float64) {
	bound := scale / math.Sqrt(float64(l.H))
	tensors := p.Tensors(l)
	for _, t := range tensors {
		for i := range t.Data {
			t.Data[i] = bound * (2*uniform() - 1)
		}
	}
	if err := p.SetTensors(l, tensors); err != nil {
		panic("cell: Init: " + err.Error()) // its own tensors always fit
	}
}

// Tensor is a named array in PyTorch's shape, row-major. A vector has one
// entry in Shape.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float64
}

// Coordinate names the place of coordinate j of θ in PyTorch's tensors. col is
// -1 for a bias.
func (l *Layout) Coordinate(j int) (tensor string, row, col int) {
	g := 0
	for g+1 < len(l.Groups) && l.Groups[g+1].Offset <= j {
		g++
	}
	group := &l.Groups[g]
	at := j - group.Offset
	row = group.Gate*l.H + at/group.Width()
	switch col = group.Lo + at%group.Width(); {
	case col < l.X:
		return "weight_ih_l0", row, col
	case col == l.X:
		return "bias_ih_l0", row, -1
	case col <= l.X+l.H:
		return "weight_hh_l0", row, col - l.X - 1
	}
	return "bias_hh_l0", row, -1
}

// shapes lists the tensors of a network: PyTorch's four, and the readout's.
func (l *Layout) shapes(outputs int) []Tensor {
	rows := l.Gates * l.H
	return []Tensor{
		{Name: "weight_ih_l0", Shape: []int{rows, l.X}},
		{Name: "weight_hh_l0", Shape: []int{rows, l.H}},
		{Name: "bias_ih_l0", Shape: []int{rows}},
		{Name: "bias_hh_l0", Shape: []int{rows}},
		{Name: "weight", Shape: []int{outputs, l.H}},
		{Name: "bias", Shape: []int{outputs}},
	}
}

// Tensors copies p into PyTorch's tensors, always in the same order.
func (p *Params) Tensors(l *Layout) []Tensor {
	tensors := l.shapes(len(p.ReadoutB))
	for i := range tensors {
		tensors[i].Data = make([]float64, tensors[i].size())
	}
	l.eachCoordinate(tensors, func(j int, at *float64) { *at = p.Theta[j] })
	copy(tensors[4].Data, p.ReadoutW)
	copy(tensors[5].Data, p.ReadoutB)
	return tensors
}

// SetTensors copies the named tensors into p. Every tensor of the cell must be
// there with its shape and finite numbers; others are refused, because a name
// that is not used is more often a slip than a wish.
func (p *Params) SetTensors(l *Layout, tensors []Tensor) error {
	want := l.shapes(len(p.ReadoutB))
	if err := matchTensors(want, tensors); err != nil {
		return err
	}
	l.eachCoordinate(want, func(j int, at *float64) { p.Theta[j] = *at })
	copy(p.ReadoutW, want[4].Data)
	copy(p.ReadoutB, want[5].Data)
	return nil
}

// matchTensors points want's data at the tensors of the same name.
func matchTensors(want, have []Tensor) error {
	for _, t := range have {
		at := slices.IndexFunc(want, func(w Tensor) bool { return w.Name == t.Name })
		if at < 0 {
			return fmt.Errorf("tensor %q is not of this cell; allowed: %s", t.Name, tensorNames(want))
		}
		if !slices.Equal(want[at].Shape, t.Shape) || len(t.Data) != t.size() {
			return fmt.Errorf("tensor %q has shape %v, want %v", t.Name, t.Shape, want[at].Shape)
		}
		if err := t.checkFinite(); err != nil {
			return err
		}
		want[at].Data = t.Data
	}
	for _, w := range want {
		if w.Data == nil {
			return fmt.Errorf("tensor %q is missing, want shape %v", w.Name, w.Shape)
		}
	}
	return nil
}

// checkFinite names the first entry that is NaN or infinite: one of them makes
// every state and gradient after it so.
func (t *Tensor) checkFinite() error {
	for i, v := range t.Data {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			continue
		}
		at := make([]int, len(t.Shape))
		for d := len(at) - 1; d >= 0; d-- {
			at[d], i = i%t.Shape[d], i/t.Shape[d]
		}
		return fmt.Errorf("tensor %q at %v is %v: want finite numbers", t.Name, at, v)
	}
	return nil
}

func (t *Tensor) size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

func tensorNames(ts []Tensor) string {
	s := ""
	for i, t := range ts {
		if i > 0 {
			s += ", "
		}
		s += t.Name
	}
	return s
}

// eachCoordinate calls visit with every coordinate of θ and its place in the
// first four tensors. A weight that belongs to no row (none in today's cells)
// would stay as it is.
func (l *Layout) eachCoordinate(ts []Tensor, visit func(j int, at *float64)) {
	for j := 0; j < l.P(); j++ {
		name, row, col := l.Coordinate(j)
		for i := range ts[:4] {
			t := &ts[i]
			if t.Name != name {
				continue
			}
			if col < 0 {
				visit(j, &t.Data[row])
			} else {
				visit(j, &t.Data[row*t.Shape[1]+col])
			}
		}
	}
}
