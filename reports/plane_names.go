package reports

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// planeNames writes the names of a panel's points: to the left of those on a front,
// where no other of their kind can be, to the right of the others; a name that
// would lie over another goes below it. plotter.Labels was left: it cannot move
// names, and it makes the axes shorter for names that stick out.
type planeNames []planePoint

const nameSize = fontSize - 3

// Plot implements plot.Plotter.
func (n planeNames) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	sty := textStyleOf(nameSize)
	sty.YAlign = draw.YCenter
	var taken []vg.Rectangle
	for _, q := range n {
		if !q.named {
			continue
		}
		at := vg.Point{X: x(q.work) + 4, Y: y(math.Max(q.mse, p.Y.Min))}
		if q.front {
			at = vg.Point{X: x(q.work) - 4 - sty.Width(q.name), Y: at.Y - 2}
		}
		box := n.free(taken, at, sty.Width(q.name))
		taken = append(taken, box)
		c.FillText(sty, vg.Point{X: box.Min.X, Y: (box.Min.Y + box.Max.Y) / 2}, q.name)
	}
}

// free is the place of a name at or below at that covers none of those taken.
func (planeNames) free(taken []vg.Rectangle, at vg.Point, width vg.Length) vg.Rectangle {
	for {
		box := vg.Rectangle{Min: vg.Point{X: at.X, Y: at.Y - nameSize/2}, Max: vg.Point{X: at.X + width, Y: at.Y + nameSize/2}}
		moved := false
		for _, t := range taken {
			if box.Min.X < t.Max.X && t.Min.X < box.Max.X && box.Min.Y < t.Max.Y && t.Min.Y < box.Max.Y {
				at.Y, moved = t.Min.Y-nameSize/2, true
				break
			}
		}
		if !moved {
			return box
		}
	}
}
