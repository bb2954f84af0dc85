package reports

import (
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"uorobench/bench/task"
	"uorobench/bench/training"
)

// Figure is the learning curves of the methods in two panels, bits per symbol on
// a log axis and the fraction of correct endings, against the training step on a
// log axis: the median over the seeds as a line, the quartiles as a band.
//
// A linear axis of bits was left: what is learned last, and takes the longest,
// lay in its lowest fifth.
type Figure struct {
	methods []string
	panels  []panel
}

// panel is one quantity of all methods.
type panel struct {
	label  string
	bottom float64 // of the axis; above 0 it is logarithmic
	top    float64
	bands  [][]training.Band // by method
	levels []mark            // dashed lines
	ticks  []plot.Tick       // of the axis; nil: chosen by the plot
}

// mark is a reference value with its name.
type mark struct {
	name  string
	value float64
	right bool // the name stands at the right end: curves pass the left one
}

// FigureOf makes the figure of an experiment's results. A task without strings
// that end has the first panel only.
func FigureOf(e *training.Experiment, results []training.Result) *Figure {
	if l, ok := e.Levels(); ok {
		return figureOf(results, &l)
	}
	return figureOf(results, nil)
}

// figureOf makes the figure with the reference levels, nil for none.
func figureOf(results []training.Result, levels *task.Levels) *Figure {
	f := &Figure{}
	by := map[string][]training.Result{}
	for _, r := range results {
		if by[r.Method] == nil {
			f.methods = append(f.methods, r.Method)
		}
		by[r.Method] = append(by[r.Method], r)
	}
	bits := panel{label: "bits per symbol"}
	endings := panel{label: "correct endings", top: 1.02, ticks: fractionTicks}
	for _, m := range f.methods {
		bits.bands = append(bits.bands, thinned(training.Bands(by[m], training.BitsQuantity)))
		endings.bands = append(endings.bands, thinned(training.Bands(by[m], training.EndingsQuantity)))
	}
	if levels != nil {
		bits.levels = levelsOf(levels)
	}
	bits.bottom, bits.top = bits.span()
	bits.ticks = bitsTicks(bits.bottom, bits.top)
	f.panels = []panel{bits}
	if haveEndings(results) {
		f.panels = append(f.panels, endings)
	}
	return f
}

func levelsOf(l *task.Levels) []mark {
	return []mark{{"perfect", l.Perfect, false}, {"bigram", l.Bigram, true}, {"unigram", l.Unigram, true}}
}

// span is a range that shows all levels and nearly all bands, at most three
// decades of them. A training that has diverged is infinitely bad: its method's
// line leaves the panel at the top.
func (p *panel) span() (bottom, top float64) {
	bottom = math.Inf(1)
	take := func(v float64) {
		if finite(v) && v > 0 {
			bottom, top = min(bottom, v), max(top, v)
		}
	}
	for _, l := range p.levels {
		take(l.value)
	}
	for _, bands := range p.bands {
		for _, b := range bands {
			take(b.Median)
		}
	}
	if top == 0 {
		return 0.1, 1
	}
	return max(bottom/1.12, top/1000), 1.12 * top
}

// haveEndings says whether any string ended. (The bands cannot tell: a training
// that diverged counts as 0 there, whatever the task.)
func haveEndings(results []training.Result) bool {
	for _, r := range results {
		for _, p := range r.Points {
			if finite(p.Endings) {
				return true
			}
		}
	}
	return false
}

// The figure's measures: the width of a text page in two columns.
const (
	figureWidth  = 18 * vg.Centimeter
	figureHeight = 7.5 * vg.Centimeter
	figureDPI    = 220
	legendRow    = 0.5 * vg.Centimeter
	panelGap     = 0.5 * vg.Centimeter
	margin       = 0.15 * vg.Centimeter
	fontSize     = 9
)

// WriteSVG writes the figure as SVG. Text stays text, in Liberation Sans: a
// viewer without it takes another font.
func (f *Figure) WriteSVG(w io.Writer) error {
	c := vgsvg.NewWith(vgsvg.UseWH(figureWidth, figureHeight))
	if err := f.draw(draw.NewCanvas(c, figureWidth, figureHeight)); err != nil {
		return err
	}
	_, err := c.WriteTo(w)
	return err
}

// WritePNG writes the figure as PNG, about 1560 pixels wide.
func (f *Figure) WritePNG(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(figureWidth, figureHeight), vgimg.UseDPI(figureDPI))
	if err := f.draw(draw.New(c)); err != nil {
		return err
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func (f *Figure) draw(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	c = draw.Crop(c, 0, 0, 0, -f.drawLegend(c))
	width := (c.Max.X - c.Min.X + panelGap) / vg.Length(len(f.panels))
	first, last, ok := f.steps()
	for i := range f.panels {
		p, err := f.panels[i].plot(first, last, ok)
		if err != nil {
			return err
		}
		left := vg.Length(i) * width
		right := c.Max.X - c.Min.X - left - width + panelGap
		p.Draw(draw.Crop(c, left, -right, 0, 0))
	}
	return nil
}

// steps is the range of the log axis; ok is false where there is no point.
func (f *Figure) steps() (first, last float64, ok bool) {
	for _, p := range f.panels {
		for _, bands := range p.bands {
			for _, b := range bands {
				at := float64(max(b.Step, 1)) // there is no step 0, and a log axis must not see one
				if !ok {
					first, last, ok = at, at, true
				}
				first, last = min(first, at), max(last, at)
			}
		}
	}
	return first, last, ok
}

func textStyleOf(size vg.Length) draw.TextStyle {
	return draw.TextStyle{
		Color:   color.Black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

// lineStyles tell methods apart three times over: by colours that the
// colour-blind can tell (Okabe & Ito 2008), by grey, and by dashes.
var lineStyles = []struct {
	color  color.NRGBA
	dashes []vg.Length
}{
	{color.NRGBA{0, 0, 0, 255}, nil},                                     // black
	{color.NRGBA{213, 94, 0, 255}, []vg.Length{5, 2}},                    // vermilion
	{color.NRGBA{0, 114, 178, 255}, nil},                                 // blue
	{color.NRGBA{0, 158, 115, 255}, []vg.Length{7, 2, 1.5, 2}},           // green
	{color.NRGBA{230, 159, 0, 255}, []vg.Length{1.5, 1.5}},               // orange
	{color.NRGBA{204, 121, 167, 255}, []vg.Length{3, 1.5, 3, 1.5, 1, 2}}, // purple
	{color.NRGBA{86, 180, 233, 255}, []vg.Length{9, 3}},                  // sky blue
}

func lineOf(method int) draw.LineStyle {
	s := lineStyles[method%len(lineStyles)]
	return draw.LineStyle{Color: s.color, Width: vg.Points(1.4), Dashes: s.dashes}
}

// bandColor is the line's colour, through which the others can be seen.
func bandColor(method int) color.Color {
	c := lineStyles[method%len(lineStyles)].color
	c.A = 38
	return c
}
