package reports

import (
	"math"
	"slices"
	"strconv"

	"uorobench/bench"
	"uorobench/bench/draw"
	"uorobench/stats"
)

// ConvergenceRow is the distance of means of some draws from the exact gradient.
type ConvergenceRow struct {
	Key
	Group       int32   `parquet:"group" unit:"0-based" doc:"group of draws: one repetition, independent of the others; 0 for an estimator without noise"`
	Step        int32   `parquet:"step" unit:"1-based" doc:"step of the sequence, counted from 1"`
	MeanOf      int64   `parquet:"mean_of" unit:"draws" doc:"N: the group's draws are cut into runs of N, and the mean of each is taken; 1 for an estimator without noise, whose mean is the same for all N"`
	Means       int64   `parquet:"means" unit:"means" doc:"runs of N draws in the group; 0 for an estimator without noise"`
	DeviationSq float64 `parquet:"deviation_sq" unit:"gradient²" doc:"‖mean of N draws − g‖², averaged over the runs; its expectation is ‖bias‖² + var_trace / N"`
	ExactNormSq float64 `parquet:"exact_norm_sq" unit:"gradient²" doc:"‖g‖², g the exact gradient"`
}

// convergenceRows are the rows of all estimators; none where they were not asked
// for.
func convergenceRows(r *bench.Result) []ConvergenceRow {
	var rows []ConvergenceRow
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			key := keyOf(r.Experiment, c, est.Selection, est.Convention)
			exact := make(map[int]float64)
			for _, s := range est.Steps {
				exact[s.Step] = s.ExactSq
			}
			for _, d := range draw.Deviations(est) {
				rows = append(rows, ConvergenceRow{
					Key: key, Group: int32(d.Group), Step: int32(d.Step), MeanOf: d.Draws, Means: d.Means, DeviationSq: d.Sq, ExactNormSq: exact[d.Step],
				})
			}
		}
	}
	return rows
}

const convergenceTitle = "Relative deviation of the mean of N draws, √(mean ‖mean − g‖² / ‖g‖²)"

// shownMeans are the N that have a column.
var shownMeans = []int64{1, 4, 16, 64, 256, 1024}

// convergenceTable has a line per estimator: the deviation by N, and its exponent
// in N. It is empty where the detail was not asked for.
func (b block) convergenceTable() *grid {
	g := &grid{}
	var means []int64
	for _, n := range shownMeans {
		if slices.ContainsFunc(b.convergence, func(r ConvergenceRow) bool { return r.MeanOf == n }) {
			means = append(means, n)
			g.header = append(g.header, "N = "+strconv.FormatInt(n, 10))
		}
	}
	g.header = b.header(append(g.header, "exponent [95 %]")...)
	for _, s := range b.summary {
		d := b.deviationsOf(s.Key)
		if len(d) == 0 {
			continue
		}
		cells := make([]string, 0, len(means)+1)
		for _, n := range means {
			cells = append(cells, digits(d.at(n, -1)))
		}
		i := d.exponent()
		g.rows = append(g.rows, b.line(s.Key, append(cells,
			withInterval(Optional(i.Value, i.OK), Optional(i.Lo, i.HasCI), Optional(i.Hi, i.HasCI)))...))
	}
	return g
}

// deviations are, by N, the squared deviation relative to ‖g‖² of every group,
// over all its steps.
type deviations map[int64][]float64

func (b block) deviationsOf(k Key) deviations {
	type cell struct {
		n     int64
		group int32
	}
	sums, exact := make(map[cell]float64), make(map[cell]float64)
	groups := int32(0)
	for _, r := range b.convergence {
		if r.Key == k {
			at := cell{r.MeanOf, r.Group}
			sums[at] += r.DeviationSq
			exact[at] += r.ExactNormSq
			groups = max(groups, r.Group+1)
		}
	}
	d := make(deviations)
	for at := range sums {
		if d[at.n] == nil {
			d[at.n] = slices.Repeat([]float64{math.NaN()}, int(groups))
		}
		d[at.n][at.group] = sums[at] / exact[at]
	}
	return d
}

// at is the deviation at N over all groups but one (-1: all); nil where there is
// none. What does not depend on N stands at N = 1.
func (d deviations) at(n int64, without int) *float64 {
	values, ok := d[n]
	if !ok && len(d) == 1 {
		values = d[1]
	}
	sum, count := 0.0, 0
	for g, v := range values {
		if g != without {
			sum, count = sum+v, count+1
		}
	}
	return quotient(math.Sqrt(sum), math.Sqrt(float64(count)))
}

// exponent fits deviation ∝ N^b, with the delete-a-group jackknife for its error:
// the means of one group share their draws. There is none for fewer than three N.
func (d deviations) exponent() stats.Interval {
	all := d.fit(-1)
	if len(d) < 3 || !all.OK {
		return stats.Interval{}
	}
	j := stats.Jackknife{Value: all.Value}
	for g := range d[1] {
		left := d.fit(g)
		if !left.OK {
			return stats.Interval{Value: all.Value, OK: true}
		}
		j.Add(left.Value, 1)
	}
	return j.Interval()
}

func (d deviations) fit(without int) stats.Interval {
	var x, y []float64
	for n := range d {
		if v := d.at(n, without); v != nil {
			x, y = append(x, float64(n)), append(y, *v)
		}
	}
	slices.Sort(x) // the order of a map is none
	y = y[:0]
	for _, n := range x {
		y = append(y, *d.at(int64(n), without))
	}
	return stats.PowerLaw(x, y)
}
