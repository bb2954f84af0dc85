package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"uorobench/bench/speed"
)

// stepSpeedRow is a measured step under the names of the CSV and JSON forms.
type stepSpeedRow struct {
	Estimator   string  `json:"estimator"`
	Cell        string  `json:"cell"`
	Hidden      int     `json:"hidden"`
	Inputs      int     `json:"inputs"`
	DrawCost    int64   `json:"draw_multiply_adds"`
	KnownCost   int64   `json:"shared_multiply_adds"`
	DrawNs      float64 `json:"ns_per_draw_step"`
	SharedNs    float64 `json:"ns_shared_per_step"`
	OnlineNs    float64 `json:"ns_per_online_step"`
	Repetitions int     `json:"turns"`
}

// WriteSteps writes measured steps of single estimators; title says on what.
func WriteSteps(w io.Writer, f Format, title string, steps []speed.Step) error {
	rows := make([]stepSpeedRow, len(steps))
	for i, s := range steps {
		rows[i] = stepSpeedRow{
			Estimator: s.Label, Cell: s.Cell, Hidden: s.Hidden, Inputs: s.Inputs,
			DrawCost: s.Cost.PerDraw, KnownCost: s.Cost.Shared,
			DrawNs: 1e9 * s.PerDraw, SharedNs: 1e9 * s.Shared, OnlineNs: 1e9 * s.Online(), Repetitions: s.Turns,
		}
	}
	switch f {
	case JSON:
		return encodeJSON(w, rows)
	case CSV:
		return stepSpeedCSV(w, rows)
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", title); err != nil {
		return err
	}
	g := &grid{header: []string{"estimator", "cell", "H", "per draw", "ns a draw", "shared", "ns shared", "learner"}}
	for i, r := range rows {
		g.rows = append(g.rows, []string{
			r.Estimator, r.Cell, strconv.Itoa(r.Hidden), wholeText(&r.DrawCost), nanoseconds(steps[i].PerDraw),
			wholeText(&r.KnownCost), nanoseconds(steps[i].Shared), significant(r.OnlineNs/1e3, 3) + " µs",
		})
	}
	if f == Markdown {
		return g.writeMarkdown(w)
	}
	return g.writeText(w)
}

func stepSpeedCSV(w io.Writer, rows []stepSpeedRow) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	whole := func(v int64) string { return strconv.FormatInt(v, 10) }
	lines := [][]string{{"estimator", "cell", "hidden", "inputs", "draw_multiply_adds", "shared_multiply_adds",
		"ns_per_draw_step", "ns_shared_per_step", "ns_per_online_step", "turns"}}
	for _, r := range rows {
		lines = append(lines, []string{
			r.Estimator, r.Cell, strconv.Itoa(r.Hidden), strconv.Itoa(r.Inputs), whole(r.DrawCost), whole(r.KnownCost),
			number(r.DrawNs), number(r.SharedNs), number(r.OnlineNs), strconv.Itoa(r.Repetitions),
		})
	}
	return csv.NewWriter(w).WriteAll(lines)
}
