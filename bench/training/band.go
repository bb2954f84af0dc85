package training

import (
	"math"
	"slices"
)

// Band is a method's curves at one step, over the seeds.
type Band struct {
	Step           int
	Median, Lo, Hi float64 // the median and the two quartiles
	Runs           int     // trainings that were still under way
}

// Quantity is one figure of a curve's points.
type Quantity struct {
	Name string
	Of   func(Point) float64
	// Worst stands for a training that has diverged: it is not left out, or the
	// band would look better for it.
	Worst float64
}

// The quantities of the two panels of a learning curve.
var (
	BitsQuantity    = Quantity{"bits per symbol", func(p Point) float64 { return p.Bits }, math.Inf(1)}
	EndingsQuantity = Quantity{"correct endings", func(p Point) float64 { return p.Endings }, 0}
)

// Bands is the median and the quartiles of a quantity over the results of one
// method, step by step to the longest curve's end. A point whose figure is NaN
// (no string ended there) is left out of its step; a step without any is left
// out of the bands.
func Bands(results []Result, q Quantity) []Band {
	var longest []Point
	for _, r := range results {
		if len(r.Points) > len(longest) {
			longest = r.Points
		}
	}
	var bands []Band
	for at, p := range longest {
		if b, ok := bandAt(results, q, at); ok {
			b.Step = p.Step
			bands = append(bands, b)
		}
	}
	return bands
}

func bandAt(results []Result, q Quantity, at int) (b Band, ok bool) {
	var values []float64
	for _, r := range results {
		v := q.Worst
		if at < len(r.Points) {
			v = q.Of(r.Points[at])
			b.Runs++
		}
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return b, false
	}
	slices.Sort(values)
	b.Lo, b.Median, b.Hi = quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)
	return b, true
}

// quantile is type 7 of Hyndman & Fan 1996, R's default, of sorted values: linear
// between order statistics.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	lo := int(at)
	part := at - float64(lo)
	if part == 0 || sorted[lo] == sorted[lo+1] { // also where both are infinite
		return sorted[lo]
	}
	return (1-part)*sorted[lo] + part*sorted[lo+1]
}
