package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"uorobench/bench/verify"
)

// Verification is what a table of checks is made of.
type Verification struct {
	Cases []verify.Case
	Each  bool // a line for every case, instead of one for every check
}

// Write writes the cases. Table and Markdown have a line per check with the
// largest of its errors, or a line per case, then what failed; CSV and JSON have
// every case.
func (v Verification) Write(w io.Writer, format Format) error { return writePage(v, w, format) }

func (v Verification) writeJSON(w io.Writer) error { return encodeJSON(w, v.rows()) }

// caseRow is a case as it is exported.
type caseRow struct {
	Check      string  `json:"check"`
	Against    string  `json:"against"`
	Cell       string  `json:"cell,omitempty"`
	Estimator  string  `json:"estimator,omitempty"`
	Covariate  string  `json:"covariate,omitempty"`
	Guard      string  `json:"guard,omitempty"`
	Convention string  `json:"convention,omitempty"`
	Noise      string  `json:"noise,omitempty"`
	Error      float64 `json:"error"`
	Tolerance  float64 `json:"tolerance"`
	Result     string  `json:"result"`
	Why        string  `json:"why,omitempty"`
}

func (v Verification) rows() []caseRow {
	rows := []caseRow{} // [] and not null
	for i := range v.Cases {
		c := &v.Cases[i]
		rows = append(rows, caseRow{
			Check: c.Check.Name, Against: c.Check.Against, Cell: c.Cell, Estimator: c.Estimator, Covariate: c.Covariate,
			Guard: c.Guard, Convention: c.Convention, Noise: c.Noise,
			Error: c.Error, Tolerance: c.Check.Tolerance, Result: resultOf(c), Why: c.Failure + c.Skipped,
		})
	}
	return rows
}

func resultOf(c *verify.Case) string {
	switch {
	case c.Skipped != "":
		return "skip"
	case c.Passed():
		return "pass"
	}
	return "FAIL"
}

func (v Verification) writeCSV(w io.Writer) error {
	lines := [][]string{caseColumns}
	for _, r := range v.rows() {
		lines = append(lines, r.cells())
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// caseColumns are the columns of CSV.
var caseColumns = []string{"check", "against", "cell", "estimator", "covariate", "guard", "convention", "noise", "error", "tolerance", "result", "why"}

func (r *caseRow) cells() []string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	return []string{
		r.Check, r.Against, r.Cell, r.Estimator, r.Covariate, r.Guard, r.Convention, r.Noise,
		number(r.Error), number(r.Tolerance), r.Result, r.Why,
	}
}

func (v Verification) writeTables(w io.Writer, s style) error {
	g := v.byCheck()
	if v.Each {
		g = v.byCase()
	}
	if err := s.table(g, w); err != nil {
		return err
	}
	return writeNotes(w, s, v.notes())
}

// tally is the cases of a check.
type tally struct {
	check                   *verify.Check
	compared, skipped, fail int
	worst                   *verify.Case // of those compared
}

func (v Verification) tallies() []*tally {
	var order []*tally
	of := map[*verify.Check]*tally{}
	for i := range v.Cases {
		c := &v.Cases[i]
		t := of[c.Check]
		if t == nil {
			t = &tally{check: c.Check}
			of[c.Check], order = t, append(order, t)
		}
		t.add(c)
	}
	return order
}

func (t *tally) add(c *verify.Case) {
	switch {
	case c.Skipped != "":
		t.skipped++
		return
	case !c.Passed():
		t.fail++
	}
	t.compared++
	if t.worst == nil || c.Error > t.worst.Error {
		t.worst = c
	}
}

func (v Verification) byCheck() *grid {
	g := &grid{header: []string{"check", "against", "cases", "skipped", "largest error", "allowed", "result"}, left: 1}
	for _, t := range v.tallies() {
		most, result := absent, "pass"
		if t.worst != nil {
			most = errorText(t.worst.Error)
		}
		switch {
		case t.fail > 0:
			result = fmt.Sprintf("FAIL (%d)", t.fail)
		case t.compared == 0:
			result = "skip"
		}
		g.rows = append(g.rows, []string{
			t.check.Name, t.check.Against, strconv.Itoa(t.compared), strconv.Itoa(t.skipped), most, errorText(t.check.Tolerance), result,
		})
	}
	return g
}

func (v Verification) byCase() *grid {
	g := &grid{header: []string{"check", "subject", "error", "allowed", "result"}, left: 1}
	for i := range v.Cases {
		c := &v.Cases[i]
		found := errorText(c.Error)
		if c.Failure+c.Skipped != "" {
			found = absent
		}
		g.rows = append(g.rows, []string{c.Check.Name, subjectText(c), found, errorText(c.Check.Tolerance), resultOf(c)})
	}
	return g
}

// errorText is an error at the two digits that it deserves.
func errorText(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

// subjectText names what a case looks at, broad before narrow.
func subjectText(c *verify.Case) string {
	var parts []string
	for _, p := range []string{c.Cell, c.Estimator, c.Covariate, c.Convention, c.Guard, c.Noise} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// maxListed keeps a broken build's list on one screen.
const maxListed = 20

// notes say what failed, and the sum of it all.
func (v Verification) notes() []string {
	var notes []string
	failures := verify.Failures(v.Cases)
	for i := range failures {
		if i == maxListed {
			notes = append(notes, fmt.Sprintf("and %d more; --cases lists them all", len(failures)-i))
			break
		}
		notes = append(notes, "FAIL "+failureText(&failures[i]))
	}
	return append(notes, v.sum(len(failures)))
}

// failureText is what is wrong with a case.
func failureText(c *verify.Case) string {
	what := fmt.Sprintf("error %s, allowed %s", errorText(c.Error), errorText(c.Check.Tolerance))
	if c.Failure != "" {
		what = c.Failure
	}
	if subject := subjectText(c); subject != "" {
		what = subject + ": " + what
	}
	return c.Check.Name + ": " + what
}

// sum is the last line.
func (v Verification) sum(failed int) string {
	skipped := 0
	for i := range v.Cases {
		if v.Cases[i].Skipped != "" {
			skipped++
		}
	}
	text := fmt.Sprintf("%d cases: %d hold, %d fail", len(v.Cases), len(v.Cases)-failed-skipped, failed)
	if skipped > 0 {
		text += fmt.Sprintf(", %d were skipped: --format csv says why", skipped)
	}
	return text + "."
}
