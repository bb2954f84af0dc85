package reports

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"uorobench/bench/verify"
)

// recheckTables compares every number of summary.md with the pooled rows, a case
// per condition and estimator.
func (m *SweepManifest) recheckTables(path string, rows []pooledRow) []verify.Case {
	text, err := os.ReadFile(filepath.Join(path, "summary.md"))
	if err != nil {
		return []verify.Case{{Check: tablesCheck, Failure: err.Error()}}
	}
	return m.tableCases(string(text), rows)
}

// tableCases are the cases of a page's text.
func (m *SweepManifest) tableCases(text string, rows []pooledRow) []verify.Case {
	page := readSweepPage(text)
	var cases []verify.Case
	told := 0
	for _, c := range m.conditions(rows) {
		block := page.block(c.title)
		cases = append(cases, c.headingCase(block))
		for _, name := range c.names() {
			found, n := c.lineCase(block, name)
			cases, told = append(cases, found), told+n
		}
	}
	if all := page.lines(); told != all {
		cases = append(cases, verify.Case{Check: tablesCheck,
			Failure: fmt.Sprintf("summary.md has %d lines of figures, and the points' rows give %d", all, told)})
	}
	return cases
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

// headingCase compares what the heading says of repetitions and draws.
func (c *condition) headingCase(block *pageBlock) verify.Case {
	out := verify.Case{Check: tablesCheck, Subject: verify.Subject{Cell: c.rows[0].Cell}}
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
	switch {
	case block == nil:
		out.Failure = fmt.Sprintf("summary.md has no tables of %q", c.title)
	case len(draws) > 0 && block.heading != want:
		out.Failure = fmt.Sprintf("summary.md is headed %q, the points' rows give %q", block.heading, want)
	}
	return out
}

// lineCase compares the lines of an estimator; n is how many there must be.
func (c *condition) lineCase(block *pageBlock, name string) (out verify.Case, n int) {
	out = verify.Case{Check: tablesCheck, Subject: verify.Subject{Cell: c.rows[0].Cell, Estimator: name}}
	for f, figure := range tableFigures {
		want := c.line(f, name)
		printed := block.line(c.figureTitle(figure.title), name)
		if want == nil && printed == nil {
			continue
		}
		n++
		worst, fault := compareLine(printed, want)
		if fault != "" && out.Failure == "" {
			out.Failure = fmt.Sprintf("%s, %s, %s: %s", c.title, c.figureTitle(figure.title), name, fault)
		}
		out.Error = math.Max(out.Error, worst)
	}
	return out, n
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
