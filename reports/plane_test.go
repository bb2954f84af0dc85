package reports

import (
	"bytes"
	"image/png"
	"math"
	"strings"
	"testing"
)

// planeReport has five estimators of known cost and error at two weights.
func planeReport() SweepReport {
	r := SweepReport{Name: "plane", Axes: []SweepAxis{{"weights", []string{"early", "late"}}}}
	for _, w := range []string{"early", "late"} {
		for _, e := range []struct {
			name      string
			work      int64
			rel, bias float64
			draws     int64
		}{
			{"rtrl", 1e6, 0, 0, 0}, {"uoro", 100, 50, 0.3, 64}, {"multi-uoro-8", 800, 6, 0, 64},
			{"residual", 300, 5, 0, 64}, {"snap1", 200, 0, 0.25, 0}, {"tbptt-8", 900, 0, 0.125, 0},
		} {
			work, rel, bias := e.work, e.rel, e.bias
			zero := int64(0)
			row := SweepRow{Values: []string{w}, Key: Key{Cell: "gru", Task: "anbn", Estimator: e.name}}
			row.Figures = Figures{NDraws: e.draws, ExactNormSq: 1, RelVar: &rel, BiasSq: &bias, DrawCost: &work, KnownCost: &zero}
			if e.draws == 0 {
				row.DrawCost, row.KnownCost = &zero, &work
			}
			r.Rows = append(r.Rows, row)
		}
	}
	return r
}

func TestPlanePoints(t *testing.T) {
	p, ok := PlaneOf(planeReport())
	if !ok || len(p.panels) != 2 || p.panels[1].title != "gru, weights late" || p.panels[0].exact != 1e6 {
		t.Fatalf("%v, %+v", ok, p)
	}
	front := map[string]bool{"uoro": true, "residual": true, "snap1": true, "tbptt-8": true}
	for _, q := range p.panels[0].points {
		if q.front != front[q.name] {
			t.Errorf("%s: on the front: %v, want %v", q.name, q.front, front[q.name])
		}
	}
	if len(p.panels[0].points) != 5 {
		t.Errorf("%d points, want 5: the exact gradient has none", len(p.panels[0].points))
	}
	least, most := 0, 1
	area := p.area()
	if x, y := area.XY(least); math.Abs(x-100./6) > 1e-12 || math.Abs(y-0.125/3) > 1e-15 {
		t.Errorf("axes begin at %g, %g", x, y)
	}
	if x, y := area.XY(most); x != 2e6 || y != 150 {
		t.Errorf("axes end at %g, %g", x, y)
	}
	if _, ok := PlaneOf(sampleSweep()); ok {
		t.Error("a plane of two estimators")
	}
}

func TestPlaneFiles(t *testing.T) {
	r := planeReport()
	for i := range r.Rows {
		if r.Rows[i].Estimator == "residual" && r.Rows[i].Values[0] == "early" {
			r.Rows[i].RelVar = some(0.0)
		}
	}
	p, _ := PlaneOf(r)
	if p.panels[0].exact != 1e6 || len(p.panels[0].perfect) != 1 || len(p.panels[1].perfect) != 0 {
		t.Errorf("panels: %+v", p.panels)
	}
	var svg, image bytes.Buffer
	if err := p.WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"tbptt-8", "uoro", "multiply-adds a step", "gru, weights early", "not shown: residual"} {
		if !strings.Contains(svg.String(), text) {
			t.Errorf("no %q in the SVG", text)
		}
	}
	if err := p.WritePNG(&image); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&image); err != nil {
		t.Error(err)
	}
}
