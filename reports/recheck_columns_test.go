package reports

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/bench/verify"
)

// resultRows runs an experiment and returns its rows.
func resultRows(t *testing.T, e *bench.Experiment) *runRows {
	t.Helper()
	rows, err := measureFixture(e)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRecheckColumnsHold(t *testing.T) {
	for _, f := range columnFixtures() {
		t.Run(f.name, func(t *testing.T) {
			rows := resultRows(t, f.experiment)
			seen := map[string]int{}
			for _, c := range verify.Failures(rows.recheck(seen)) {
				t.Errorf("%s %+v: %v %s", c.Check.Name, c.Subject, c.Error, c.Failure)
			}
			for _, c := range rows.recheck(nil) {
				if c.Skipped != "" {
					t.Logf("%s %+v skipped: %s", c.Check.Name, c.Subject, c.Skipped)
				}
			}
		})
	}
}

// datasetsOf are the datasets of a run in memory.
func datasetsOf(r *runRows) map[string]any {
	return map[string]any{"summary": &r.Summary, "steps": &r.Steps, "total": &r.Total, "lambdas": &r.Lambdas, "convergence": &r.Convergence,
		"coordinates": &r.coordinates, "sequence": &r.sequence, "vectors": &r.vectors, "scales": &r.scales, "covariate_training": &r.Training}
}

// No column of any dataset can be wrong unseen: each is changed, in the row where it
// is largest, and each is taken away; some check must fail. A new column without a
// check fails here.
func TestNoColumnIsUnseen(t *testing.T) {
	tried, seen, unseen := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, fix := range columnFixtures() {
		rows := resultRows(t, fix.experiment)
		again := rows.recompute()
		if failed := verify.Failures(rows.recheckWith(again, nil)); len(failed) > 0 {
			t.Fatalf("%s: %+v", fix.name, failed[0])
		}
		for name, list := range datasetsOf(rows) {
			slice := reflect.ValueOf(list).Elem()
			if slice.Len() == 0 || (fix.name == "trained" && name != "covariate_training") {
				continue
			}
			for _, c := range columnsOf(slice.Type().Elem()) {
				for how, by := range map[string]float64{"changed": changedBy(name + "." + c.name), "taken away": 0} {
					at := largestAt(slice, &c)
					if at < 0 || (how == "taken away" && !c.nullable) {
						continue
					}
					tried[name+"."+c.name] = true
					was := reflect.New(slice.Type().Elem()).Elem()
					was.Set(slice.Index(at))
					forgeCell(slice.Index(at), &c, by)
					key := name + "." + c.name + " is " + how
					if len(verify.Failures(rows.recheckWith(again, nil))) > 0 {
						seen[key] = true
					} else if bounded[c.name] == "" || !seen[key] {
						unseen[key] = fmt.Sprintf("%s: %s in row %d, and nothing is seen", fix.name, key, at)
					}
					slice.Index(at).Set(was)
				}
			}
		}
	}
	for key, why := range unseen {
		_, name, _ := strings.Cut(strings.Fields(key)[0], ".")
		if bounded[name] == "" || !seen[key] { // of a bounded column, one fixture is enough
			t.Error(why)
		}
	}
	for name, list := range datasetsOf(new(runRows)) {
		for _, c := range columnsOf(reflect.TypeOf(list).Elem().Elem()) {
			if !tried[name+"."+c.name] && !(name == "total" && (notOfSums[c.name] || c.name == "warning")) {
				t.Errorf("%s.%s is in no fixture", name, c.name)
			}
		}
	}
}

// changedBy is the factor that a column is changed by.
func changedBy(column string) float64 {
	_, name, _ := strings.Cut(column, ".")
	switch {
	case name == "loss" || name == "held_out":
		return -30
	case bounded[name] != "":
		return 30
	}
	return 1.001
}

// largestAt is the row in which the column is largest; of texts the last that is not
// empty. −1 where it is NULL everywhere.
func largestAt(slice reflect.Value, c *column) int {
	at, most := -1, -1.0
	for i := range slice.Len() {
		v := c.value(slice.Index(i))
		size := 0.0
		switch {
		case !v.IsValid():
			continue
		case v.CanFloat():
			size = math.Abs(v.Float())
		case v.CanInt():
			size = math.Abs(float64(v.Int()))
		case v.String() == "":
			continue
		}
		if size > most {
			at, most = i, size
		}
	}
	return at
}

// forgeCell changes a cell by a thousandth, by one, or to another text, or makes it
// NULL.
func forgeCell(row reflect.Value, c *column, by float64) {
	v := row.FieldByIndex(c.index)
	if by == 0 {
		v.SetZero()
		return
	}
	if c.pointer {
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		v.Set(fresh)
		v = fresh.Elem()
	}
	switch {
	case v.CanFloat() && v.Float() == 0:
		v.SetFloat(1)
	case v.CanFloat():
		v.SetFloat(v.Float() * by)
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	default:
		v.SetString("forged")
	}
}
