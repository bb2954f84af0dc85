package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// pooledRow is a pooled row of a point, as its Parquet has it.
type pooledRow struct {
	values []string // of the axes
	SummaryRow
}

// tableFaults compares every number of the tables, before it is written, with what
// the rows give by the arithmetic here.
func (m *SweepManifest) tableFaults(r SweepReport, rows []pooledRow) (faults []string, compared int) {
	blocks, conditions := r.blocks(), m.conditions(rows)
	if len(blocks) != len(conditions) {
		return []string{fmt.Sprintf("%d blocks, the rows give %d", len(blocks), len(conditions))}, 0
	}
	for i, c := range conditions {
		if got, want := blocks[i].heading(), c.heading(); got != want {
			faults = append(faults, fmt.Sprintf("headed %q, want %q", got, want))
		}
		for f := range sweepFigures {
			if got, want := blocks[i].figureTitle(sweepFigures[f]), c.figureTitle(tableFigures[f].title); got != want {
				faults = append(faults, fmt.Sprintf("titled %q, want %q", got, want))
			}
			for _, name := range c.names() {
				got, want := blocks[i].shownLine(f, name), c.line(f, name)
				if (got == nil) != (want == nil) || len(got) != len(want) {
					faults = append(faults, fmt.Sprintf("%s, %s: %d columns, want %d", c.title, name, len(got), len(want)))
					continue
				}
				for column, w := range want {
					compared++
					if !w.equals(got[column], column == exponentColumn) {
						faults = append(faults, fmt.Sprintf("%s, %s, %s, %s: %s, want %s", c.title, tableFigures[f].title, name, column, got[column], w))
					}
				}
			}
		}
	}
	return faults, compared
}

// shownLine are the numbers of a line of the table of a figure, by column; nil where
// the table has no such line.
func (b *sweepBlock) shownLine(f int, name string) map[string]shown {
	columns := b.columns()
	numbers, fitted := b.numbers(columns)
	fitted = fitted && !sweepFigures[f].signed
	if b.line(sweepFigures[f], name, columns, numbers, fitted) == nil {
		return nil
	}
	out := map[string]shown{}
	for _, column := range columns {
		rows := b.of(name, column)
		c := b.cellFigure(b.values(sweepFigures[f], rows), rows, sweepFigures[f], len(columns))
		if column == "" {
			column = "all"
		}
		out[column] = shownOf(c.value, c.err, c.lo, c.hi)
	}
	if fitted {
		i := b.exponent(sweepFigures[f], name, columns, numbers)
		out[exponentColumn] = shownOf(Optional(i.Value, i.OK), nil, Optional(i.Lo, i.HasCI), Optional(i.Hi, i.HasCI))
	}
	return out
}

// shownOf makes numbers of pointers; an error that is not above 0 is not shown.
func shownOf(value, err, lo, hi *float64) (s shown) {
	if value != nil {
		s.value, s.ok = *value, true
	}
	if err != nil && *err > 0 {
		s.err, s.hasErr = *err, true
	}
	if lo != nil {
		s.lo, s.hi, s.hasEnds = *lo, *hi, true
	}
	return s
}

// equals allows the rounding of another order of sums. An exponent may be 0 but for
// rounding, and so may the error of a law without residuals, which is a root.
func (w shown) equals(g shown, exponent bool) bool {
	size, least := math.Abs(w.value)+math.Abs(w.lo)+math.Abs(w.hi), 0.0
	if exponent {
		least = 1e-6
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*size+least }
	return w.ok == g.ok && w.hasErr == g.hasErr && w.hasEnds == g.hasEnds &&
		near(w.value, g.value) && near(w.lo, g.lo) && near(w.hi, g.hi) && math.Abs(w.err-g.err) <= 1e-9*w.err
}

// String is for messages, with digits to see a difference by.
func (w shown) String() string {
	switch {
	case !w.ok:
		return "nothing"
	case w.hasErr:
		return fmt.Sprintf("%.12g ± %.12g", w.value, w.err)
	case w.hasEnds:
		return fmt.Sprintf("%.12g [%.12g, %.12g]", w.value, w.lo, w.hi)
	}
	return fmt.Sprintf("%.12g", w.value)
}

// condition is the rows that share a cell, a task and the values of all axes but
// the columns and the repetitions.
type condition struct {
	title   string
	axes    []SweepAxis
	columns int // the axis of the columns; -1 where all axes are of repetitions
	rows    []pooledRow
	all     []pooledRow // of the sweep
}

func isRepetition(key string) bool {
	return key == "seed" || key == "weight_seed" || key == "sequence_seed"
}

func (m *SweepManifest) conditions(rows []pooledRow) []*condition {
	columns := -1
	for i, a := range m.Axes {
		if !isRepetition(a.Key) {
			columns = i
		}
	}
	var order []*condition
	for _, r := range rows {
		title := r.Cell + ", " + r.Task
		for i, a := range m.Axes {
			if i != columns && !isRepetition(a.Key) && a.Key != "cell" && a.Key != "task.name" {
				title += ", " + a.Key + " " + r.values[i]
			}
		}
		at := slices.IndexFunc(order, func(c *condition) bool { return c.title == title })
		if at < 0 {
			at, order = len(order), append(order, &condition{title: title, axes: m.Axes, columns: columns, all: rows})
		}
		order[at].rows = append(order[at].rows, r)
	}
	return order
}

func (c *condition) names() []string {
	var names []string
	for _, r := range c.rows {
		if !slices.Contains(names, r.Name()) {
			names = append(names, r.Name())
		}
	}
	return names
}

// columnValues are the values of the columns' axis that the rows have.
func (c *condition) columnValues() []string {
	if c.columns < 0 {
		return []string{"all"}
	}
	return slices.DeleteFunc(slices.Clone(c.axes[c.columns].Values), func(value string) bool {
		return len(rowsWhere(c.rows, func(r pooledRow) bool { return r.values[c.columns] == value })) == 0
	})
}

// in are the rows of an estimator in a column.
func (c *condition) in(name, column string) []pooledRow {
	return rowsWhere(c.rows, func(r pooledRow) bool {
		return r.Name() == name && (c.columns < 0 || r.values[c.columns] == column)
	})
}

// heading is what the heading says of repetitions and draws.
func (c *condition) heading() string {
	want := c.title
	if n := len(c.in(c.rows[0].Name(), c.columnValues()[0])); n > 1 {
		want += fmt.Sprintf(" · %d repetitions", n)
		for _, a := range c.axes {
			if isRepetition(a.Key) {
				want += " of " + a.Key
			}
		}
	}
	var draws []int64
	for _, r := range rowsWhere(c.rows, func(r pooledRow) bool { return r.NDraws > 0 }) {
		draws = append(draws, r.NDraws)
	}
	slices.Sort(draws)
	switch draws = slices.Compact(draws); {
	case len(draws) == 1:
		want += fmt.Sprintf(" · %d draws a run", draws[0])
	case len(draws) > 1:
		want += fmt.Sprintf(" · %d to %d draws a run", draws[0], draws[len(draws)-1])
	}
	return want
}

func (c *condition) figureTitle(title string) string {
	if c.columns < 0 {
		return title
	}
	return title + " by " + c.axes[c.columns].Key
}

// maxShownIntervals is the number of columns up to which cells have an interval.
const maxShownIntervals = 4

// line is what the cells of a line must show, by column, the exponent under
// "exponent [95 %]"; nil where the estimator has the figure nowhere.
func (c *condition) line(f int, name string) map[string]shown {
	columns := c.columnValues()
	out, any := map[string]shown{}, false
	for _, column := range columns {
		out[column] = c.cellShown(f, c.in(name, column), len(columns))
		any = any || out[column].ok
	}
	if !any {
		return nil
	}
	if numbers := c.fitted(columns); numbers != nil && !tableFigures[f].mayBeNeg {
		out[exponentColumn] = c.exponentShown(f, name, columns, numbers)
	}
	return out
}

const exponentColumn = "exponent [95 %]"

// fitted are the columns as numbers where there are enough for a power law.
func (c *condition) fitted(columns []string) []float64 {
	if c.columns < 0 || len(columns) < 3 {
		return nil
	}
	return axisNumbers(columns)
}

// cellShown is the median with its interval or error.
func (c *condition) cellShown(f int, rows []pooledRow, columns int) shown {
	var values, errs []float64
	for i := range rows {
		if x := figureAt(f, &rows[i], c.all); !math.IsNaN(x) {
			values = append(values, x)
		}
		if mcse := tableFigures[f].mcse; mcse != nil {
			if e := mcse(&rows[i].SummaryRow); !math.IsNaN(e) {
				errs = append(errs, e)
			}
		}
	}
	if len(values) == 0 {
		return shown{}
	}
	out := shown{value: medianAnew(values), ok: true}
	signed := tableFigures[f].mayBeNeg && rows[0].NDraws > 0
	switch {
	case signed || (len(rows) == 1 && columns <= maxShownIntervals):
		if len(errs) > 0 && medianAnew(errs) > 0 {
			out.err, out.hasErr = medianAnew(errs), true
		}
	case len(values) > 1 && columns <= maxShownIntervals:
		slices.Sort(values)
		k := signRank(len(values))
		out.lo, out.hi, out.hasEnds = values[k-1], values[len(values)-k], true
	}
	return out
}

// exponentShown is the exponent of the figure in the columns' axis: the mean over
// the repetitions with Student's interval, of one repetition the fit's own.
func (c *condition) exponentShown(f int, name string, columns []string, numbers []float64) shown {
	of := map[string][2][]float64{} // x and y by repetition
	var order []string
	for i, column := range columns {
		for _, r := range c.in(name, column) {
			key := c.repetition(r)
			if _, ok := of[key]; !ok {
				of[key], order = [2][]float64{}, append(order, key)
			}
			if y := figureAt(f, &r, c.all); y > 0 {
				of[key] = [2][]float64{append(of[key][0], numbers[i]), append(of[key][1], y)}
			}
		}
	}
	var exponents []float64
	for _, key := range order {
		if xy := of[key]; len(xy[0]) == len(columns) {
			b, _ := slope(xy[0], xy[1])
			exponents = append(exponents, b)
		}
	}
	if n := len(exponents); n > 1 {
		mean, square := 0.0, 0.0
		for _, b := range exponents {
			mean += b / float64(n)
		}
		for _, b := range exponents {
			square += (b - mean) * (b - mean)
		}
		return around(mean, math.Sqrt(square/float64(n-1)/float64(n)), n-1)
	}
	last := of[order[len(order)-1]]
	if len(last[0]) < 3 {
		return shown{}
	}
	b, se := slope(last[0], last[1])
	return around(b, se, len(last[0])-2)
}

// around is value ± Student's 95 % of a standard error.
func around(value, se float64, dof int) shown {
	if dof < 1 {
		return shown{value: value, ok: true}
	}
	half := studentPoint(dof) * se
	return shown{value: value, ok: true, lo: value - half, hi: value + half, hasEnds: true}
}

// repetition tells the repetitions of a column apart.
func (c *condition) repetition(r pooledRow) string {
	var parts []string
	for i, a := range c.axes {
		if isRepetition(a.Key) {
			parts = append(parts, r.values[i])
		}
	}
	return strings.Join(parts, "\x00")
}
