package reports

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"uorobench/bench"
)

// trained is tiny with covariates that are trained.
func trained() *bench.Experiment {
	e := tiny()
	e.Detail = []string{bench.DetailSteps}
	e.Estimators = []string{"uoro", "cv-uoro/snap1", "cv-uoro/instant",
		"cv-uoro/linear-dense@bptt", "cv-uoro/linear-rowwise@uoro/unit", "cv-uoro/learned-diagonal@rtrl", "cv-uoro/snap1+learned-diagonal@rtrl"}
	e.CovariateTraining.Updates = 12
	return e
}

// The curves are in the run, the same for any number of workers, and are those of
// the result.
func TestCovariateTrainingOfARun(t *testing.T) {
	one, want := measureRun(t, trained(), 1)
	seven, _ := measureRun(t, trained(), 7)
	a, errA := os.ReadFile(filepath.Join(one, CovariateTraining.File(0)))
	b, errB := os.ReadFile(filepath.Join(seven, CovariateTraining.File(0)))
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("other bytes with 7 workers than with 1")
	}
	got, err := ReadReport(one)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || len(got.Training) != 2*3*13 { // cells × trainings × (updates and the end)
		t.Errorf("%d rows of trainings are read back", len(got.Training))
	}
	for i := range got.Training {
		r := &got.Training[i]
		end := r.Updates == 12
		if (r.Loss == nil) != end || (r.LossAtZero == nil) != end {
			t.Errorf("%s after %d updates: loss %v", r.Covariate, r.Updates, r.Loss)
		}
		if (end || r.Updates == 0) && (r.HeldOut == nil || r.HeldOutAt0 == nil) {
			t.Errorf("%s after %d updates: no held-out loss", r.Covariate, r.Updates)
		}
	}
}

// A run without training has no such dataset.
func TestNoCovariateTraining(t *testing.T) {
	path, report := measureRun(t, tiny(), 1)
	if CovariateTraining.Exists(path) || report.Training != nil {
		t.Error("there is a training")
	}
}

// What the report says of a training, by rows whose figures are known.
func TestTrainingTable(t *testing.T) {
	curve := func(covariate, method string, first, last float64) []CovariateTrainingRow {
		row := CovariateTrainingRow{Task: "anbn", Cell: "gru", Hidden: 32, Seed: 1, Covariate: covariate, Method: method, HeldOutAt0: some(8.0)}
		end := row
		row.HeldOut, row.Loss, row.LossAtZero = &first, some(7.0), some(8.0)
		end.HeldOut, end.Updates = &last, 200
		return []CovariateTrainingRow{row, {Task: "anbn", Cell: "gru", Hidden: 32, Seed: 1, Covariate: covariate, Method: method, Updates: 7, Loss: some(1.0), LossAtZero: some(8.0)}, end}
	}
	rows := func(covariate, ratio string, value float64) SummaryRow {
		return SummaryRow{Key: key("gru", "cv-uoro", covariate, ratio, "pre"), NSteps: 3,
			Figures: withCovariate(figures(0.01, 10, 0), 0.9134, 0.0021, 0.904, value, "pilot")}
	}
	report := Report{
		Summary: []SummaryRow{
			rows("snap1", "trace", 0.5), rows("instant", "trace", 0.75), rows("instant", "unit", 0.7),
			rows("linear-dense@bptt", "trace", 1), rows("snap1+learned-diagonal@uoro", "trace", 0.25),
			rows("learned-diagonal@uoro", "unit", 0.625),
		},
		Training: append(curve("linear-dense@bptt", "bptt", 12, 8), curve("learned-diagonal@uoro", "uoro", 6, 2)...),
	}
	g := report.blocks()[0].trainings()
	want := [][]string{
		{"cv-uoro/linear-dense@bptt/trace", "200", "1.500 → 1.000", "0.9134±0.0021", "0.9040", "1.000 [0.930,1.080]", "parity: Cov = 0"},
		{"cv-uoro/snap1+learned-diagonal@uoro/trace", "200", "0.7500 → 0.2500", "0.9134±0.0021", "0.9040", "0.250 [0.233,0.270]", "0.500, 0.750"},
		{"cv-uoro/learned-diagonal@uoro/unit", "200", "0.7500 → 0.2500", "0.9134±0.0021", "0.9040", "0.625 [0.581,0.675]", "–, 0.700"},
	}
	if !reflect.DeepEqual(g.rows, want) {
		t.Errorf("got  %q\nwant %q", g.rows, want)
	}
	var out bytes.Buffer
	if err := report.Write(&out, Table); err != nil || !strings.Contains(out.String(), trainingTitle) || !strings.Contains(out.String(), "docs/parity.md") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
