package reports

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"uorobench/bench"
	"uorobench/stats"
)

// sweepFigure is a figure that a sweep's tables tell. value is nil where it does
// not exist.
type sweepFigure struct {
	title, note string
	value       func(b *sweepBlock, r SweepRow) *float64
	signed      bool // it may be negative, so it has no exponent
}

var sweepFigures = []sweepFigure{
	{title: "rel_var", value: func(_ *sweepBlock, r SweepRow) *float64 { return ofDraws(r, r.RelVar) },
		note: "rel_var: Σ variance of one draw / ‖g‖², g the exact gradient, over all measured steps of a run."},
	{title: "variance / uoro's", value: func(b *sweepBlock, r SweepRow) *float64 {
		return b.overBase(r, func(r *SweepRow) *float64 { return r.VarTrace })
	}, note: "variance / uoro's, work·var / uoro's: to plain UORO of the same run; work·var is variance × counted multiply-adds of a step, pilot draws and what all draws share included: what one draw a step costs at equal precision."},
	{title: "work·var / uoro's", value: func(b *sweepBlock, r SweepRow) *float64 {
		return b.overBase(r, func(r *SweepRow) *float64 { return r.OnlineWorkVar })
	}},
	{title: "bias²/‖g‖²", signed: true, value: func(_ *sweepBlock, r SweepRow) *float64 { return perNorm(r.BiasSq, r.Figures) },
		note: "bias²/‖g‖²: debiased, so it may be negative; an unbiased estimator has 0 within its error, ± that of one run."},
}

// overBase divides a figure by UORO's of the same point. There is none for UORO
// itself and for what draws nothing.
func (b *sweepBlock) overBase(r SweepRow, figure func(*SweepRow) *float64) *float64 {
	base := b.base(r)
	if base == nil || r.Name() == "uoro" {
		return nil
	}
	return ofDraws(r, ratioOf(figure(&r), figure(base)))
}

// ofDraws is x where the estimator draws, 0 too: an estimator with noise may be
// perfect, as on a single unit; that one without noise has no variance is no news.
func ofDraws(r SweepRow, x *float64) *float64 {
	if r.deterministic() {
		return nil
	}
	return x
}

func (r SweepReport) writeTables(w io.Writer, s style) error {
	if len(r.Rows) == 0 {
		_, err := fmt.Fprintln(w, "no rows")
		return err
	}
	blocks := r.blocks()
	for i := range blocks {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := blocks[i].write(w, s); err != nil {
			return err
		}
	}
	return writeNotes(w, s, r.notes(blocks))
}

func (b *sweepBlock) write(w io.Writer, s style) error {
	if _, err := fmt.Fprintf(w, s.title, s.escape(b.heading())); err != nil {
		return err
	}
	first := 0
	for _, f := range sweepFigures {
		table := b.table(f)
		if len(table.rows) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, subtitleAt(s, first), s.escape(b.figureTitle(f))); err != nil {
			return err
		}
		if err := s.table(table, w); err != nil {
			return err
		}
		first++
	}
	return nil
}

// heading says what the block is and how much lies behind a cell of its tables.
func (b *sweepBlock) heading() string {
	text := b.title
	if b.repeats > 1 {
		text += fmt.Sprintf(" · %d repetitions", b.repeats)
		for _, a := range b.axes {
			if bench.Replicates(a.Key) {
				text += " of " + a.Key
			}
		}
	}
	return text + " · " + b.drawsText()
}

// drawsText tells the draws of a run; they differ where some estimators have a
// limit of their own.
func (b *sweepBlock) drawsText() string {
	least, most := int64(0), int64(0)
	for _, r := range b.rows {
		if r.NDraws == 0 {
			continue
		}
		if least == 0 || r.NDraws < least {
			least = r.NDraws
		}
		most = max(most, r.NDraws)
	}
	if least == most {
		return plural(most, "draw") + " a run"
	}
	return fmt.Sprintf("%d to %d draws a run", least, most)
}

func (b *sweepBlock) figureTitle(f sweepFigure) string {
	if b.axis < 0 {
		return f.title
	}
	return f.title + " by " + b.axes[b.axis].Key
}

// maxIntervalColumns is how many columns with intervals a terminal has room for;
// with more, only the exponent has its interval.
const maxIntervalColumns = 4

func (b *sweepBlock) table(f sweepFigure) *grid {
	columns := b.columns()
	g := &grid{header: []string{"estimator"}}
	for _, c := range columns {
		if c == "" {
			c = "all"
		}
		g.header = append(g.header, c)
	}
	numbers, fitted := b.numbers(columns)
	fitted = fitted && !f.signed
	if fitted {
		g.header = append(g.header, "exponent [95 %]")
	}
	for _, name := range b.estimators() {
		if line := b.line(f, name, columns, numbers, fitted); line != nil {
			g.rows = append(g.rows, line)
		}
	}
	return g
}

// numbers are the column axis' values where an exponent can be fitted in it.
func (b *sweepBlock) numbers(columns []string) ([]float64, bool) {
	if b.axis < 0 || len(columns) < 3 {
		return nil, false
	}
	return bench.Axis{Key: b.axes[b.axis].Key, Values: columns}.Numbers()
}

// line is nil where the estimator has the figure nowhere.
func (b *sweepBlock) line(f sweepFigure, name string, columns []string, numbers []float64, fitted bool) []string {
	cells := []string{name}
	any := false
	for _, column := range columns {
		rows := b.of(name, column)
		values := b.values(f, rows)
		any = any || len(values) > 0
		cells = append(cells, b.cell(values, rows, f, len(columns)))
	}
	if !any {
		return nil
	}
	if fitted {
		i := b.exponent(f, name, columns, numbers)
		cells = append(cells, withInterval(Optional(i.Value, i.OK), Optional(i.Lo, i.HasCI), Optional(i.Hi, i.HasCI)))
	}
	return cells
}

func (b *sweepBlock) values(f sweepFigure, rows []SweepRow) []float64 {
	var values []float64
	for _, r := range rows {
		if x := f.value(b, r); x != nil {
			values = append(values, *x)
		}
	}
	return values
}

// cell is the text of a table's cell.
func (b *sweepBlock) cell(values []float64, rows []SweepRow, f sweepFigure, columns int) string {
	return b.cellFigure(values, rows, f, columns).text()
}

// cellFigure holds the numbers of a cell before they are written: a value with its
// Monte Carlo error, or with the ends of an interval. A nil pointer is a number
// that the cell does not have.
type cellFigure struct {
	value, err, lo, hi *float64
	ownError           bool // the error is the figure's own, and says how many digits count
}

// cellFigure is the median over the repetitions with its interval; of a single run
// it is the figure with its Monte Carlo error, where the figure has one of its own.
func (b *sweepBlock) cellFigure(values []float64, rows []SweepRow, f sweepFigure, columns int) cellFigure {
	i := stats.MedianOf(values)
	out := cellFigure{value: Optional(i.Value, i.OK)}
	switch {
	case !i.OK:
	case f.signed && rows[0].NDraws > 0:
		out.err, out.ownError = b.typicalError(f, rows), true
	case len(rows) == 1 && columns <= maxIntervalColumns:
		out.err, out.ownError = b.monteCarlo(f, rows[0]), true
	case i.HasCI && columns <= maxIntervalColumns:
		out.lo, out.hi = &i.Lo, &i.Hi
	}
	return out
}

func (c cellFigure) text() string {
	switch {
	case c.value == nil:
		return absent
	case c.ownError:
		return withError(c.value, c.err)
	case c.lo == nil:
		return significant(*c.value, 3)
	}
	return significant(*c.value, 3) + " [" + significant(*c.lo, 3) + ", " + significant(*c.hi, 3) + "]"
}

// monteCarlo is the error of a figure of one run: of a ratio of two variances
// there is none here, since the two may share draws.
func (b *sweepBlock) monteCarlo(f sweepFigure, r SweepRow) *float64 {
	switch f.title {
	case "rel_var":
		return perNorm(r.VarTraceMCSE, r.Figures)
	case "bias²/‖g‖²":
		return perNorm(r.BiasSqMCSE, r.Figures)
	}
	return nil
}

// typicalError is the median Monte Carlo error of a figure of one run. Repetitions
// with the same seed have the same noise, so the spread of a bias over them says
// nothing of its error.
func (b *sweepBlock) typicalError(f sweepFigure, rows []SweepRow) *float64 {
	var errors []float64
	for _, r := range rows {
		if e := b.monteCarlo(f, r); e != nil {
			errors = append(errors, *e)
		}
	}
	i := stats.MedianOf(errors)
	return Optional(i.Value, i.OK)
}

// exponent fits the figure's power law in the column axis, once per repetition,
// and takes the mean over them, so that the interval is of the networks and
// sequences and not of the draws. Of a single repetition it is the fit's own.
func (b *sweepBlock) exponent(f sweepFigure, name string, columns []string, numbers []float64) stats.Interval {
	var exponents []float64
	var only stats.Interval
	for _, repeat := range b.repetitions(name) {
		var x, y []float64
		for i, column := range columns {
			for _, r := range b.of(name, column) {
				if v := f.value(b, r); v != nil && *v > 0 && b.repetition(r) == repeat { // 0 has no logarithm
					x, y = append(x, numbers[i]), append(y, *v)
				}
			}
		}
		if only = stats.PowerLaw(x, y); only.OK && len(x) == len(columns) {
			exponents = append(exponents, only.Value)
		}
	}
	if len(exponents) < 2 {
		return only
	}
	return stats.MeanOf(exponents)
}

// repetition names the repetition that a row is of.
func (b *sweepBlock) repetition(r SweepRow) string {
	text := ""
	for i, a := range b.axes {
		if bench.Replicates(a.Key) {
			text += strconv.Quote(r.Values[i])
		}
	}
	return text
}

func (b *sweepBlock) repetitions(name string) []string {
	var found []string
	for _, r := range b.rows {
		if text := b.repetition(r); r.Name() == name && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	return found
}

func (r SweepReport) notes(blocks []sweepBlock) []string {
	var notes []string
	for _, f := range sweepFigures {
		if f.note != "" {
			notes = append(notes, f.note)
		}
	}
	if blocks[0].repeats > 1 {
		notes = append(notes, "Cells: median over the repetitions [interval between two order statistics, at least 95 % from six repetitions on; below, the range].")
	} else {
		notes = append(notes, "± is one Monte Carlo standard error.")
	}
	if _, ok := blocks[0].numbers(blocks[0].columns()); ok {
		text := "exponent: b of figure ∝ axis^b by least squares on the logarithms, with "
		if blocks[0].repeats > 1 {
			text += "Student's interval of its mean over the repetitions."
		} else {
			text += "the fit's own interval."
		}
		notes = append(notes, text)
	}
	return notes
}
