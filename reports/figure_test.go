package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"uorobench/bench/training"
)

// withEndings gives every point a fraction of endings.
func withEndings(results []training.Result) []training.Result {
	for _, r := range results {
		for i := range r.Points {
			r.Points[i].Endings = 0.25 * float64(i)
		}
	}
	return results
}

func svgOf(t *testing.T, f *Figure) string {
	t.Helper()
	var out bytes.Buffer
	if err := f.WriteSVG(&out); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	return out.String()
}

func TestFigureSaysWhatItShows(t *testing.T) {
	svg := svgOf(t, FigureOf(curveExperiment(t), withEndings(curveResults())))
	for _, want := range []string{
		">bits per symbol<", ">correct endings<", ">training step<", ">rtrl<", ">uoro<",
		">perfect 0.143<", ">bigram 0.368<", ">unigram 1.259<", ">100<", ">200<",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(svg, "Inf") || strings.Contains(svg, "NaN") {
		t.Error("a number that is not finite is in the figure")
	}
}

// The PNG is of the size that was asked for, and each method's colour stands in
// each panel.
func TestFigurePixels(t *testing.T) {
	var out bytes.Buffer
	if err := FigureOf(curveExperiment(t), withEndings(curveResults())).WritePNG(&out); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	// 18 cm and 7.5 cm at 220 dots per inch of 2.54 cm
	if size := img.Bounds().Size(); size != image.Pt(1559, 650) {
		t.Errorf("size %v", size)
	}
	half := img.Bounds().Dx() / 2
	for m := range 2 {
		left, right := pixelsOf(img, m, 0, half), pixelsOf(img, m, half, 2*half)
		if left < 200 || right < 200 {
			t.Errorf("method %d: %d and %d pixels of its colour below the legend", m, left, right)
		}
	}
}

// pixelsOf counts a line's colour below the legend between two columns.
func pixelsOf(img image.Image, method, from, to int) int {
	r, g, b, _ := lineStyles[method].color.RGBA()
	n := 0
	for y := 80; y < img.Bounds().Dy(); y++ {
		for x := from; x < to; x++ {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				n++
			}
		}
	}
	return n
}

// Curves of one point, of none, and with all trainings diverged at once can be
// drawn; a task without endings has one panel.
func TestFigureOfPoorCurves(t *testing.T) {
	e := curveExperiment(t)
	one := curveResults()[:1]
	one[0].Points = one[0].Points[:1]
	short := curveResults()[4:] // the second diverged half-way
	short[0].Points, short[0].Diverged = short[0].Points[:1], short[1].Diverged
	for name, results := range map[string][]training.Result{"none": nil, "one point": one, "diverged": short} {
		f := FigureOf(e, results)
		if svg := svgOf(t, f); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || len(f.panels) != 1 {
			t.Errorf("%s: %d panels\n%s", name, len(f.panels), svg)
		}
		if err := f.WritePNG(io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFigureIsTheSameTwice(t *testing.T) {
	e := curveExperiment(t)
	if a, b := svgOf(t, FigureOf(e, curveResults())), svgOf(t, FigureOf(e, curveResults())); a != b {
		t.Error("two figures of the same results differ")
	}
	if err := FigureOf(e, curveResults()).WriteSVG(&brokenWriter{100}); !errors.Is(err, errBroken) {
		t.Errorf("broken writer: %v", err)
	}
}

func TestStepTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{500, 20000, "500 1k 2k 5k 10k 20k"},
		{300, 450, ""},
		{1000, 200000, "1k 2k 5k 10k 20k 50k 100k 200k"},
		{100, 200000, "100 1k 10k 100k"},
		{1e5, 2e6, "100k 200k 500k 1M 2M"},
	} {
		var labels []string
		for _, tick := range stepTicks(c.lo, c.hi) {
			if tick.Value < c.lo || tick.Value > c.hi {
				t.Errorf("tick %v outside %v to %v", tick.Value, c.lo, c.hi)
			}
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

// Colours that are the same in grey must differ by their dashes.
func TestLineStylesDifferInGrey(t *testing.T) {
	for a := range lineStyles {
		for b := range a {
			x, y := lineStyles[a].color, lineStyles[b].color
			// luma of ITU-R BT.601
			grey := 0.299*(float64(x.R)-float64(y.R)) + 0.587*(float64(x.G)-float64(y.G)) + 0.114*(float64(x.B)-float64(y.B))
			if dashes := sameDashes(a, b); dashes && max(grey, -grey) < 60 {
				t.Errorf("lines %d and %d have the same dashes and nearly the same grey (%.0f apart)", a, b, grey)
			}
		}
	}
}

func sameDashes(a, b int) bool {
	x, y := lineStyles[a].dashes, lineStyles[b].dashes
	for i := range x {
		if len(x) != len(y) || x[i] != y[i] {
			return false
		}
	}
	return len(x) == len(y)
}
