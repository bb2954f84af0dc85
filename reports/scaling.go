package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"uorobench/bench/speed"
	"uorobench/stats"
)

// scalingRow is a measured size under the names of the CSV and JSON forms. Time
// and work are relative to the smallest size; the exponents are of all sizes.
type scalingRow struct {
	Of       string  `json:"of"`
	Hidden   int     `json:"hidden"`
	Params   int     `json:"params"`
	Draws    int     `json:"draws"`
	Time     float64 `json:"time"`
	Work     float64 `json:"multiply_adds"`
	Exponent float64 `json:"exponent"`
	Low      float64 `json:"exponent_lo"`
	High     float64 `json:"exponent_hi"`
	Counted  float64 `json:"exponent_of_multiply_adds"`
}

func scalingRows(found []speed.Scaling) (rows []scalingRow) {
	for _, s := range found {
		for _, p := range s.Points {
			rows = append(rows, scalingRow{
				Of: s.Of, Hidden: p.Hidden, Params: p.Params, Draws: p.Draws, Time: p.Time, Work: p.Work,
				Exponent: s.Exponent.Value, Low: s.Exponent.Lo, High: s.Exponent.Hi, Counted: s.Counted.Value,
			})
		}
	}
	return rows
}

// WriteScalings writes how times grow with the sizes; title says on what.
func WriteScalings(w io.Writer, f Format, title string, found []speed.Scaling) error {
	switch f {
	case JSON:
		return encodeJSON(w, scalingRows(found))
	case CSV:
		return scalingCSV(w, scalingRows(found))
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", title); err != nil {
		return err
	}
	g := scalingGrid(scalingRows(found))
	write := g.writeText
	if f == Markdown {
		write = g.writeMarkdown
	}
	if err := write(w); err != nil {
		return err
	}
	for _, s := range found {
		if _, err := fmt.Fprintf(w, "\ntime ∝ %s^b with b = %s, counted multiply-adds %s; %d turns\n",
			s.Of, growthText(s.Exponent), significant(s.Counted.Value, 3), s.Turns); err != nil {
			return err
		}
	}
	return nil
}

func growthText(b stats.Interval) string {
	return fmt.Sprintf("%s [%s, %s]", significant(b.Value, 3), significant(b.Lo, 3), significant(b.Hi, 3))
}

func scalingGrid(rows []scalingRow) *grid {
	g := &grid{header: []string{"of", "H", "P", "draws", "time", "madds"}}
	for _, r := range rows {
		g.rows = append(g.rows, []string{
			r.Of, strconv.Itoa(r.Hidden), strconv.Itoa(r.Params), strconv.Itoa(r.Draws), significant(r.Time, 3), significant(r.Work, 3),
		})
	}
	return g
}

func scalingCSV(w io.Writer, rows []scalingRow) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	lines := [][]string{{"of", "hidden", "params", "draws", "time", "multiply_adds", "exponent", "exponent_lo", "exponent_hi", "exponent_of_multiply_adds"}}
	for _, r := range rows {
		lines = append(lines, []string{
			r.Of, strconv.Itoa(r.Hidden), strconv.Itoa(r.Params), strconv.Itoa(r.Draws), number(r.Time), number(r.Work),
			number(r.Exponent), number(r.Low), number(r.High), number(r.Counted),
		})
	}
	return csv.NewWriter(w).WriteAll(lines)
}
