package reports

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"uorobench/bench/training"
)

// pointsPerDecade is how dense the points of a line are on the log axis at most:
// more of them make a comb of the right end.
const pointsPerDecade = 50

// thinned replaces the points within 1/pointsPerDecade of a decade by their mean,
// at the last one's step.
func thinned(bands []training.Band) []training.Band {
	var out []training.Band
	n, last := 0.0, math.Inf(-1)
	for _, b := range bands {
		bin := math.Floor(pointsPerDecade * math.Log10(float64(max(b.Step, 1))))
		if bin != last {
			out, n, last = append(out, b), 1, bin
			continue
		}
		n++
		to := &out[len(out)-1]
		to.Step, to.Runs = b.Step, b.Runs
		to.Median = ((n-1)*to.Median + b.Median) / n // an infinite loss stays one
		to.Lo = ((n-1)*to.Lo + b.Lo) / n
		to.Hi = ((n-1)*to.Hi + b.Hi) / n
	}
	return out
}

// fractionTicks are those of a fraction.
var fractionTicks = []plot.Tick{
	{Value: 0, Label: "0"}, {Value: 0.25, Label: "0.25"}, {Value: 0.5, Label: "0.5"}, {Value: 0.75, Label: "0.75"}, {Value: 1, Label: "1"},
}

// bitsTicks are 1, 2, 3 and 5 times powers of ten, labelled, with the others
// between; over more than a decade and a half 1 alone is labelled.
func bitsTicks(lo, hi float64) []plot.Tick {
	wide := hi/lo > 30
	return logTicks(lo, hi, func(digit int) bool { return digit == 1 || (!wide && (digit == 2 || digit == 3 || digit == 5)) },
		func(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) })
}

// stepTicks are 1, 2 and 5 times powers of ten, labelled, with the others
// between. A range of over two and a half decades has labels at powers of ten only.
// (plot.LogTicks labels nothing within a decade.)
func stepTicks(lo, hi float64) []plot.Tick {
	wide := hi/lo > 300
	return logTicks(lo, hi, func(digit int) bool { return digit == 1 || (!wide && (digit == 2 || digit == 5)) }, shortStep)
}

func logTicks(lo, hi float64, labelled func(digit int) bool, label func(float64) string) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(lo))); power <= hi; power *= 10 {
		for d := 1; d < 10; d++ {
			if at := float64(d) * power; at >= lo && at <= hi {
				t := plot.Tick{Value: at}
				if labelled(d) {
					t.Label = label(at)
				}
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// shortStep writes 500, 20k, 1M.
func shortStep(x float64) string {
	switch {
	case x >= 1e6:
		return strconv.FormatFloat(x/1e6, 'f', -1, 64) + "M"
	case x >= 1e3:
		return strconv.FormatFloat(x/1e3, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
