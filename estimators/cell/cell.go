// Package cell holds the recurrent cells, their parameters, and the frozen
// trajectory along which estimators are measured.
//
// The contract of the room: a cell is written twice. Linearize gives the state
// Jacobian F_t and the gains of the immediate influence I_t, from which every
// estimator works; Backward is the same derivative as ordinary reverse-mode
// code, written apart from it. RTRL through the first and BPTT through the
// second must agree to rounding, and both must agree with finite differences;
// a slip in one of them cannot hide.
//
// Formulas are those of PyTorch's RNN, GRU and LSTM, with PyTorch's tensor
// names, gate order and two bias vectors, so that weights pass both ways.
package cell

import (
	"fmt"
	"strings"
)

// Cell is a recurrent cell. θ is laid out as Layout says. A Cell owns scratch
// and is not safe for concurrent use; make one per goroutine.
type Cell interface {
	// Name is the cell's name in flags, files and tables.
	Name() string
	// Layout describes θ and the sparsity of I_t. It is read-only.
	Layout() *Layout
	// Advance computes next = s_t from the features z and prev = s_{t-1}.
	Advance(theta, z, prev, next []float64)
	// Linearize is Advance that also fills j.F and j.Gain. j.Z is z.
	Linearize(theta []float64, prev, next []float64, j *Jacobian)
	// Hidden writes h, what the readout and the next step's features see of
	// the state s.
	Hidden(h, s []float64)
	// PullHidden adds (∂h/∂s)ᵀ dh to ds.
	PullHidden(ds, s, dh []float64)
	// Backward is one step of BPTT at the point of the last Advance or
	// Linearize with the same z and prev: given ds = ∂L/∂s_t it writes
	// dprev = ∂L/∂s_{t-1} and adds ∂L/∂θ to dtheta.
	Backward(theta, z, prev, ds, dprev, dtheta []float64)
}

// Kind is an entry of the list of cells.
type Kind struct {
	Name    string
	Formula string
	New     func(inputs, hidden int) Cell
	// Surrogate says that the derivatives are not those of the forward pass but of
	// a stand-in for a step function. Finite differences do not apply then.
	Surrogate bool
}

// Kinds lists the cells. A new cell is one file and one line here.
var Kinds = []Kind{
	{"rnn", "h' = tanh(W_ih x + b_ih + W_hh h + b_hh)", newTanh, false},
	{"gru", "h' = (1-z)⊙n + z⊙h, n = tanh(W_in x + b_in + r⊙(W_hn h + b_hn))", newGRU, false},
	{"lstm", "c' = f⊙c + i⊙g, h' = o⊙tanh(c')", newLSTM, false},
	{"linear", "h' = W_ih x + b_ih + W_hh h + b_hh", newLinear, false},
	{"lif", "v' = αv + W_ih x + b_ih + W_hh o + b_hh − o, o = Θ(v − 1)", newLIF, true},
	{"alif", "v' as lif, a' = ϱa + o, o = Θ(v − 1 − βa)", newALIF, true},
}

// New makes the cell called name with the given numbers of inputs and hidden
// units (both at least 1).
func New(name string, inputs, hidden int) (Cell, error) {
	if inputs < 1 || hidden < 1 {
		return nil, fmt.Errorf("cell %s: inputs = %d, hidden = %d; both must be at least 1", name, inputs, hidden)
	}
	for _, k := range Kinds {
		if k.Name == name {
			return k.New(inputs, hidden), nil
		}
	}
	return nil, fmt.Errorf("cell: unknown cell %q; allowed: %s", name, strings.Join(Names(), ", "))
}

// Names lists the cells' names in order.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}
