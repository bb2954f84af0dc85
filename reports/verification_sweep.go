package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"uorobench/bench/verify"
)

// SweepVerification is what the table of a sweep's checks is made of.
type SweepVerification struct {
	Parts []SweepPart
	Each  bool // a line for every case, instead of one for every point
}

// Cases are those of all parts, in order.
func (v SweepVerification) Cases() []verify.Case {
	var all []verify.Case
	for _, p := range v.Parts {
		all = append(all, p.Cases...)
	}
	return all
}

// Write writes the cases. Table and Markdown have a line per point with its
// counts, or a line per case, then what failed; CSV and JSON have every case, with
// its point in the first column.
func (v SweepVerification) Write(w io.Writer, format Format) error { return writePage(v, w, format) }

func (v SweepVerification) writeJSON(w io.Writer) error { return encodeJSON(w, v.rows()) }

func (v SweepVerification) writeTables(w io.Writer, s style) error {
	g := v.byPart()
	if v.Each {
		g = v.byCase()
	}
	if err := s.table(g, w); err != nil {
		return err
	}
	return writeNotes(w, s, v.notes())
}

func (v SweepVerification) byPart() *grid {
	g := &grid{header: []string{"point", "cases", "hold", "fail", "skipped", "result"}}
	for _, p := range v.Parts {
		held, failed, skipped := counts(p.Cases)
		result := "pass"
		if failed > 0 {
			result = "FAIL"
		}
		line := []string{p.Name}
		for _, n := range []int{len(p.Cases), held, failed, skipped} {
			line = append(line, strconv.Itoa(n))
		}
		g.rows = append(g.rows, append(line, result))
	}
	return g
}

func counts(cases []verify.Case) (held, failed, skipped int) {
	for i := range cases {
		switch c := &cases[i]; {
		case c.Skipped != "":
			skipped++
		case c.Passed():
			held++
		default:
			failed++
		}
	}
	return held, failed, skipped
}

func (v SweepVerification) byCase() *grid {
	g := &grid{left: 2}
	for _, p := range v.Parts {
		of := Verification{Cases: p.Cases}.byCase()
		g.header = slices.Insert(of.header, 0, "point")
		for _, line := range of.rows {
			g.rows = append(g.rows, slices.Insert(line, 0, p.Name))
		}
	}
	return g
}

// notes say what failed, point by point, and the sum of it all.
func (v SweepVerification) notes() []string {
	var notes []string
	left := 0
	for _, p := range v.Parts {
		failures := verify.Failures(p.Cases)
		for i := range failures {
			if len(notes) == maxListed {
				left++
				continue
			}
			notes = append(notes, fmt.Sprintf("FAIL %s: %s", p.Name, failureText(&failures[i])))
		}
	}
	if left > 0 {
		notes = append(notes, fmt.Sprintf("and %d more; --cases lists them all", left))
	}
	cases := Verification{Cases: v.Cases()}
	_, failed, _ := counts(cases.Cases)
	return append(notes, fmt.Sprintf("%d points and the sweep itself, %s", len(v.Parts)-1, cases.sum(failed)))
}

// sweepCaseRow is a case with its point.
type sweepCaseRow struct {
	Point string `json:"point"`
	caseRow
}

func (v SweepVerification) rows() []sweepCaseRow {
	rows := []sweepCaseRow{} // [] and not null
	for _, p := range v.Parts {
		for _, r := range (Verification{Cases: p.Cases}).rows() {
			rows = append(rows, sweepCaseRow{p.Name, r})
		}
	}
	return rows
}

func (v SweepVerification) writeCSV(w io.Writer) error {
	lines := [][]string{append([]string{"point"}, caseColumns...)}
	for _, r := range v.rows() {
		lines = append(lines, append([]string{r.Point}, r.cells()...))
	}
	return csv.NewWriter(w).WriteAll(lines)
}
