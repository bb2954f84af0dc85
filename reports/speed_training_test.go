package reports

import (
	"io"
	"testing"

	"uorobench/bench/speed"
	"uorobench/bench/training"
)

func TestWriteTrainingSpeeds(t *testing.T) {
	s := []speed.Training{{
		Cell: "gru", Hidden: 32, Method: "uoro", Nanoseconds: 40_000, Cost: training.Cost{Used: 15552, Spent: 195552},
		OfPeak: 0.1234, Steps: 800, Allocations: 3,
	}}
	inFormats(t, 2, func(w io.Writer, f Format) error { return WriteTrainingSpeeds(w, f, "on a test", s) }, map[Format][]string{
		Table:    {"on a test", "25000", "15552", "195552", "12 %"},
		Markdown: {"| uoro ", "25000", "12 %"},
		CSV:      {"uoro,gru,32,25000,15552,195552,0.1234,800,3"},
		JSON:     {`"updates_per_second": 25000`, `"fraction_of_peak": 0.1234`},
	})
}
