package reports

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// spoiled is a row of which every number is what bad says.
func spoiled[T any](bad float64) T {
	var row T
	v := reflect.ValueOf(&row).Elem()
	for _, c := range floatColumns(columnsOf(v.Type())) {
		f := v.FieldByIndex(c.index)
		if c.pointer {
			f.Set(reflect.ValueOf(&bad))
		} else {
			f.SetFloat(bad)
		}
	}
	return row
}

// checkSpoiled writes rows of a dataset that are all bad, and some of which nothing
// is: the file is there, without a number that is none.
func checkSpoiled[T any](t *testing.T, d Dataset[T]) {
	t.Helper()
	var rows []T
	for _, x := range []float64{math.NaN(), math.Inf(1), 1, math.Inf(-1)} {
		rows = append(rows, spoiled[T](x))
	}
	w := &RunWriter{}
	floats := int64(len(floatColumns(d.columns())))
	kept := finiteRows(w, d, rows)
	if w.notFinite[d.Name()] != 3*floats {
		t.Errorf("%s: %d numbers are counted, want %d", d.Name(), w.notFinite[d.Name()], 3*floats)
	}
	dir, err := CreateDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteAll(dir, "", kept); err != nil {
		t.Errorf("%s: %v", d.Name(), err)
	}
}

func TestEveryDatasetIsWritten(t *testing.T) {
	checkSpoiled(t, Steps)
	checkSpoiled(t, Summary)
	checkSpoiled(t, Totals)
	checkSpoiled(t, Coordinates)
	checkSpoiled(t, Draws)
	checkSpoiled(t, Lambdas)
	checkSpoiled(t, Convergence)
	checkSpoiled(t, CovariateTraining)
}

// A row says how many figures it lost, and which; its exact gradient was looked at
// before the first draw.
func TestUndefinedFiguresAreNamed(t *testing.T) {
	row := sampleSummary()[1]
	before := row.Warning
	row.VarTrace, row.AlongExact = some(math.Inf(1)), some(math.NaN())
	rows, found := withoutNotFinite(Summary, []SummaryRow{row})
	if found != 2 || len(rows) != 1 {
		t.Fatalf("%d found in %d rows", found, len(rows))
	}
	if r := rows[0]; r.VarTrace != nil || r.AlongExact != nil || r.RelVar == nil || r.NUndefined != 2 ||
		!strings.HasPrefix(r.Warning, before+"; ") || !strings.Contains(r.Warning, "var_trace, along_exact: no finite number") {
		t.Errorf("%+v", r)
	}
	if _, found := withoutNotFinite(Summary, sampleSummary()); found != 0 {
		t.Errorf("%d figures of a sound report are lost", found)
	}
}
