package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"uorobench/bench/speed"
)

// trainingSpeedRow is a measured method under the names of the CSV and JSON
// forms.
type trainingSpeedRow struct {
	Method           string  `json:"method"`
	Cell             string  `json:"cell"`
	Hidden           int     `json:"hidden"`
	UpdatesPerSecond float64 `json:"updates_per_second"`
	UsedCost         int64   `json:"used_multiply_adds_per_step"`
	SpentCost        int64   `json:"spent_multiply_adds_per_step"`
	OfPeak           float64 `json:"fraction_of_peak"`
	Steps            int     `json:"steps"`
	Allocations      uint64  `json:"allocations"`
}

func trainingSpeedRowOf(t speed.Training) trainingSpeedRow {
	return trainingSpeedRow{
		Method: t.Method, Cell: t.Cell, Hidden: t.Hidden, UpdatesPerSecond: 1e9 / t.Nanoseconds,
		UsedCost: t.Used, SpentCost: t.Spent, OfPeak: t.OfPeak, Steps: t.Steps, Allocations: t.Allocations,
	}
}

// WriteTrainingSpeeds writes what was measured of training; title says on what.
func WriteTrainingSpeeds(w io.Writer, f Format, title string, speeds []speed.Training) error {
	rows := make([]trainingSpeedRow, len(speeds))
	for i, s := range speeds {
		rows[i] = trainingSpeedRowOf(s)
	}
	switch f {
	case JSON:
		return encodeJSON(w, rows)
	case CSV:
		return trainingSpeedCSV(w, rows)
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", title); err != nil {
		return err
	}
	g := trainingSpeedGrid(rows)
	if f == Markdown {
		return g.writeMarkdown(w)
	}
	return g.writeText(w)
}

func trainingSpeedGrid(rows []trainingSpeedRow) *grid {
	g := &grid{header: []string{"method", "cell", "H", "updates/s", "used", "spent", "of peak"}}
	for _, r := range rows {
		g.rows = append(g.rows, []string{
			r.Method, r.Cell, strconv.Itoa(r.Hidden), significant(r.UpdatesPerSecond, 3),
			strconv.FormatInt(r.UsedCost, 10), strconv.FormatInt(r.SpentCost, 10),
			strconv.FormatFloat(100*r.OfPeak, 'f', 0, 64) + " %",
		})
	}
	return g
}

func trainingSpeedCSV(w io.Writer, rows []trainingSpeedRow) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	lines := [][]string{{"method", "cell", "hidden", "updates_per_second", "used_multiply_adds_per_step",
		"spent_multiply_adds_per_step", "fraction_of_peak", "steps", "allocations"}}
	for _, r := range rows {
		lines = append(lines, []string{
			r.Method, r.Cell, strconv.Itoa(r.Hidden), number(r.UpdatesPerSecond), strconv.FormatInt(r.UsedCost, 10),
			strconv.FormatInt(r.SpentCost, 10), number(r.OfPeak), strconv.Itoa(r.Steps), strconv.FormatUint(r.Allocations, 10),
		})
	}
	return csv.NewWriter(w).WriteAll(lines)
}
