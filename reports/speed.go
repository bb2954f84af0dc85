package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"uorobench/bench/speed"
)

// speedRow is a measured job under the names of the CSV and JSON forms.
type speedRow struct {
	Job           string  `json:"job"`
	Cell          string  `json:"cell"`
	Hidden        int     `json:"hidden"`
	Steps         int     `json:"steps"`
	Params        int     `json:"params"`
	Basis         string  `json:"basis"`
	NsPerDrawStep float64 `json:"ns_per_draw_step"`
	MultiplyAdds  float64 `json:"multiply_adds_per_draw_step"`
	GMultiplyAdds float64 `json:"gmultiply_adds_per_second"`
	Peak          float64 `json:"peak_gmultiply_adds_per_second"`
	OfPeak        float64 `json:"fraction_of_peak"`
	Chunks        int     `json:"chunks"`
	Allocations   uint64  `json:"allocations"`
}

func speedRowOf(s speed.Speed) speedRow {
	basis := ""
	for _, b := range s.Bases {
		if basis == "" {
			basis = string(b)
		} else if basis != string(b) {
			basis = "mixed"
		}
	}
	return speedRow{
		Job: s.Name, Cell: s.Cell, Hidden: s.Hidden, Steps: s.Steps, Params: s.Params, Basis: basis,
		NsPerDrawStep: s.NsPerDrawStep, MultiplyAdds: s.PerDrawStep, GMultiplyAdds: s.GigaMultiplyAdd,
		Peak: s.Peak, OfPeak: s.OfPeak, Chunks: s.Chunks, Allocations: s.Allocations,
	}
}

// WriteSpeeds writes what the bench command measured; title says on what.
func WriteSpeeds(w io.Writer, f Format, title string, speeds []speed.Speed) error {
	rows := make([]speedRow, len(speeds))
	for i, s := range speeds {
		rows[i] = speedRowOf(s)
	}
	switch f {
	case JSON:
		return encodeJSON(w, rows)
	case CSV:
		return speedCSV(w, rows)
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", title); err != nil {
		return err
	}
	g := speedGrid(rows)
	if f == Markdown {
		return g.writeMarkdown(w)
	}
	return g.writeText(w)
}

func speedGrid(rows []speedRow) *grid {
	g := &grid{header: []string{"job", "cell", "H", "T", "basis", "ns/draw-step", "madds/draw-step", "Gmadd/s", "peak", "of peak", "allocs/chunk"}}
	for _, r := range rows {
		g.rows = append(g.rows, []string{
			r.Job, r.Cell, strconv.Itoa(r.Hidden), strconv.Itoa(r.Steps), r.Basis,
			significant(r.NsPerDrawStep, 3), strconv.FormatFloat(r.MultiplyAdds, 'f', 0, 64),
			significant(r.GMultiplyAdds, 3), significant(r.Peak, 3),
			strconv.FormatFloat(100*r.OfPeak, 'f', 0, 64) + " %",
			strconv.FormatFloat(float64(r.Allocations)/float64(max(r.Chunks, 1)), 'f', 2, 64),
		})
	}
	return g
}

func speedCSV(w io.Writer, rows []speedRow) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	lines := [][]string{{"job", "cell", "hidden", "steps", "params", "basis", "ns_per_draw_step", "multiply_adds_per_draw_step",
		"gmultiply_adds_per_second", "peak_gmultiply_adds_per_second", "fraction_of_peak", "chunks", "allocations"}}
	for _, r := range rows {
		lines = append(lines, []string{
			r.Job, r.Cell, strconv.Itoa(r.Hidden), strconv.Itoa(r.Steps), strconv.Itoa(r.Params), r.Basis,
			number(r.NsPerDrawStep), number(r.MultiplyAdds), number(r.GMultiplyAdds), number(r.Peak), number(r.OfPeak),
			strconv.Itoa(r.Chunks), strconv.FormatUint(r.Allocations, 10),
		})
	}
	return out.WriteAll(lines)
}
