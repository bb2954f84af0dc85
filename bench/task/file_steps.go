package task

import (
	"fmt"
	"math"
	"slices"

	"uorobench/bench/arrays"
	"uorobench/bench/config"
)

// stepsOf are the places in an array's Data where each step of the repetition begins,
// and the numbers of a step. vector says whether a step is one.
func (r *fileReader) stepsOf(name string, vector bool) (a *arrays.Array, starts []int, width int, err error) {
	a = r.find(name)
	batch, steps, width := -1, 0, 1
	switch s := a.Shape; {
	case len(s) == 1:
		steps = s[0]
	case vector && len(s) == 2:
		steps, width = s[0], s[1]
	case vector && len(s) == 3:
		batch, steps, width = s[0], s[1], s[2]
	case !vector && len(s) == 2:
		batch, steps = s[0], s[1]
	case vector:
		return a, nil, 0, fmt.Errorf("%s has shape %v: want [T, n], [T], or [B, T, n] of B repetitions", name, s)
	default:
		return a, nil, 0, fmt.Errorf("%s has shape %v: want [T], or [B, T] of B repetitions", name, s)
	}
	if err := r.checkSizes(name, batch, steps, width); err != nil {
		return a, nil, 0, err
	}
	first := 0
	if batch > 0 {
		first = r.o.Repetition * steps
	}
	if r.rows != nil {
		for _, t := range r.rows {
			starts = append(starts, t*width)
		}
		return a, starts, width, nil
	}
	for t := range steps {
		starts = append(starts, (first+t)*width)
	}
	return a, starts, width, nil
}

// checkSizes compares an array with those before it.
func (r *fileReader) checkSizes(name string, batch, steps, width int) error {
	if r.steps < 0 {
		r.steps, r.batch, r.first = steps, batch, name
	}
	sequence := r.find("sequence")
	switch {
	case steps == 0:
		return fmt.Errorf("%s has no step", name)
	case width == 0 || width > MaxDataWidth:
		return fmt.Errorf("%s has %d numbers a step: want 1 to %d", name, width, MaxDataWidth)
	case steps != r.steps:
		return fmt.Errorf("%s has %d steps, %s has %d", name, steps, r.first, r.steps)
	case batch != r.batch:
		return fmt.Errorf("%s has %s, %s has %s", name, repetitions(batch), r.first, repetitions(r.batch))
	case sequence != nil && (batch >= 0 || len(sequence.Data) != steps):
		return fmt.Errorf("%s has %s of %d steps, sequence is of %d steps: want sequence [T] and no leading axis", name, repetitions(batch), steps, len(sequence.Data))
	case sequence == nil && r.o.Repetition > max(batch, 1)-1:
		return config.Wrong("sequence", r.o.Repetition, fmt.Sprintf("the file has %s: must be a whole number from 0 to %d", repetitions(batch), max(batch, 1)-1), "task.data")
	case batch == 0:
		return fmt.Errorf("%s has 0 repetitions", name)
	}
	return nil
}

func repetitions(batch int) string {
	if batch < 0 {
		return "one repetition, without a leading axis,"
	}
	return fmt.Sprintf("%d repetitions", batch)
}

// readMask sets at which steps there is a loss: all of them without a mask.
func (r *fileReader) readMask() error {
	if r.find("mask") == nil {
		return nil
	}
	a, starts, _, err := r.stepsOf("mask", false)
	if err != nil {
		return err
	}
	for _, at := range starts {
		if v := a.Data[at]; v != 0 && v != 1 {
			return fmt.Errorf("%s: mask is %v: want 0, no loss there, or 1", a.Place(at), v)
		}
		r.lossAt = append(r.lossAt, a.Data[at] == 1)
	}
	return nil
}

// vectors are those of each step; nil where only says that a step is not looked at.
func (r *fileReader) vectors(name string, only []bool) ([][]float64, int, error) {
	a, starts, width, err := r.stepsOf(name, true)
	if err != nil {
		return nil, 0, err
	}
	out := make([][]float64, len(starts))
	for t, at := range starts {
		if only != nil && !only[t] {
			continue
		}
		out[t] = a.Data[at : at+width : at+width]
		for j, v := range out[t] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, 0, fmt.Errorf("%s: %s is %v: want a finite number", a.Place(at+j), name, v)
			}
		}
	}
	return out, width, nil
}

// symbols are the codes of each step, NoTarget where only says that a step is not
// looked at, and their number.
func (r *fileReader) symbols(name string, codes int, only []bool) ([]int, int, error) {
	a, starts, _, err := r.stepsOf(name, false)
	if err != nil {
		return nil, 0, err
	}
	most := codes
	if codes == 0 {
		most = MaxDataSymbols
	}
	out, largest := make([]int, len(starts)), 0
	for t, at := range starts {
		if out[t] = NoTarget; only != nil && !only[t] {
			continue
		}
		v := a.Data[at]
		if !(v >= 0 && v < float64(most)) || v != math.Trunc(v) {
			return nil, 0, fmt.Errorf("%s: %s is %v: want a symbol, a whole number from 0 to %d", a.Place(at), name, v, most-1)
		}
		out[t] = int(v)
		largest = max(largest, out[t])
	}
	if codes == 0 {
		codes = largest + 1
	}
	if name == "target" && codes < 2 {
		return nil, 0, fmt.Errorf("target has the one symbol 0: there is nothing to predict, want at least 2 (target_symbols)")
	}
	return out, codes, nil
}

// clone copies the first steps, so that the receiver owns them.
func (s *Sequence) clone(steps int) Sequence {
	c, _ := s.Split(steps)
	c.Input, c.Target, c.Symbols = slices.Clone(c.Input), slices.Clone(c.Target), slices.Clone(c.Symbols)
	if c.Real != nil {
		c.Real.Input, c.Real.Target = cloneVectors(c.Real.Input), cloneVectors(c.Real.Target)
	}
	return c
}

func cloneVectors(vectors [][]float64) [][]float64 {
	vectors = slices.Clone(vectors)
	for t, v := range vectors {
		vectors[t] = slices.Clone(v) // of nil it is nil
	}
	return vectors
}
