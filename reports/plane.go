package reports

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"uorobench/stats"
)

// Plane is the bias–variance–cost plane of a sweep: every estimator as a point,
// its counted multiply-adds of a step against the mean squared error of one
// estimate, variance and squared bias together, relative to ‖g‖². There is a panel
// per value of the column axis. What no other of its kind, with noise or without,
// beats in both is joined by a line and named: the two kinds are apart, since the
// error of one draw says little of an unbiased estimator's worth.
type Plane struct {
	panels []planePanel
	axis   string // label of the work
}

type planePanel struct {
	title  string
	points []planePoint
	exact  float64 // cost of the exact gradient, whose error no log axis shows; 0: none
	// perfect have noise and no error at all, as some have on a single unit: a log axis
	// has no place for them, so they are named below it.
	perfect []string
}

type planePoint struct {
	name      string
	work, mse float64
	varies    bool // an estimator with noise: a disc; else a square
	front     bool // nothing of its kind is better in both
	named     bool
}

const (
	maxPanels = 4 // fit a page
	// maxDecades is what the axis of errors spans at most: an estimator that is
	// truncated later than the gradient reaches has an error of nearly nothing, and
	// stands at the lower edge then.
	maxDecades = 7
)

// PlaneOf makes the figure of the report's first cell and condition; ok is false
// where fewer than three estimators have a point.
func PlaneOf(r SweepReport) (p *Plane, ok bool) {
	return planeOf(r, "multiply-adds a step", workOfStep)
}

// planeOf is the plane with another measure of a step's work; 0 where there is none.
func planeOf(r SweepReport, axis string, work func(SweepRow) float64) (p *Plane, ok bool) {
	blocks := r.blocks()
	if len(blocks) == 0 {
		return nil, false
	}
	b := &blocks[0]
	p = &Plane{axis: axis}
	columns := b.columns()
	for _, column := range columns[:min(len(columns), maxPanels)] {
		panel := b.planePanel(column, work)
		ok = ok || len(panel.points) > 2
		p.panels = append(p.panels, panel)
	}
	return p, ok
}

func (b *sweepBlock) planePanel(column string, workOf func(SweepRow) float64) planePanel {
	panel := planePanel{title: b.rows[0].Cell}
	if column != "" {
		panel.title = fmt.Sprintf("%s, %s %s", b.rows[0].Cell, b.axes[b.axis].Key, column)
	}
	for _, name := range b.estimators() {
		rows := b.of(name, column)
		if len(rows) == 0 {
			continue
		}
		mse := stats.MedianOf(b.values(sweepFigure{value: relativeMSE}, rows))
		work := workOf(rows[0])
		switch {
		case !mse.OK || work <= 0:
		case mse.Value > noBias:
			panel.points = append(panel.points, planePoint{name: name, work: work, mse: mse.Value, varies: rows[0].NDraws > 0})
		case rows[0].deterministic():
			panel.exact = work
		default:
			panel.perfect = append(panel.perfect, name)
		}
	}
	panel.markFront()
	return panel
}

// relativeMSE is rel_var, and the relative squared bias of an estimator without
// noise. An unbiased estimator's measured bias is noise of the draws and left out;
// that of a biased one with noise would be missing, but the list has none.
func relativeMSE(_ *sweepBlock, r SweepRow) *float64 {
	if r.NDraws > 0 {
		return r.RelVar
	}
	return perNorm(r.BiasSq, r.Figures)
}

// workOfStep is what one draw a step costs, pilot draws included.
func workOfStep(r SweepRow) float64 {
	known := 0.0
	if r.KnownCost != nil {
		known = float64(*r.KnownCost)
	}
	if r.NDraws == 0 || r.DrawCost == nil {
		return known
	}
	return known + subject{r.Key, &r.Figures}.workOfDraw()
}

// markFront finds the points that no other beats in both.
func (p *planePanel) markFront() {
	slices.SortStableFunc(p.points, func(a, b planePoint) int {
		return cmp.Or(cmp.Compare(a.work, b.work), cmp.Compare(a.mse, b.mse))
	})
	best := map[bool]float64{true: math.Inf(1), false: math.Inf(1)}
	for i := range p.points {
		q := &p.points[i]
		q.front = q.mse < best[q.varies]
		best[q.varies] = min(best[q.varies], q.mse)
		q.named = q.front || q.name == "uoro" || q.name == "cv-uoro/snap1/trace"
	}
}

// panelHeight is that of one panel; they stand below each other, since names need
// the width.
const panelHeight = 7 * vg.Centimeter

func (p *Plane) height() vg.Length { return panelHeight * vg.Length(len(p.panels)) }

// WriteSVG writes the figure as SVG.
func (p *Plane) WriteSVG(w io.Writer) error {
	c := vgsvg.NewWith(vgsvg.UseWH(figureWidth, p.height()))
	if err := p.draw(draw.NewCanvas(c, figureWidth, p.height())); err != nil {
		return err
	}
	_, err := c.WriteTo(w)
	return err
}

// WritePNG writes the figure as PNG.
func (p *Plane) WritePNG(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(figureWidth, p.height()), vgimg.UseDPI(figureDPI))
	if err := p.draw(draw.New(c)); err != nil {
		return err
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func (p *Plane) draw(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	height := (c.Max.Y - c.Min.Y) / vg.Length(len(p.panels))
	area := p.area()
	for i := range p.panels {
		out, err := p.panels[i].plot(area, p.axis)
		if err != nil {
			return err
		}
		above := vg.Length(i) * height
		out.Draw(draw.Crop(c, 0, 0, c.Max.Y-c.Min.Y-above-height+panelGap/2, -above))
	}
	return nil
}

// area are the axes that all panels share: the points, and room for names at the
// left.
func (p *Plane) area() plotter.XYs {
	least, most := plotter.XY{X: math.Inf(1), Y: math.Inf(1)}, plotter.XY{}
	for _, panel := range p.panels {
		for _, q := range panel.points {
			least.X, least.Y = min(least.X, q.work), min(least.Y, q.mse)
			most.X, most.Y = max(most.X, q.work, panel.exact), max(most.Y, q.mse)
		}
	}
	least.Y = max(least.Y, most.Y*math.Pow(10, -maxDecades))
	return plotter.XYs{{X: least.X / 6, Y: least.Y / 3}, {X: most.X * 2, Y: most.Y * 3}}
}

// within moves a point that lies below the axis of errors to its edge.
func (q planePoint) within(area plotter.XYs) plotter.XY {
	return plotter.XY{X: q.work, Y: max(q.mse, area[0].Y)}
}

func (p *planePanel) plot(area plotter.XYs, axis string) (*plot.Plot, error) {
	out := newPlot()
	out.Title.Text, out.Title.TextStyle = p.title, textStyleOf(fontSize)
	out.Title.TextStyle.XAlign, out.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	out.X.Label.Text, out.Y.Label.Text = axis, "relative MSE"
	if len(p.perfect) > 0 {
		out.X.Label.Text += " · without any error, and not shown: " + strings.Join(p.perfect, ", ")
	}
	out.X.Scale, out.Y.Scale = plot.LogScale{}, plot.LogScale{}
	out.X.Tick.Marker, out.Y.Tick.Marker = plot.TickerFunc(decadeTicks), plot.TickerFunc(decadeTicks)
	for _, add := range []func(*plot.Plot, plotter.XYs) error{p.addExact, p.addFronts, p.addPoints, p.addNames} {
		if err := add(out, area); err != nil {
			return nil, err
		}
	}
	out.X.Min, out.X.Max, out.Y.Min, out.Y.Max = area[0].X, area[1].X, area[0].Y, area[1].Y
	return out, nil
}

// decadeTicks labels the powers of ten, every third where they are many.
func decadeTicks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	for e := first; e <= last; e++ {
		for d := 1.0; d < 10; d++ {
			at := d * math.Pow(10, float64(e))
			if at < lo || at > hi {
				continue
			}
			t := plot.Tick{Value: at}
			if d == 1 && (last-first <= 6 || e%2 == 0) {
				t.Label = exponentLabel(e)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

func exponentLabel(e int) string {
	switch {
	case e >= 0 && e < 6:
		return shortStep(math.Pow(10, float64(e)))
	case e < 0 && e > -4:
		return significant(math.Pow(10, float64(e)), 1)
	}
	return fmt.Sprintf("1e%d", e)
}

var (
	// By whether the estimator has noise.
	frontColors = map[bool]color.NRGBA{true: {0, 114, 178, 255}, false: {0, 158, 115, 255}}
	otherColor  = color.NRGBA{110, 110, 110, 255}
	exactColor  = color.NRGBA{213, 94, 0, 255}
)

// addExact draws the exact gradient's cost as a dashed line.
func (p *planePanel) addExact(out *plot.Plot, area plotter.XYs) error {
	if p.exact == 0 {
		return nil
	}
	line, err := plotter.NewLine(plotter.XYs{{X: p.exact, Y: area[0].Y}, {X: p.exact, Y: area[1].Y}})
	if err != nil {
		return err
	}
	line.Color, line.Dashes, line.Width = exactColor, []vg.Length{3, 2}, vg.Points(1)
	out.Add(line)
	return nil
}

// addFronts joins the points that nothing beats, as the staircases that they are.
func (p *planePanel) addFronts(out *plot.Plot, area plotter.XYs) error {
	return errors.Join(p.addFront(out, area, true), p.addFront(out, area, false))
}

func (p *planePanel) addFront(out *plot.Plot, area plotter.XYs, varies bool) error {
	var xy plotter.XYs
	for _, q := range p.points {
		if !q.front || q.varies != varies {
			continue
		}
		if n := len(xy); n > 0 {
			xy = append(xy, plotter.XY{X: q.work, Y: xy[n-1].Y})
		}
		xy = append(xy, q.within(area))
	}
	if len(xy) < 2 {
		return nil
	}
	line, err := plotter.NewLine(xy)
	if err != nil {
		return err
	}
	line.Color, line.Width = frontColors[varies], vg.Points(1)
	out.Add(line)
	return nil
}

func (p *planePanel) addPoints(out *plot.Plot, area plotter.XYs) error {
	for _, q := range p.points {
		s, err := plotter.NewScatter(plotter.XYs{q.within(area)})
		if err != nil {
			return err
		}
		s.Shape, s.Radius, s.Color = draw.CircleGlyph{}, vg.Points(2), otherColor
		if !q.varies {
			s.Shape = draw.BoxGlyph{}
		}
		if q.front {
			s.Color = frontColors[q.varies]
		}
		out.Add(s)
	}
	return nil
}

// addNames writes the names beside the points.
func (p *planePanel) addNames(out *plot.Plot, _ plotter.XYs) error {
	out.Add(planeNames(p.points))
	return nil
}
