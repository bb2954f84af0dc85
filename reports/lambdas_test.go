package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"uorobench/bench"
)

func severalCovariates() *bench.Experiment {
	e := tiny()
	e.Cells, e.Guard, e.Stride = []string{"rnn"}, "none", 4
	e.Detail = []string{bench.DetailSteps, bench.DetailTotal}
	e.Estimators = []string{"uoro", "cv-uoro/snap1/trace", "cv-uoro/snap1+instant/unit", "cv-uoro/snap1+linear-dense/one"}
	return e
}

// Every covariate of an estimator has its coefficient, at each step and over all:
// the mean over the steps is that of the steps' rows, and the first covariate's is
// what steps and summary have. What is read back is what was written.
func TestLambdasOfSeveralCovariates(t *testing.T) {
	path, made := measureRun(t, severalCovariates(), 2)
	rows, err := Lambdas.Read(path)
	if err != nil || !reflect.DeepEqual(rows, made.Lambdas) {
		t.Fatalf("read %d rows of %d, %v", len(rows), len(made.Lambdas), err)
	}
	if want := (1 + 2 + 2) * (1 + 3); len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	for _, s := range made.Summary {
		parts := strings.Split(s.Covariate, "+")
		for i, part := range parts {
			var mean, sum float64
			for _, row := range rows {
				if row.Key != s.Key || row.Part != part {
					continue
				}
				if int(row.Position) != i+1 {
					t.Errorf("%s: %s is at %d", s.Name(), part, row.Position)
				}
				if row.Step == nil {
					mean = *row.Lambda
				} else {
					sum += *row.Lambda / 3
				}
				if fitted := s.LambdaScope != "one"; fitted != (row.Lo != nil && *row.Lo < *row.Lambda && *row.Lambda < *row.Hi && row.MCSE != nil) {
					t.Errorf("%s, %s: %+v", s.Name(), part, row)
				}
				if exact := !strings.Contains(s.Covariate, "linear"); exact != (row.Exact != nil) {
					t.Errorf("%s, %s: exact %v", s.Name(), part, row.Exact)
				}
			}
			if d := mean - sum; part != "" && (d > 1e-12 || d < -1e-12 || (i == 0 && mean != *s.LambdaUsed)) {
				t.Errorf("%s, %s: mean %v, of the steps %v, in the summary %v", s.Name(), part, mean, sum, s.LambdaUsed)
			}
		}
	}
}

// All forms of the report tell the sums and every coefficient, and the one that
// was read back tells the same.
func TestTotalsAndLambdasInEveryFormat(t *testing.T) {
	path, made := measureRun(t, severalCovariates(), 2)
	read, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[Format]string{}
	for _, format := range Formats() {
		var one, other bytes.Buffer
		if err := made.Write(&one, format); err != nil {
			t.Fatal(err)
		}
		if err := read.Write(&other, format); err != nil || one.String() != other.String() {
			t.Errorf("%s: the report that was read back differs (%v)", format, err)
		}
		texts[format] = one.String()
	}
	for _, format := range []Format{Table, Markdown} {
		for _, want := range []string{lambdasTitle, totalTitle, "linear-dense", "Of several covariates"} {
			if !strings.Contains(texts[format], want) {
				t.Errorf("%s lacks %q", format, want)
			}
		}
	}
	rows, err := csv.NewReader(strings.NewReader(texts[CSV])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, row := range rows {
		count[row[0]]++
	}
	if want := map[string]int{"dataset": 1, "summary": 4, "total": 4, "steps": 12}; !reflect.DeepEqual(count, want) {
		t.Errorf("CSV has %v, want %v", count, want)
	}
	var whole struct{ Summary, Total, Steps, Lambdas []map[string]any }
	if err := json.Unmarshal([]byte(texts[JSON]), &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.Total) != 4 || len(whole.Lambdas) != 20 || whole.Total[1]["var_trace"] != *made.Total[1].VarTrace {
		t.Errorf("JSON has %d totals, %d coefficients", len(whole.Total), len(whole.Lambdas))
	}
}
