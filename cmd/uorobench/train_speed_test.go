package main

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestBenchTraining(t *testing.T) {
	status, stdout, stderr := call(t, "bench", "--training", "--cell", "rnn,gru", "--hidden", "4", "--methods", "rtrl,cv-uoro/snap1", "--time", "5ms", "--format", "csv")
	if status != 0 {
		t.Fatal(stderr)
	}
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%v: %d rows in\n%s", err, len(rows), stdout)
	}
	for i, want := range []string{"rtrl rnn 4", "cv-uoro/snap1/trace rnn 4", "rtrl gru 4", "cv-uoro/snap1/trace gru 4"} {
		if got := strings.Join(rows[i+1][:3], " "); got != want {
			t.Errorf("row %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestBadBenchTraining(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"bench A --training", "uorobench: --training: takes no jobs; name methods with --methods"},
		{"bench --training --methods uorro", `uorobench: --training: cell gru, method uorro: training: methods = "uorro": unknown estimator "uorro"`},
		{"bench --training --cell elman", `uorobench: --training: cell elman, method rtrl: training: cell = "elman": must be one of rnn, gru`},
		{"bench --training --hidden 0", "uorobench: --training: cell gru, method rtrl: training: hidden = 0: must be a whole number from 1 to 512"},
		{"bench --training --time 0s", "uorobench: --time 0s: must be more than 0"},
	} {
		status, stdout, stderr := call(t, strings.Fields(c.args)...)
		if status != 2 || stdout != "" || !strings.HasPrefix(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q…", c.args, status, stdout, stderr, c.want)
		}
	}
}
