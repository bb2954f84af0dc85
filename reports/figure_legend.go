package reports

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Measures of the legend: the sample of a line, the gap to its name, and the gap
// to the next sample.
const (
	legendSample = 0.9 * vg.Centimeter
	legendPad    = 0.12 * vg.Centimeter
	legendGap    = 0.5 * vg.Centimeter
)

// drawLegend puts the methods side by side at the top of c, in the middle, in as
// many rows as they need, and returns the height of all rows.
func (f *Figure) drawLegend(c draw.Canvas) (height vg.Length) {
	sty := textStyleOf(fontSize)
	sty.YAlign = draw.YCenter
	rows := f.legendRows(sty, c.Max.X-c.Min.X)
	method := 0
	for i, methods := range rows {
		x := (c.Min.X + c.Max.X - legendWidth(sty, methods)) / 2
		y := c.Max.Y - (vg.Length(i)+0.5)*legendRow
		for _, m := range methods {
			c.StrokeLine2(lineOf(method), x, y, x+legendSample, y)
			c.FillText(sty, vg.Point{X: x + legendSample + legendPad, Y: y}, m)
			x += legendWidth(sty, []string{m}) + legendGap
			method++
		}
	}
	return vg.Length(len(rows))*legendRow + legendPad
}

// legendRows is the methods in order, as many to a row as have room; a row is
// about as full as the others.
func (f *Figure) legendRows(sty draw.TextStyle, room vg.Length) [][]string {
	least := 1
	for {
		rows := evenly(f.methods, least)
		fits := true
		for _, r := range rows {
			fits = fits && (len(r) == 1 || legendWidth(sty, r) <= room)
		}
		if fits {
			return rows
		}
		least++
	}
}

// evenly cuts a list into n runs of nearly equal length.
func evenly(list []string, n int) [][]string {
	var rows [][]string
	for i := range n {
		if lo, hi := i*len(list)/n, (i+1)*len(list)/n; lo < hi {
			rows = append(rows, list[lo:hi])
		}
	}
	return rows
}

func legendWidth(sty draw.TextStyle, methods []string) vg.Length {
	width := vg.Length(len(methods)-1) * legendGap
	for _, m := range methods {
		width += legendSample + legendPad + sty.Width(m)
	}
	return width
}
