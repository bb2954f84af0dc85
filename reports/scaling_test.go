package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"uorobench/bench/speed"
	"uorobench/stats"
)

func TestWriteScalings(t *testing.T) {
	s := []speed.Scaling{{
		Of: "draws", Turns: 7, Exponent: stats.Interval{Value: 1.004, Lo: 0.99, Hi: 1.02}, Counted: stats.Interval{Value: 1},
		Points: []speed.ScalePoint{{Hidden: 32, Params: 3552, Draws: 16, Time: 1, Work: 1}, {Hidden: 32, Params: 3552, Draws: 32, Time: 2.01, Work: 2}},
	}}
	inFormats(t, 3, func(w io.Writer, f Format) error { return WriteScalings(w, f, "on a test", s) }, map[Format][]string{
		Table:    {"on a test", "time ∝ draws^b with b = 1.00 [0.990, 1.02], counted multiply-adds 1.00; 7 turns", "2.01"},
		Markdown: {"| draws ", "| 2.01 |"},
		CSV:      {"draws,32,3552,32,2.01,2,1.004,0.99,1.02,1\n"},
		JSON:     {`"exponent": 1.004`},
	})
}

// inFormats demands texts of what write writes in every format, so many lines of
// CSV, valid JSON, and the error of a writer that breaks.
func inFormats(t *testing.T, lines int, write func(io.Writer, Format) error, wants map[Format][]string) {
	t.Helper()
	for f, want := range wants {
		var b bytes.Buffer
		if err := write(&b, f); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s: no %q in\n%s", f, text, b.String())
			}
		}
		if err := write(&brokenWriter{3}, f); !errors.Is(err, errBroken) {
			t.Errorf("%s: a broken writer gave %v", f, err)
		}
		switch f {
		case CSV:
			if got, err := csv.NewReader(&b).ReadAll(); err != nil || len(got) != lines {
				t.Errorf("csv: %v, %d lines", err, len(got))
			}
		case JSON:
			if !json.Valid(b.Bytes()) {
				t.Error("json: not valid")
			}
		}
	}
}
