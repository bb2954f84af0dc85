package reports

import (
	"io"
	"testing"

	"uorobench/bench/speed"
	"uorobench/estimators"
)

func TestWriteSpeeds(t *testing.T) {
	s := []speed.Speed{{
		Job: speed.Jobs[0], Params: 4352, Bases: []estimators.Basis{estimators.BasisHistory},
		NsPerDrawStep: 412.3, PerDrawStep: 13000, GigaMultiplyAdd: 31.5, Peak: 50, OfPeak: 0.63, Chunks: 10,
	}}
	inFormats(t, 2, func(w io.Writer, f Format) error { return WriteSpeeds(w, f, "on a test", s) }, map[Format][]string{
		Table:    {"on a test", "63 %", "412", "history"},
		Markdown: {"| A ", "63 %"},
		CSV:      {"A,rnn,64,256,4352,history,412.3,13000,31.5,50,0.63,10,0"},
		JSON:     {`"fraction_of_peak": 0.63`},
	})
}
