// Package oracle knows the right answers: exact gradients, means and variances
// that owe nothing to the code they judge and nothing to luck.
//
// The contract of the package: no Monte Carlo. Gradients come from
// backpropagation through time and from finite differences of the loss. Means
// and second moments of a randomised estimator come from enumerating every
// pattern of its noise (Enumerate), and, where ρ0 and ρ1 do not depend on the
// draws, from a closed form (ClosedForm) that is cheap enough for full-size
// networks. Draw is UORO as the paper writes it, dense and one draw at a time.
//
// Steps are 1-based, as everywhere in the tables: step t is tr.Steps[t-1].
package oracle

import (
	"fmt"

	"uorobench/estimators/cell"
)

// Fixture is a small network on a small sequence, on which everything can be
// enumerated. It is made to be hard to please: the initial state is not zero,
// the weights are large enough for F_t to be far from diagonal and from the
// identity, and every step carries a loss.
type Fixture struct {
	Cell       cell.Cell
	Params     *cell.Params
	Sequence   *cell.Sequence
	Initial    []float64 // s_0
	Trajectory *cell.Trajectory
}

// NewFixture makes a network of the named cell with random weights (uniform in
// ±scale) over steps random inputs with squared-error losses. uniform must
// return numbers in [0, 1). It fails for an unknown cell or impossible sizes.
func NewFixture(name string, inputs, hidden, steps int, scale float64, uniform func() float64) (*Fixture, error) {
	c, err := cell.New(name, inputs, hidden)
	if err != nil {
		return nil, fmt.Errorf("oracle: fixture: %w", err)
	}
	const outputs = 2
	f := &Fixture{Cell: c, Params: cell.NewParams(c.Layout(), outputs)}
	draw := func(dst []float64) []float64 {
		for i := range dst {
			dst[i] = scale * (2*uniform() - 1)
		}
		return dst
	}
	draw(f.Params.Theta)
	draw(f.Params.ReadoutW)
	draw(f.Params.ReadoutB)
	f.Sequence = &cell.Sequence{Inputs: inputs, Outputs: outputs}
	for range steps {
		f.Sequence.X = append(f.Sequence.X, draw(make([]float64, inputs)))
		f.Sequence.Value = append(f.Sequence.Value, draw(make([]float64, outputs)))
	}
	f.Initial = draw(make([]float64, c.Layout().S()))
	f.Trajectory, err = cell.Run(c, f.Params, f.Sequence, f.Initial)
	return f, err
}

// checkStep refuses a step outside of 1 … steps.
func checkStep(step, steps int) error {
	if step < 1 || step > steps {
		return fmt.Errorf("oracle: step %d; the trajectory has steps 1 to %d", step, steps)
	}
	return nil
}
