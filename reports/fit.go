package reports

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// terminalWidth is what a table may take.
const terminalWidth = 120

// fit drops columns until the grid is at most so wide on a terminal (0: any
// width); spare are those that may go, the first one first. It returns what went.
func (g *grid) fit(width int, spare ...string) (fitted *grid, dropped []string) {
	fitted = g
	for _, name := range spare {
		if width == 0 || fitted.width() <= width {
			break
		}
		if at := slices.Index(fitted.header, name); at >= 0 {
			fitted, dropped = fitted.without(at), append(dropped, name)
		}
	}
	return fitted, dropped
}

// width is the grid's as writeText writes it: a blank before every column and
// after all but the last.
func (g *grid) width() int {
	total := 2*len(g.header) - 1
	for c := range g.header {
		widest := utf8.RuneCountInString(g.header[c])
		for _, row := range g.rows {
			widest = max(widest, utf8.RuneCountInString(row[c]))
		}
		total += widest
	}
	return total
}

// without is the grid without a column of numbers.
func (g *grid) without(column int) *grid {
	drop := func(cells []string) []string { return slices.Delete(slices.Clone(cells), column, column+1) }
	out := &grid{header: drop(g.header), left: g.left}
	for _, row := range g.rows {
		out.rows = append(out.rows, drop(row))
	}
	return out
}

func droppedNote(dropped []string) []string {
	if dropped == nil {
		return nil
	}
	return []string{"left out for room: " + strings.Join(dropped, ", ") + "; --format csv has all columns"}
}

// writeTrimmed drops the blanks at the end of lines, and of rules what would lie
// over them.
func writeTrimmed(w io.Writer, text string) error {
	var lines []string
	widest := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		lines = append(lines, line)
		if !isRule(line) {
			widest = max(widest, utf8.RuneCountInString(line))
		}
	}
	var trimmed strings.Builder
	for _, line := range lines {
		if isRule(line) {
			line = strings.Repeat(rule, min(widest, utf8.RuneCountInString(line)))
		}
		trimmed.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, trimmed.String())
	return err
}

// rule is what the line below a header is drawn with.
const rule = "─"

func isRule(line string) bool { return line != "" && strings.Trim(line, rule) == "" }
