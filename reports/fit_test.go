package reports

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A run whose every figure is as wide as figures get keeps the terminal's width:
// corr goes, then cos, and the report says so. Markdown keeps them.
func TestWideFiguresFit(t *testing.T) {
	wide := withCovariate(figures(1, 1.234567e-7, -1.07e-4), -9.74e-7, 5.4e-7, -0.001, 1.9512, "pilot")
	wide.Cosine, wide.CosineMCSE = some(-0.02134), some(0.00041)
	wide.MaxZ, wide.MaxZP = some(12.5), some(0.0001)
	wide.BiasSqMCSE = some(6.7e-5)
	row := SummaryRow{Key: key("gru", "cv-uoro", "linear-rowwise", "trace", "pre"), NSteps: 3, Figures: wide}
	for _, c := range []struct {
		covariate string
		gone      []string
	}{{"snap1", nil}, {"truncated-4", []string{"corr"}}, {"instant+linear-rowwise", []string{"corr", "cos"}}} {
		row.Covariate = c.covariate
		report := Report{Summary: []SummaryRow{row}}
		var text, markdown bytes.Buffer
		if err := report.Write(&text, Table); err != nil {
			t.Fatal(err)
		}
		if err := report.Write(&markdown, Markdown); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text.String(), "\n")
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > terminalWidth {
				t.Errorf("%s: %d columns: %s", c.covariate, n, line)
			}
		}
		header := strings.Fields(lines[2])
		for _, name := range []string{"corr", "cos"} {
			if gone := !slices.Contains(header, name); gone != slices.Contains(c.gone, name) {
				t.Errorf("%s: %s gone: %v, want gone: %v\n%s", c.covariate, name, gone, c.gone, lines[2])
			}
			if !strings.Contains(markdown.String(), " "+name+" |") {
				t.Errorf("%s: Markdown lacks %s", c.covariate, name)
			}
		}
		if note := strings.Contains(text.String(), "left out for room: "+strings.Join(c.gone, ", ")+";"); note != (c.gone != nil) {
			t.Errorf("%s: note on %v: %v", c.covariate, c.gone, note)
		}
	}
}

// The width that fit reckons with is the one that is written.
func TestGridWidth(t *testing.T) {
	g := block{summary: sampleSummary()}.pooled()
	var out bytes.Buffer
	if err := g.writeText(&out); err != nil {
		t.Fatal(err)
	}
	widest := 0
	for line := range strings.Lines(out.String()) {
		widest = max(widest, utf8.RuneCountInString(line)-1)
	}
	if widest != g.width() {
		t.Errorf("width %d, written %d", g.width(), widest)
	}
}
