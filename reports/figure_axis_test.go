package reports

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"uorobench/bench/training"
)

// Fifty bins to the decade: 1000 to 1047 (10^3.02) are one.
func TestThinned(t *testing.T) {
	inf := math.Inf(1)
	got := thinned([]training.Band{
		{Step: 1000, Median: 1, Lo: 0, Hi: 2, Runs: 3}, {Step: 1020, Median: 2, Lo: 1, Hi: inf, Runs: 3},
		{Step: 1040, Median: 6, Lo: 2, Hi: 4, Runs: 2}, {Step: 1050, Median: 7, Lo: 6, Hi: 8, Runs: 1},
	})
	want := []training.Band{{Step: 1040, Median: 3, Lo: 1, Hi: inf, Runs: 2}, {Step: 1050, Median: 7, Lo: 6, Hi: 8, Runs: 1}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if thinned(nil) != nil {
		t.Error("points out of nothing")
	}
}

func TestBitsTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0.127, 1.41, "0.2 0.3 0.5 1"},
		{0.002, 2, "0.01 0.1 1"},
	} {
		var labels []string
		for _, tick := range bitsTicks(c.lo, c.hi) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

// The axis of bits holds all levels and finite medians, is never empty, and spans
// at most three decades.
func TestSpan(t *testing.T) {
	of := func(medians ...float64) *panel {
		p := &panel{bands: [][]training.Band{nil}}
		for _, m := range medians {
			p.bands[0] = append(p.bands[0], training.Band{Median: m})
		}
		return p
	}
	for _, c := range []struct {
		p           *panel
		bottom, top float64
	}{
		{of(), 0.1, 1},
		{of(math.Inf(1), 0), 0.1, 1},
		{of(0.5, math.Inf(1), 2), 0.5 / 1.12, 2.24},
		{of(1e-9, 1), 1e-3, 1.12},
		{&panel{levels: []mark{{value: 0.25}}, bands: of(0.5).bands}, 0.25 / 1.12, 0.56},
	} {
		if bottom, top := c.p.span(); math.Abs(bottom-c.bottom) > 1e-15 || math.Abs(top-c.top) > 1e-15 {
			t.Errorf("%v to %v, want %v to %v", bottom, top, c.bottom, c.top)
		}
	}
}

// All methods are in the legend once, in order, and no row is wider than the room.
func TestLegendRows(t *testing.T) {
	f := &Figure{methods: []string{"rtrl", "uoro", "cv-uoro/snap1/trace", "residual", "scaled-split-residual-32", "snap1", "kf-rtrl"}}
	sty := textStyleOf(fontSize)
	for room, rows := range map[vg.Length]int{100 * vg.Centimeter: 1, 17.7 * vg.Centimeter: 2, 8 * vg.Centimeter: 4, 1: 7} {
		got, all := f.legendRows(sty, room), []string{}
		for _, r := range got {
			all = append(all, r...)
			if len(r) > 1 && legendWidth(sty, r) > room {
				t.Errorf("row %q is wider than %v", r, room)
			}
		}
		if len(got) != rows || strings.Join(all, " ") != strings.Join(f.methods, " ") {
			t.Errorf("room %v: %q, want %d rows", room, got, rows)
		}
	}
	if rows := (&Figure{}).legendRows(sty, 1); len(rows) != 0 {
		t.Errorf("no methods: %q", rows)
	}
}

// The figure from the Parquet is the one that the training left, a diverged
// training and missing endings included.
func TestReadFigure(t *testing.T) {
	tmp := t.TempDir()
	dir := filepath.Join(tmp, "a")
	w, err := NewTrainingWriter(dir, curveExperiment(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(withEndings(curveResults()), Origin{}); err != nil {
		t.Fatal(err)
	}
	f, err := ReadFigure(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"svg", "png"} {
		path := filepath.Join(tmp, "again."+end)
		if err := f.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		want, err1 := os.ReadFile(filepath.Join(dir, "curves."+end))
		got, err2 := os.ReadFile(path)
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs (%v)", end, err)
		}
	}
	if err := f.WriteFile(filepath.Join(tmp, "again.pdf")); err == nil || !strings.Contains(err.Error(), `ends in ".pdf": want .svg or .png`) {
		t.Errorf("error %v", err)
	}
	if err := f.WriteFile(filepath.Join(tmp, "absent", "again.svg")); err == nil {
		t.Error("written into a folder that is not there")
	}
	if _, err := ReadFigure(tmp); err == nil {
		t.Error("a figure of no training")
	}
}
