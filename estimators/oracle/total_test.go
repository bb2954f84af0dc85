package oracle_test

import (
	"math"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestTotalIsEnumeration: the moments of the sum over the window, against sums
// formed draw by draw over all patterns.
func TestTotalIsEnumeration(t *testing.T) {
	for _, law := range []struct {
		law   oracle.Law
		state int
	}{{oracle.Signs, 4}, {oracle.Gauss3, 2}} {
		for _, name := range cell.Names() {
			f := fixture(t, name, hiddenFor(name, law.state), 3)
			eachForm(3, func(form oracle.Form) { compareTotal(t, f, form, law.law) })
		}
	}
}

func compareTotal(t *testing.T, f *oracle.Fixture, form oracle.Form, law oracle.Law) {
	t.Helper()
	form.Covariates = []string{"snap1", "instant"}
	want, err := oracle.EnumerateTotal(uoro(t, f.Trajectory.Layout, form), f.Trajectory, law, 1, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := oracle.Total(f.Trajectory, form, law.Kurtosis(), 3, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	trace := want.Trace()
	for k := range want.Mean {
		close1(t, form, 3, "total mean", got.Mean[k], want.Mean[k], math.Sqrt(trace[k][k]))
		for l := range want.Mean {
			close1(t, form, 3, "total covariance", got.Cov[k][l], want.Cov[k][l], math.Sqrt(trace[k][k]*trace[l][l]))
		}
	}
}

// TestTotalOfOneStep: a total over one step is that step.
func TestTotalOfOneStep(t *testing.T) {
	f := fixture(t, "lstm", 4, 7)
	eachForm(7, func(form oracle.Form) {
		one, err := oracle.ClosedForm(f.Trajectory, form, 5)
		if err != nil {
			t.Fatal(err)
		}
		total, err := oracle.Total(f.Trajectory, form, 1, 5)
		if err != nil {
			t.Fatal(err)
		}
		want := one.Moments(1)
		close1(t, form, 5, "variance", total.Cov[0][0], want.Cov[0][0], want.VarTrace(make([]float64, len(form.Covariates))))
	})
}

func TestTotalRefuses(t *testing.T) {
	f := fixture(t, "rnn", 2, 3)
	for want, steps := range map[string][]int{"no step": nil, "step 9": {1, 9}} {
		if _, err := oracle.Total(f.Trajectory, oracle.Form{}, 1, steps...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		chain := uoro(t, f.Trajectory.Layout, oracle.Form{})
		if _, err := oracle.EnumerateTotal(chain, f.Trajectory, oracle.Signs, steps...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("enumeration: error %v, want %q", err, want)
		}
	}
}

// BenchmarkTotal is the whole window of a full-size network.
func BenchmarkTotal(b *testing.B) {
	f := fixture(b, "gru", 32, 128)
	var steps []int
	for i := range f.Trajectory.Steps {
		steps = append(steps, i+1)
	}
	for b.Loop() {
		form := oracle.Form{Convention: estimators.Pre, Covariates: []string{"snap1"}}
		if _, err := oracle.Total(f.Trajectory, form, 1, steps...); err != nil {
			b.Fatal(err)
		}
	}
}
