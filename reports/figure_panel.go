package reports

import (
	"image/color"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"uorobench/bench/training"
)

// plot draws the panel over the steps from first to last; ok is false where
// there are none.
func (p *panel) plot(first, last float64, ok bool) (*plot.Plot, error) {
	out := newPlot()
	out.Y.Label.Text, out.Y.Min, out.Y.Max = p.label, p.bottom, p.top
	if p.bottom > 0 {
		out.Y.Scale = plot.LogScale{}
	}
	if p.ticks != nil {
		out.Y.Tick.Marker = plot.ConstantTicks(p.ticks)
	}
	if !ok {
		return out, nil
	}
	if first == last { // an axis needs a width
		first, last = first/2, last*2
	}
	out.X.Scale, out.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(stepTicks)
	for _, l := range p.levels {
		if err := addLevel(out, l, first, last); err != nil {
			return nil, err
		}
	}
	for m, bands := range p.bands {
		if err := p.addBand(out, m, bands); err != nil {
			return nil, err
		}
	}
	for m, bands := range p.bands {
		if err := p.addMedian(out, m, bands); err != nil {
			return nil, err
		}
	}
	// Add widens the axes to its data; a diverged training must not.
	out.X.Min, out.X.Max, out.Y.Min, out.Y.Max = first, last, p.bottom, p.top
	return out, nil
}

func newPlot() *plot.Plot {
	out := plot.New()
	label, tick := textStyleOf(fontSize), textStyleOf(fontSize-1)
	for _, a := range []*plot.Axis{&out.X, &out.Y} {
		for _, s := range []struct {
			of   *draw.TextStyle
			from draw.TextStyle
		}{{&a.Label.TextStyle, label}, {&a.Tick.Label, tick}} {
			s.of.Font, s.of.Handler = s.from.Font, s.from.Handler // the alignment stays
		}
		a.Padding = 0
	}
	out.X.Label.Text = "training step"
	return out
}

// addLevel draws a dashed grey line with its name above one end.
func addLevel(out *plot.Plot, l mark, first, last float64) error {
	line, err := plotter.NewLine(plotter.XYs{{X: first, Y: l.value}, {X: last, Y: l.value}})
	if err != nil {
		return err
	}
	grey := color.Gray{110}
	line.LineStyle = draw.LineStyle{Color: grey, Width: vg.Points(0.7), Dashes: []vg.Length{3, 3}}
	name, err := levelName(l, first, last)
	if err != nil {
		return err
	}
	name.TextStyle[0].Color = grey
	out.Add(line, name)
	return nil
}

func levelName(l mark, first, last float64) (*plotter.Labels, error) {
	at, sty := first, textStyleOf(fontSize-2)
	offset := vg.Point{X: 3, Y: 2}
	if l.right {
		at, sty.XAlign, offset.X = last, draw.XRight, -offset.X
	}
	name, err := plotter.NewLabels(plotter.XYLabels{
		XYs:    plotter.XYs{{X: at, Y: l.value}},
		Labels: []string{l.name + " " + strconv.FormatFloat(l.value, 'f', 3, 64)},
	})
	if err != nil {
		return nil, err
	}
	name.TextStyle[0], name.Offset = sty, offset
	return name, nil
}

// addBand fills between the quartiles.
func (p *panel) addBand(out *plot.Plot, method int, bands []training.Band) error {
	if len(bands) == 0 {
		return nil
	}
	var outline plotter.XYs
	for _, b := range bands {
		outline = append(outline, p.point(b.Step, b.Lo))
	}
	for i := len(bands) - 1; i >= 0; i-- {
		outline = append(outline, p.point(bands[i].Step, bands[i].Hi))
	}
	polygon, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	polygon.Color, polygon.Width = bandColor(method), 0
	out.Add(polygon)
	return nil
}

func (p *panel) addMedian(out *plot.Plot, method int, bands []training.Band) error {
	if len(bands) == 0 {
		return nil
	}
	var points plotter.XYs
	for _, b := range bands {
		points = append(points, p.point(b.Step, b.Median))
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.LineStyle = lineOf(method)
	out.Add(line)
	return nil
}

// point keeps a point within what can be drawn: a step is at least 1, and an
// infinite loss lies a little above the panel, where it is clipped; below, a log
// axis must not see a zero.
func (p *panel) point(step int, value float64) plotter.XY {
	return plotter.XY{X: float64(max(step, 1)), Y: max(min(value, 1.2*p.top), p.bottom/1.2)}
}
