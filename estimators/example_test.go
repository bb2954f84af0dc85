package estimators_test

import (
	"fmt"
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// A chain is made once per cell, a batch once per worker. Sixteen draws of UORO
// over three steps of a tanh network of one unit, and their mean beside the
// exact gradient: with one unit and two steps of signs, sixteen lanes hold every
// pattern four times, so that the mean is the exact gradient.
func Example() {
	net, _ := cell.New("rnn", 1, 1)
	params := cell.NewParams(net.Layout(), 1)
	copy(params.Theta, []float64{0.5, 0.1, 0.9, -0.2}) // W_ih, b_ih, W_hh, b_hh
	params.ReadoutW[0] = 1
	sequence := &cell.Sequence{
		Inputs: 1, Outputs: 1,
		X:     [][]float64{{1}, {-1}, {1}},
		Value: [][]float64{nil, nil, {1}}, // a loss at the last step only
	}
	trajectory, _ := cell.Run(net, params, sequence, nil)

	selection, _ := estimators.Parse("uoro")
	chain, _ := selection.Spec.New(net.Layout(), estimators.Options{
		Convention: estimators.Pre,
		Guard:      estimators.GuardCode,
	})

	batch, known := chain.NewBatch(), chain.NewKnown()
	batch.Reset()
	known.Reset()
	mean, offset := 0.0, make([]float64, net.Layout().P())
	for t, j := range trajectory.Steps {
		eps := make([]float64, chain.NoiseDim*estimators.Lanes)
		for w := range eps {
			eps[w] = float64(2*(w>>t&1) - 1)
		}
		chain.AdvanceKnown(known, j, offset, nil)
		chain.Advance(batch, j, eps, func(s *estimators.Signals) {
			mean = 0
			for w, scale := range s.Scale[0] {
				mean += scale * s.Basis[0][w] / estimators.Lanes // coordinate 0
			}
		})
	}
	exact := estimators.Exact(trajectory)
	fmt.Printf("mean of UORO %.6f\n", mean+offset[0])
	fmt.Printf("exact        %.6f\n", exact[2][0])
	fmt.Printf("agree: %v\n", math.Abs(mean+offset[0]-exact[2][0]) < 1e-12)
	// Output:
	// mean of UORO -0.648761
	// exact        -0.648761
	// agree: true
}
