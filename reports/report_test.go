package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReportGolden(t *testing.T) {
	report := Report{Summary: sampleSummary(), Steps: sampleSteps()}
	for format, name := range map[Format]string{Table: "report.txt", Markdown: "report.md", CSV: "report.csv", JSON: "report.json"} {
		t.Run(string(format), func(t *testing.T) {
			var out bytes.Buffer
			if err := report.Write(&out, format); err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/"+name, out.Bytes())
		})
	}
}

// A figure for the report must be found in a terminal of 120 columns.
func TestTableFitsTheTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := (Report{Summary: sampleSummary(), Steps: sampleSteps()}).Write(&out, Table); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.HasSuffix(line, " \n") {
			t.Errorf("blanks at the end: %q", line)
		}
	}
}

// Every line of a Markdown table must have as many unescaped pipes as its
// header, whatever is in the names.
func TestMarkdownEscapesPipes(t *testing.T) {
	rows := sampleSummary()[:1]
	rows[0].Estimator = "a|b\nc"
	var out bytes.Buffer
	if err := (Report{Summary: rows}).Write(&out, Markdown); err != nil {
		t.Fatal(err)
	}
	var pipes []int
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "|") {
			pipes = append(pipes, strings.Count(line, "|")-strings.Count(line, `\|`)) // the header has escaped ones of its own
		}
	}
	if len(pipes) != 3 || pipes[0] != 9 || pipes[1] != 9 || pipes[2] != 9 {
		t.Errorf("unescaped pipes by line %v, want [9 9 9] in\n%s", pipes, out.String())
	}
	if !strings.Contains(out.String(), `a\|b c`) {
		t.Errorf("name is not escaped in\n%s", out.String())
	}
}

func TestCSVAndJSONAgree(t *testing.T) {
	report := Report{Summary: sampleSummary(), Steps: sampleSteps()}
	table := parseCSV(t, report)
	var object struct{ Summary, Steps []map[string]any }
	var out bytes.Buffer
	if err := report.Write(&out, JSON); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(&out)
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	rows := append(object.Summary, object.Steps...)
	if len(table)-1 != len(rows) || len(rows) != len(report.Summary)+len(report.Steps) {
		t.Fatalf("CSV has %d rows, JSON %d, the report %d", len(table)-1, len(rows), len(report.Summary)+len(report.Steps))
	}
	for i, row := range rows {
		compareRow(t, table[0][1:], table[i+1][1:], row) // without the dataset
	}
}

func parseCSV(t *testing.T, report Report) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Write(&out, CSV); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// compareRow compares a CSV row with a JSON object: the same numbers, and an
// empty cell where the object has null or no such column.
func compareRow(t *testing.T, header, cells []string, row map[string]any) {
	t.Helper()
	for c, name := range header {
		want := ""
		switch v := row[name].(type) {
		case string:
			want = v
		case json.Number:
			a, err := v.Float64()
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Number(cells[c]).Float64()
			if err != nil || a != b {
				t.Errorf("%s: CSV %q, JSON %v", name, cells[c], v)
			}
			continue
		}
		if cells[c] != want {
			t.Errorf("%s: CSV %q, JSON %q", name, cells[c], want)
		}
	}
}

type brokenWriter struct{ left int }

var errBroken = errors.New("pipe is gone")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > b.left {
		n := b.left
		b.left = 0
		return n, errBroken
	}
	b.left -= len(p)
	return len(p), nil
}

// No write error may be lost, wherever it happens.
func TestReportReturnsWriteErrors(t *testing.T) {
	report := Report{Summary: sampleSummary(), Steps: sampleSteps()}
	for _, format := range Formats() {
		var whole bytes.Buffer
		if err := report.Write(&whole, format); err != nil {
			t.Fatal(err)
		}
		for limit := 0; limit < whole.Len(); limit += 97 {
			if err := report.Write(&brokenWriter{limit}, format); !errors.Is(err, errBroken) {
				t.Errorf("%s: pipe broken after %d of %d bytes: error %v", format, limit, whole.Len(), err)
			}
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), "table, markdown, csv, json") {
		t.Errorf("unknown format: error %v should list the formats", err)
	}
	if err := (Report{}).Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("Write took an unknown format")
	}
}

func TestEmptyReport(t *testing.T) {
	for _, f := range Formats() {
		var out bytes.Buffer
		if err := (Report{}).Write(&out, f); err != nil || out.Len() == 0 {
			t.Errorf("%s: %q, %v", f, out.String(), err)
		}
	}
}
