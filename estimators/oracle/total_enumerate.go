package oracle

import (
	"fmt"
	"slices"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// EnumerateTotal is Enumerate for the signals summed over the given steps, pattern
// by pattern. Step of the moments is the last of the steps.
func EnumerateTotal(chain *estimators.Chain, tr *cell.Trajectory, law Law, steps ...int) (*Moments, error) {
	if len(steps) == 0 {
		return nil, fmt.Errorf("oracle: a total over no step")
	}
	if chain.NewBatch == nil {
		return nil, fmt.Errorf("oracle: %s draws nothing; there is nothing to enumerate", chain.Name)
	}
	summed := *chain
	summed.NewBatch = func() estimators.Batch { return newSumming(chain.NewBatch(), chain.Signals(), tr.Layout.P()) }
	all, err := Enumerate(&summed, tr, law, steps...)
	if err != nil {
		return nil, err
	}
	return all[slices.Index(steps, slices.Max(steps))], nil
}

// summing is a batch whose signals are the sums of the inner batch's signals at the
// steps that were visited so far, formed draw by draw.
type summing struct {
	estimators.Batch
	out estimators.Signals
}

func newSumming(inner estimators.Batch, k, p int) *summing {
	s := &summing{Batch: inner}
	for i := range k {
		s.out.Scale = append(s.out.Scale, make([]float64, estimators.Lanes))
		s.out.Basis = append(s.out.Basis, make([]float64, p*estimators.Lanes))
		s.out.Of = append(s.out.Of, i)
		for w := range s.out.Scale[i] {
			s.out.Scale[i][w] = 1
		}
	}
	return s
}

// Reset starts the sums anew, with the inner batch.
func (s *summing) Reset() {
	s.Batch.Reset()
	for _, b := range s.out.Basis {
		clear(b)
	}
}

// Signals adds the inner batch's signals to the sums.
func (s *summing) Signals(j *cell.Jacobian) *estimators.Signals {
	in := s.Batch.Signals(j)
	for k, of := range in.Of {
		for i, v := range in.Basis[of] {
			s.out.Basis[k][i] += in.Scale[k][i%estimators.Lanes] * v
		}
	}
	return &s.out
}
