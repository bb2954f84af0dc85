package reports

import (
	"fmt"

	"uorobench/bench"
	"uorobench/bench/task"
)

// VectorRow is one number of what a network of real numbers reads or should give.
type VectorRow struct {
	Step  int32   `parquet:"step" unit:"1-based" doc:"step of the window, counted from 1; the steps of a warm-up, before it, end at 0"`
	Kind  string  `parquet:"kind,dict" unit:"name" doc:"x: a number of the input vector; input: the symbol that is read in its place; y: a number of the target vector; target: the symbol in its place. A step without a loss has neither y nor target"`
	Index int32   `parquet:"index" unit:"0-based" doc:"place in the vector; 0 of a symbol"`
	Value float64 `parquet:"value" unit:"1" doc:"the number, or the symbol's code"`
}

// Vectors is the dataset of a sequence that has vectors.
var Vectors = Dataset[VectorRow]{name: "vectors"}

// Values of VectorRow.Kind.
const (
	kindX      = "x"
	kindInput  = "input"
	kindY      = "y"
	kindTarget = "target"
)

// vectorRows is a sequence that has vectors, warm-up and window; none for one of
// symbols, which sequenceRows keeps. It is the same for all cells.
func vectorRows(c *bench.CellResult) []VectorRow {
	return append(vectorPart(&c.WarmUp, 1-c.WarmUp.Steps()), vectorPart(&c.Sequence, 1)...)
}

func vectorPart(s *task.Sequence, first int) []VectorRow {
	if s.Real == nil {
		return nil
	}
	var rows []VectorRow
	add := func(t int, kind string, values ...float64) {
		for i, v := range values {
			rows = append(rows, VectorRow{int32(first + t), kind, int32(i), v})
		}
	}
	for t := range s.Steps() {
		if s.Real.Input != nil {
			add(t, kindX, s.Real.Input[t]...)
		} else {
			add(t, kindInput, float64(s.Input[t]))
		}
		switch {
		case !s.HasLoss(t):
		case s.Squared():
			add(t, kindY, s.Real.Target[t]...)
		default:
			add(t, kindTarget, float64(s.Target[t]))
		}
	}
	return rows
}

// vectorReader puts rows together again.
type vectorReader struct {
	kinds map[string]bool // those of the whole dataset
	parts [2]task.Sequence
	last  VectorRow
}

// vectorParts are the warm-up and the window of the rows; the error is for rows that
// are of no sequence. The numbers of inputs and outputs are left to the weights.
func vectorParts(rows []VectorRow) (before, window task.Sequence, err error) {
	r := &vectorReader{kinds: map[string]bool{}}
	for _, row := range rows {
		r.kinds[row.Kind] = true
	}
	if r.kinds[kindX] == r.kinds[kindInput] || r.kinds[kindY] && r.kinds[kindTarget] {
		return before, window, fmt.Errorf("vectors.parquet: want rows of x or of input, and of y or of target")
	}
	for i := range r.parts {
		r.parts[i].Real = new(task.Real)
	}
	for i := range rows {
		if err := r.take(rows[i], i == 0); err != nil {
			return before, window, err
		}
	}
	return r.parts[0], r.parts[1], nil
}

func (r *vectorReader) take(row VectorRow, first bool) error {
	s := &r.parts[1]
	if row.Step < 1 {
		s = &r.parts[0]
	}
	read := row.Kind == kindX || row.Kind == kindInput
	next := read && (first && row.Step <= 1 || !first && row.Step == r.last.Step+1)
	begins := row.Index == 0 && (next || !read && row.Step == r.last.Step && (r.last.Kind == kindX || r.last.Kind == kindInput))
	follows := !first && row.Step == r.last.Step && row.Kind == r.last.Kind && row.Index == r.last.Index+1 && (row.Kind == kindX || row.Kind == kindY)
	if !begins && !follows {
		return fmt.Errorf("vectors.parquet: %s[%d] of step %d does not follow %s[%d] of step %d", row.Kind, row.Index, row.Step, r.last.Kind, r.last.Index, r.last.Step)
	}
	if next {
		r.open(s)
	}
	r.last = row
	return put(s, row)
}

// open begins a step, which has no loss until it is told.
func (r *vectorReader) open(s *task.Sequence) {
	if r.kinds[kindX] {
		s.Real.Input = append(s.Real.Input, nil)
	} else {
		s.Input = append(s.Input, task.NoTarget)
	}
	if r.kinds[kindTarget] {
		s.Target = append(s.Target, task.NoTarget)
	} else {
		s.Real.Target = append(s.Real.Target, nil)
	}
}

func put(s *task.Sequence, row VectorRow) error {
	at := s.Steps() - 1
	code := int(row.Value)
	switch row.Kind {
	case kindX:
		s.Real.Input[at] = append(s.Real.Input[at], row.Value)
		return nil
	case kindY:
		s.Real.Target[at] = append(s.Real.Target[at], row.Value)
		return nil
	case kindInput:
		s.Input[at] = code
	case kindTarget:
		s.Target[at] = code
	default:
		return fmt.Errorf("vectors.parquet: step %d has a row of kind %q", row.Step, row.Kind)
	}
	if float64(code) != row.Value || code < 0 {
		return fmt.Errorf("vectors.parquet: %s of step %d is %v, and no symbol", row.Kind, row.Step, row.Value)
	}
	return nil
}

// keptSequence are the warm-up and the window that a run keeps, without steps where
// it keeps neither symbols nor vectors, as runs of older versions did of vectors.
func keptSequence(symbols []SequenceRow, vectors []VectorRow) (before, window task.Sequence, err error) {
	if len(vectors) > 0 {
		return vectorParts(vectors)
	}
	for _, row := range symbols {
		target, part := task.NoTarget, &window
		if row.Target != nil {
			target = int(*row.Target)
		}
		if row.Step < 1 {
			part = &before
		}
		part.Input, part.Target = append(part.Input, int(row.Input)), append(part.Target, target)
	}
	return before, window, nil
}

// checkCodes refuses codes and vectors that the network has no weights for.
func checkCodes(file string, s *task.Sequence) error {
	for t := range s.Steps() {
		x, y := 0, 0
		if s.Real != nil && s.Real.Input != nil {
			x = len(s.Real.Input[t]) - s.X
		} else if s.Input[t] < 0 || s.Input[t] >= s.X {
			x = 1
		}
		if s.Squared() {
			if s.HasLoss(t) {
				y = len(s.Real.Target[t]) - s.Y
			}
		} else if s.Target[t] >= s.Y {
			y = 1
		}
		switch {
		case s.Real != nil && (x != 0 || y != 0):
			return fmt.Errorf("vectors.parquet: row %d of steps does not fit %s, which has weights for %d inputs and %d outputs", t+1, file, s.X, s.Y)
		case x != 0 || y != 0:
			return fmt.Errorf("sequence.parquet: step %d has input %d and target %d; %s has weights for %d and %d codes",
				t+1, s.Input[t], s.Target[t], file, s.X, s.Y)
		}
	}
	return nil
}
