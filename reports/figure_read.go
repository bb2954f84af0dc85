package reports

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"uorobench/bench/task"
	"uorobench/bench/training"
)

// ReadFigure makes the figure of the training directory at path again, from its
// Parquet alone: the same as the directory's own where this program made it.
func ReadFigure(path string) (*Figure, error) {
	trainings, err := Trainings.Read(path)
	if err != nil {
		return nil, err
	}
	curves, err := Curves.Read(path)
	if err != nil {
		return nil, err
	}
	var levels *task.Levels
	if len(trainings) > 0 {
		levels = trainings[0].levels()
	}
	return figureOf(resultsOf(trainings, curves), levels), nil
}

// levels are the reference levels of the row, nil where it has none.
func (t *TrainingRow) levels() *task.Levels {
	if t.PerfectBits == nil || t.BigramBits == nil || t.UnigramBits == nil {
		return nil
	}
	return &task.Levels{Perfect: *t.PerfectBits, Bigram: *t.BigramBits, Unigram: *t.UnigramBits}
}

// resultsOf is the trainings with as much of them as a figure shows.
func resultsOf(trainings []TrainingRow, curves []CurveRow) []training.Result {
	type key struct {
		method string
		seed   int64
	}
	at := map[key]int{}
	results := make([]training.Result, len(trainings))
	for i, t := range trainings {
		at[key{t.Method, t.Seed}] = i
		results[i] = training.Result{Method: t.Method, Seed: uint64(t.Seed), Steps: int(t.StepsDone)}
	}
	for _, c := range curves {
		if i, ok := at[key{c.Method, c.Seed}]; ok {
			p := training.Point{Step: int(c.Step), Bits: orNaN(c.Bits), Endings: orNaN(c.Endings)}
			results[i].Points = append(results[i].Points, p)
		}
	}
	return results
}

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// FigureError is a file name that does not say in which form a figure is wanted.
type FigureError struct{ Path string }

func (e *FigureError) Error() string {
	return fmt.Sprintf("figure %s: ends in %q: want .svg or .png", e.Path, filepath.Ext(e.Path))
}

// WriteFile writes the figure to a file, as SVG or PNG by the end of its name,
// else the error is a *FigureError. A file of that name is replaced when the new
// one is whole.
func (f *Figure) WriteFile(path string) error { return writeFigure(path, f.WriteSVG, f.WritePNG) }

// WriteFile is Figure.WriteFile for a plane.
func (p *Plane) WriteFile(path string) error { return writeFigure(path, p.WriteSVG, p.WritePNG) }

func writeFigure(path string, svg, png func(io.Writer) error) error {
	var write func(io.Writer) error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".svg":
		write = svg
	case ".png":
		write = png
	default:
		return &FigureError{path}
	}
	file, err := createAtomic(path)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		return errors.Join(err, file.abort())
	}
	return file.commit()
}
