package oracle_test

import (
	"math"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// summing is a batch whose signals are the sums of the inner batch's signals so
// far, formed draw by draw.
type summing struct {
	estimators.Batch
	out estimators.Signals
}

func newSumming(inner estimators.Batch, k, p int) *summing {
	s := &summing{Batch: inner}
	for i := range k {
		s.out.Scale = append(s.out.Scale, make([]float64, estimators.Lanes))
		s.out.Basis = append(s.out.Basis, make([]float64, p*estimators.Lanes))
		s.out.Of = append(s.out.Of, i)
		for w := range s.out.Scale[i] {
			s.out.Scale[i][w] = 1
		}
	}
	return s
}

func (s *summing) Reset() {
	s.Batch.Reset()
	for _, b := range s.out.Basis {
		clear(b)
	}
}

func (s *summing) Signals(j *cell.Jacobian) *estimators.Signals {
	in := s.Batch.Signals(j)
	for k, of := range in.Of {
		for i, v := range in.Basis[of] {
			s.out.Basis[k][i] += in.Scale[k][i%estimators.Lanes] * v
		}
	}
	return &s.out
}

// TestTotalIsEnumeration: the moments of the sum over the window, against sums
// formed draw by draw over all patterns. Enumerate visits every step, so that
// the sum runs over all of them.
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
	ch := *uoro(t, f.Trajectory.Layout, form)
	inner := ch.NewBatch
	ch.NewBatch = func() estimators.Batch { return newSumming(inner(), 3, f.Trajectory.Layout.P()) }
	all, err := oracle.Enumerate(&ch, f.Trajectory, law, 1, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := oracle.Total(f.Trajectory, form, law.Kurtosis(), 3, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, trace := all[2], all[2].Trace()
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
