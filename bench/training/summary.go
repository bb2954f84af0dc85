package training

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"uorobench/bench/noise"
)

// Bounds is a number known to lie in [Lo, Hi]. A training that did not get there
// within its steps is censored: its time lies in [steps, ∞]. It is not dropped:
// that would make a method look better the more often it fails.
//
// All summaries are taken by interval arithmetic on Bounds. What holds for every
// value in the intervals is what is stated, so that a median may well be exact
// with two of five runs censored.
type Bounds struct{ Lo, Hi float64 }

// Exact is a number that is known.
func Exact(x float64) Bounds { return Bounds{x, x} }

// Exact says whether the number is known.
func (b Bounds) Exact() bool { return b.Lo == b.Hi }

// String writes the number to three significant digits at least: "12000",
// "> 30000", "< 0.5", "2 to 8", or "unknown".
func (b Bounds) String() string {
	switch {
	case b.Exact():
		return digits(b.Lo)
	case math.IsInf(b.Hi, 1) && b.Lo <= 0:
		return "unknown"
	case math.IsInf(b.Hi, 1):
		return "> " + digits(b.Lo)
	case b.Lo <= 0:
		return "< " + digits(b.Hi)
	}
	return digits(b.Lo) + " to " + digits(b.Hi)
}

func digits(x float64) string {
	if math.Abs(x) >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// Over is the ratio of two numbers that are at least 0. 0/0 and ∞/∞ are unknown.
func (b Bounds) Over(c Bounds) Bounds {
	lo, hi := b.Lo/c.Hi, b.Hi/c.Lo
	if math.IsNaN(lo) {
		lo = 0
	}
	if math.IsNaN(hi) {
		hi = math.Inf(1)
	}
	return Bounds{lo, hi}
}

// Median is the median of xs, the mean of the two middle ones where their number
// is even. It panics when there are none.
func Median(xs []Bounds) Bounds {
	n := len(xs)
	a, b := orderStatistic(xs, (n-1)/2), orderStatistic(xs, n/2)
	return Bounds{(a.Lo + b.Lo) / 2, (a.Hi + b.Hi) / 2}
}

// orderStatistic is the k-th smallest of xs, 0-based: it lies between the k-th
// smallest lower bound and the k-th smallest upper one.
func orderStatistic(xs []Bounds, k int) Bounds {
	lo, hi := make([]float64, len(xs)), make([]float64, len(xs))
	for i, x := range xs {
		lo[i], hi[i] = x.Lo, x.Hi
	}
	slices.Sort(lo)
	slices.Sort(hi)
	return Bounds{lo[k], hi[k]}
}

// Goal is a state of a curve that a training is to reach.
type Goal struct {
	Name    string
	Reached func(Point) bool
}

// BitsGoal is a recent loss of at most so many bits per symbol.
func BitsGoal(bits float64) Goal {
	return Goal{fmt.Sprintf("%.2f bits", bits), func(p Point) bool { return p.Bits <= bits }}
}

// EndingsGoal is a recent fraction of correct endings of at least so much.
func EndingsGoal(fraction float64) Goal {
	return Goal{fmt.Sprintf("%.0f %% endings", 100*fraction), func(p Point) bool { return p.Endings >= fraction }}
}

// StepsTo is the step of the first point that reaches the goal, and censored at
// the plan's number of steps where none does. A training that diverged is
// censored there too: it would never have got there.
func (r *Result) StepsTo(g Goal, steps int) Bounds {
	for _, p := range r.Points {
		if g.Reached(p) {
			return Exact(float64(p.Step))
		}
	}
	return Bounds{float64(steps), math.Inf(1)}
}

// Interval is an estimate with the ends of its 95 % interval.
type Interval struct{ Estimate, Lo, Hi Bounds }

// Resamples is the number of bootstrap resamples.
const Resamples = 10000

// bootstrap95 is the percentile bootstrap (Efron & Tibshirani 1993, chapter 13)
// of a statistic of n cases: figure is called with the n indices of a resample.
// The resamples are the same on every call: they are drawn from the stream of
// the given seed. With the handful of seeds that training allows, such an
// interval is too narrow: five seeds cannot say more than their range, which
// holds the true median with probability 1 − 2/2⁵ = 94 %.
func bootstrap95(n int, seed uint64, figure func(sample []int) Bounds) (lo, hi Bounds) {
	u := noise.New(seed, noise.Data).Uniforms(tagBootstrap)
	sample, all := make([]int, n), make([]Bounds, Resamples)
	for b := range all {
		for i := range sample {
			sample[i] = u.IntN(n)
		}
		all[b] = figure(sample)
	}
	const tail = Resamples / 40
	return orderStatistic(all, tail), orderStatistic(all, Resamples-1-tail)
}

// tagBootstrap is the data stream's tag of the resamples.
const tagBootstrap = 4

// MedianInterval is the median of xs over seeds with its bootstrap interval.
func MedianInterval(xs []Bounds, seed uint64) Interval {
	picked := make([]Bounds, len(xs))
	lo, hi := bootstrap95(len(xs), seed, func(sample []int) Bounds {
		return Median(pick(picked, xs, sample))
	})
	return Interval{Median(xs), lo, hi}
}

// RatioInterval is the ratio of the medians of xs and base with its bootstrap
// interval. Entry i of both is of the same seed, and a resample takes the same
// seeds of both. It panics when their numbers differ.
func RatioInterval(xs, base []Bounds, seed uint64) Interval {
	if len(xs) != len(base) {
		panic("training: RatioInterval of unequal numbers of seeds")
	}
	a, b := make([]Bounds, len(xs)), make([]Bounds, len(xs))
	lo, hi := bootstrap95(len(xs), seed, func(sample []int) Bounds {
		return Median(pick(a, xs, sample)).Over(Median(pick(b, base, sample)))
	})
	return Interval{Median(xs).Over(Median(base)), lo, hi}
}

func pick(dst, xs []Bounds, sample []int) []Bounds {
	for i, at := range sample {
		dst[i] = xs[at]
	}
	return dst
}

// Summary is a method's way to one goal.
type Summary struct {
	Method  string
	Goal    string
	Runs    int
	Reached int // runs that got there
	Steps   Interval
	Ratio   Interval // to the reference method's steps
}

// Summarize compares the methods of a plan's results, in the results' order, for
// every goal. steps is the plan's number of steps; reference names the method
// that ratios are to, and its results must be there with the same seeds.
func Summarize(results []Result, goals []Goal, steps int, reference string) ([]Summary, error) {
	methods, byMethod := group(results)
	base, ok := byMethod[reference]
	if !ok {
		return nil, fmt.Errorf("training: no results of the reference method %q; there are %v", reference, methods)
	}
	var rows []Summary
	for _, m := range methods {
		if !sameSeeds(byMethod[m], base) {
			return nil, fmt.Errorf("training: methods %q and %q have other seeds; ratios are by seed", m, reference)
		}
		for _, g := range goals {
			rows = append(rows, summarize(byMethod[m], base, g, steps))
		}
	}
	return rows, nil
}

func summarize(results, base []Result, g Goal, steps int) Summary {
	s := Summary{Method: results[0].Method, Goal: g.Name, Runs: len(results)}
	times, baseTimes := stepsTo(results, g, steps), stepsTo(base, g, steps)
	for _, x := range times {
		if x.Exact() {
			s.Reached++
		}
	}
	s.Steps, s.Ratio = MedianInterval(times, 1), RatioInterval(times, baseTimes, 1)
	return s
}

func stepsTo(results []Result, g Goal, steps int) []Bounds {
	times := make([]Bounds, len(results))
	for i := range results {
		times[i] = results[i].StepsTo(g, steps)
	}
	return times
}

// group gathers results by method, in order of appearance.
func group(results []Result) (methods []string, by map[string][]Result) {
	by = map[string][]Result{}
	for _, r := range results {
		if by[r.Method] == nil {
			methods = append(methods, r.Method)
		}
		by[r.Method] = append(by[r.Method], r)
	}
	return methods, by
}

func sameSeeds(a, b []Result) bool {
	return slices.EqualFunc(a, b, func(x, y Result) bool { return x.Seed == y.Seed })
}
