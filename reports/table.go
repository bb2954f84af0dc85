package reports

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// grid is a table of finished cells. In a table of figures the first column is
// text and stands left, the others are numbers and stand right.
type grid struct {
	header []string
	rows   [][]string
	left   int // further columns of text that stand left
}

// writeText writes the grid for a terminal, without frame: the frame's columns
// are needed for figures.
func (g *grid) writeText(w io.Writer) error {
	frameless := tw.Rendition{
		Borders: tw.BorderNone,
		Settings: tw.Settings{
			Separators: tw.SeparatorsNone,
			Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On, ShowFooterLine: tw.Off},
		},
	}
	return g.render(w, renderer.NewBlueprint(frameless), tw.AlignRight)
}

// writeMarkdown writes the grid as a Markdown table.
func (g *grid) writeMarkdown(w io.Writer) error {
	return g.escaped().render(w, renderer.NewMarkdown(), tw.AlignRight)
}

// writeList is writeMarkdown for columns of text.
func (g *grid) writeList(w io.Writer) error {
	return g.escaped().render(w, renderer.NewMarkdown(), tw.AlignLeft)
}

func (g *grid) escaped() *grid {
	escaped := &grid{header: escapeAll(g.header), left: g.left}
	for _, row := range g.rows {
		escaped.rows = append(escaped.rows, escapeAll(row))
	}
	return escaped
}

// render draws the grid with no changes to the cells: tablewriter would put
// headers in upper case, wrap long cells, and ask the locale how wide a
// character is.
func (g *grid) render(w io.Writer, r tw.Renderer, others tw.Align) error {
	var out bytes.Buffer
	align := tw.CellAlignment{PerColumn: g.alignment(others)}
	table := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(r),
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(align),
		tablewriter.WithRowAlignmentConfig(align))
	table.Header(g.header)
	for _, row := range g.rows {
		if err := table.Append(row); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	return writeTrimmed(w, out.String())
}

// alignment puts the columns of text left.
func (g *grid) alignment(others tw.Align) []tw.Align {
	align := slices.Repeat([]tw.Align{others}, len(g.header))
	for i := range align[:1+g.left] {
		align[i] = tw.AlignLeft
	}
	return align
}

// markdownEscape makes text safe inside a Markdown table; tablewriter does not.
var markdownEscape = strings.NewReplacer(`\`, `\\`, "|", `\|`, "\r\n", " ", "\n", " ", "\r", " ",
	"*", `\*`, "<", "&lt;", "`", "\\`")

func escapeAll(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = markdownEscape.Replace(c)
	}
	return out
}
