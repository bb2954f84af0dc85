package reports

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sweepPage is a sweep's summary.md, read back.
type sweepPage struct{ blocks []*pageBlock }

// pageBlock is the tables under a heading: by title, by the first cell of a line,
// by the heading of a column.
type pageBlock struct {
	heading string
	tables  map[string]map[string]map[string]string
}

// readSweepPage takes the tables out of the text; what is no table, title or
// heading is passed over.
func readSweepPage(text string) *sweepPage {
	page := &sweepPage{}
	title := ""
	var header []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### "):
			page.blocks = append(page.blocks, &pageBlock{unescape(line[4:]), map[string]map[string]map[string]string{}})
			title, header = "", nil
		case strings.HasPrefix(line, "|") && len(page.blocks) > 0:
			cells := splitCells(line)
			if header == nil {
				header = cells
			} else if !strings.HasPrefix(cells[0], ":--") {
				page.blocks[len(page.blocks)-1].add(title, header, cells)
			}
		case strings.HasSuffix(line, ":"):
			title, header = unescape(strings.TrimSuffix(line, ":")), nil
		}
	}
	return page
}

func (b *pageBlock) add(title string, header, cells []string) {
	if b.tables[title] == nil {
		b.tables[title] = map[string]map[string]string{}
	}
	line := map[string]string{}
	for i, cell := range cells[1:] {
		if i+1 < len(header) {
			line[header[i+1]] = cell
		}
	}
	b.tables[title][cells[0]] = line
}

// block is the one with that title, to which the heading adds the repetitions.
func (p *sweepPage) block(title string) *pageBlock {
	for _, b := range p.blocks {
		if b.heading == title || strings.HasPrefix(b.heading, title+" · ") {
			return b
		}
	}
	return nil
}

// line is nil where there is none.
func (b *pageBlock) line(title, name string) map[string]string {
	if b == nil {
		return nil
	}
	return b.tables[title][name]
}

// lines counts the lines of all tables.
func (p *sweepPage) lines() int {
	n := 0
	for _, b := range p.blocks {
		for _, t := range b.tables {
			n += len(t)
		}
	}
	return n
}

// splitCells cuts a table's line at the bars that are not escaped.
func splitCells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|")
	var cells []string
	start := 0
	for i := range len(line) {
		if line[i] == '|' && (i == 0 || line[i-1] != '\\') {
			cells, start = append(cells, line[start:i]), i+1
		}
	}
	cells = append(cells, line[start:])
	for i := range cells {
		cells[i] = unescape(strings.TrimSpace(cells[i]))
	}
	return cells
}

var unescaper = strings.NewReplacer(`\\`, `\`, `\|`, "|", `\*`, "*", "\\`", "`", "&lt;", "<")

func unescape(text string) string { return unescaper.Replace(text) }

// compareLine compares the cells of a line; worst is the largest error in units of
// the last printed place, fault the first cell that cannot be.
func compareLine(printed map[string]string, want map[string]shown) (worst float64, fault string) {
	switch {
	case want == nil:
		return 0, "summary.md has a line, and the points' rows have no such figure"
	case printed == nil:
		return 0, "summary.md has no such line"
	case len(printed) != len(want):
		return 0, fmt.Sprintf("summary.md has %d columns, want %d", len(printed), len(want))
	}
	for _, column := range slices.Sorted(maps.Keys(want)) {
		w := want[column]
		text, ok := printed[column]
		if !ok {
			return worst, fmt.Sprintf("summary.md has no column %q", column)
		}
		e, ok := w.errorOf(text, column == exponentColumn)
		if !ok || !(e <= tablesCheck.Tolerance) {
			return worst, fmt.Sprintf("%s: printed %s, the points' rows give %s", column, text, w)
		}
		worst = math.Max(worst, e)
	}
	return worst, ""
}

// String is for messages, with digits to see a difference by.
func (w shown) String() string {
	switch {
	case !w.ok:
		return "nothing"
	case w.hasErr:
		return fmt.Sprintf("%.6g ± %.6g", w.value, w.err)
	case w.hasEnds:
		return fmt.Sprintf("%.6g [%.6g, %.6g]", w.value, w.lo, w.hi)
	}
	return fmt.Sprintf("%.6g", w.value)
}

// The forms of a cell.
var (
	numberForm  = `-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?`
	scaledForm  = regexp.MustCompile(`^\((` + numberForm + `)±(` + numberForm + `)\)(e-?[0-9]+)$`)
	errorForm   = regexp.MustCompile(`^(` + numberForm + `)±(` + numberForm + `)$`)
	endsForm    = regexp.MustCompile(`^(` + numberForm + `) \[(` + numberForm + `), ?(` + numberForm + `)\]$`)
	aloneNumber = regexp.MustCompile(`^(` + numberForm + `)$`)
)

// errorOf reads a cell; ok is false where it has another form than w. The error is
// in units of the last printed place.
func (w shown) errorOf(text string, exponent bool) (e float64, ok bool) {
	if !w.ok {
		return 0, text == absent
	}
	if w.hasErr {
		scale, parts := "", errorForm.FindStringSubmatch(text)
		if parts == nil {
			if parts = scaledForm.FindStringSubmatch(text); parts == nil {
				return 0, false
			}
			scale = parts[3]
		}
		value, err := readPrinted(parts[1]+scale, 2), readPrinted(parts[2]+scale, 2)
		value.unit = err.unit
		return math.Max(value.away(w.value), err.away(w.err)), true
	}
	// The ends of a law without residuals are equal but for rounding, and left out
	// where they are equal.
	narrow := w.hi-w.lo <= 1e-9*(1+math.Abs(w.value)) && aloneNumber.MatchString(text)
	if w.hasEnds && !narrow {
		parts := endsForm.FindStringSubmatch(text)
		if parts == nil {
			return 0, false
		}
		return w.endsError(parts[1:], exponent), true
	}
	if !aloneNumber.MatchString(text) {
		return 0, false
	}
	return readPrinted(text, 3).away(w.value), true
}

// endsError compares a value and the ends of its interval. Those of an exponent
// are cut at one place, which trailing zeros of whole numbers do not show.
func (w shown) endsError(texts []string, exponent bool) float64 {
	keep := 3
	if exponent {
		keep = 1
	}
	var p [3]printed
	unit := 0.0
	for i, text := range texts {
		p[i] = readPrinted(text, keep)
		unit = math.Max(unit, p[i].unit)
	}
	worst := 0.0
	for i, want := range []float64{w.value, w.lo, w.hi} {
		if exponent && !strings.Contains(texts[i], "e") {
			p[i].unit = unit
		}
		worst = math.Max(worst, p[i].away(want))
	}
	return worst
}

// printed is a number as a page has it, and the unit of its last place.
type printed struct{ value, unit float64 }

// away is the distance from x in units, less what float64 makes of so long a number.
func (p printed) away(x float64) float64 {
	const rounding = 1e-14
	d := math.Abs(p.value - x)
	if d = math.Max(0, d-rounding*math.Abs(x)); d == 0 {
		return 0
	}
	return d / p.unit // a printed 0 stands for 0 alone
}

// readPrinted reads a number. Zeros at the end of a whole number may stand for
// places that were cut, but at least keep digits were not.
func readPrinted(text string, keep int) printed {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return printed{value: math.NaN()}
	}
	mantissa, exponent, _ := strings.Cut(text, "e")
	power, _ := strconv.Atoi(exponent) // "" is 0; the form has been looked at
	digits := strings.TrimPrefix(mantissa, "-")
	_, decimals, fraction := strings.Cut(digits, ".")
	switch {
	case fraction:
		power -= len(decimals)
	case digits == "0":
		return printed{value: value}
	default:
		zeros := len(digits) - len(strings.TrimRight(digits, "0"))
		power += min(zeros, max(0, len(digits)-keep))
	}
	return printed{value, math.Pow10(power)}
}
