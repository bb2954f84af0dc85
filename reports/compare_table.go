package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Write writes the comparison. Table and Markdown have a block per task and cell,
// then notes; CSV has a line per row; JSON has the rows beside what was compared.
func (c *Comparison) Write(w io.Writer, format Format) error { return writePage(c, w, format) }

func (c *Comparison) writeCSV(w io.Writer) error { return writeCSV(w, c.Rows) }

func (c *Comparison) writeJSON(w io.Writer) error {
	rows, err := objects(c.Rows)
	if err != nil {
		return err
	}
	return encodeJSON(w, struct {
		A           string            `json:"a"`
		B           string            `json:"b,omitempty"`
		Baseline    string            `json:"baseline,omitempty"`
		Match       []string          `json:"match"`
		Differences []string          `json:"trajectory_differences,omitempty"`
		Settings    []string          `json:"settings_that_differ,omitempty"`
		Notes       []string          `json:"notes,omitempty"`
		Rows        []json.RawMessage `json:"rows"`
	}{c.PathA, c.PathB, c.Options.Baseline, c.Options.Match, c.Differences, c.Settings, c.Notes, rows})
}

func (c *Comparison) writeTables(w io.Writer, s style) error {
	for i, rows := range c.blocks() {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, s.title, s.escape(c.title(rows[0]))); err != nil {
			return err
		}
		if err := s.table(c.grid(rows), w); err != nil {
			return err
		}
	}
	return writeNotes(w, s, c.remarks())
}

// blocks cuts the rows by task and cell, in their order.
func (c *Comparison) blocks() [][]ComparedRow {
	var blocks [][]ComparedRow
	at := make(map[[2]string]int)
	for _, r := range c.Rows {
		k := [2]string{r.Task, r.Cell}
		if _, ok := at[k]; !ok {
			at[k] = len(blocks)
			blocks = append(blocks, nil)
		}
		blocks[at[k]] = append(blocks[at[k]], r)
	}
	return blocks
}

func (c *Comparison) title(r ComparedRow) string {
	parts := []string{r.Cell + ", " + r.Task}
	switch base := c.Options.Baseline; {
	case c.PathB == "":
		parts = append(parts, "A = "+base+", B = the others of "+c.PathA)
	case base != "":
		parts = append(parts, "A = "+base+" of "+c.PathA, "B = "+c.PathB)
	default:
		parts = append(parts, "A = "+c.PathA, "B = "+c.PathB)
	}
	if r.Step == nil {
		parts = append(parts, "all measured steps")
	}
	return strings.Join(parts, " · ")
}

// grid has a column for what differs between the rows only.
func (c *Comparison) grid(rows []ComparedRow) *grid {
	byStep := rows[0].Step != nil
	g := &grid{header: []string{"estimator"}}
	if byStep {
		g.header = append(g.header, "step")
	}
	g.header = append(g.header, "var_trace A", "var_trace B", "B / A", "[95 %]", "p", "p (Holm)", "errors")
	for i := range rows {
		r := &rows[i]
		cells := []string{c.name(r)}
		if byStep {
			cells = append(cells, strconv.Itoa(int(*r.Step)))
		}
		g.rows = append(g.rows, append(cells, r.cells()...))
	}
	return g
}

// name is the estimator's, with A's where a match on other columns lets them
// differ; with a baseline A's stands in the title.
func (c *Comparison) name(r *ComparedRow) string {
	if c.Options.Baseline != "" || r.EstimatorA == r.EstimatorB {
		return r.EstimatorB
	}
	return r.EstimatorA + " → " + r.EstimatorB
}

func (r *ComparedRow) cells() []string {
	ratio, interval := absent, absent
	if r.Ratio != nil {
		ratio, interval = r.ratioText()
	}
	return []string{
		withError(&r.VarA, r.VarAMCSE), withError(&r.VarB, r.VarBMCSE), ratio, interval,
		probability(r.P), probability(r.PHolm), r.How,
	}
}

// ratioText puts ~ in the place of a ratio that is not told from 1.
func (r *ComparedRow) ratioText() (ratio, interval string) {
	whole := withInterval(r.Ratio, r.RatioLo, r.RatioHi)
	ratio, interval, _ = strings.Cut(whole, " ")
	if r.Verdict == Unknown {
		ratio = Unknown
	}
	if interval == "" {
		interval = absent
	}
	return ratio, interval
}

func probability(p *float64) string {
	switch {
	case p == nil:
		return absent
	case *p < 0.001:
		return "<0.001"
	}
	return rounded(*p, max(2, placesOf(*p)))
}

// remarks are the notes below the tables.
func (c *Comparison) remarks() []string {
	var out []string
	if len(c.Differences) > 0 {
		out = append(out, "the trajectories differ: "+strings.Join(c.Differences, "; "))
	}
	if len(c.Settings) > 0 {
		out = append(out, "the configurations differ (A and B): "+strings.Join(c.Settings, "; "))
	}
	out = append(out, c.Notes...)
	out = append(out, "~: not told from 1 at 5 % for all "+plural(int64(len(c.Rows)), "row")+" together (Holm); the interval is of its row alone.")
	for _, how := range []How{Independent, Paired, Bound, ExactRatio} {
		for _, r := range c.Rows {
			if r.How == string(how) {
				out = append(out, string(how)+": "+howText[how])
				break
			}
		}
	}
	return out
}

var howText = map[How]string{
	Independent: "draws of other seeds; the errors add in squares.",
	Paired:      "the same draws; ratio and interval are the run's var_ratio.",
	Bound:       "draws in common, by an unknown measure; the errors are added, so the true p is no larger than shown and the true interval no wider.",
	ExactRatio:  "no error on either side.",
}
