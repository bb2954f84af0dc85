package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"uorobench/bench/speed"
	"uorobench/estimators"
)

func TestWriteSpeeds(t *testing.T) {
	s := []speed.Speed{{
		Job: speed.Jobs[0], Params: 4352, Bases: []estimators.Basis{estimators.BasisHistory},
		NsPerDrawStep: 412.3, PerDrawStep: 13000, GigaMultiplyAdd: 31.5, Peak: 50, OfPeak: 0.63, Chunks: 10,
	}}
	for f, want := range map[Format][]string{
		Table:    {"on a test", "63 %", "412", "history"},
		Markdown: {"| A ", "63 %"},
		CSV:      {"A,rnn,64,256,4352,history,412.3,13000,31.5,50,0.63,10,0"},
		JSON:     {`"fraction_of_peak": 0.63`},
	} {
		var b bytes.Buffer
		if err := WriteSpeeds(&b, f, "on a test", s); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s: no %q in\n%s", f, text, b.String())
			}
		}
		switch f {
		case CSV:
			if lines, err := csv.NewReader(&b).ReadAll(); err != nil || len(lines) != 2 {
				t.Errorf("csv: %v, %d lines", err, len(lines))
			}
		case JSON:
			if !json.Valid(b.Bytes()) {
				t.Error("json: not valid")
			}
		}
	}
}
