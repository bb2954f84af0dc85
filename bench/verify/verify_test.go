package verify

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"uorobench/estimators/oracle"
)

// TestAllHold runs everything about one cell; the command does all cells. A
// check that finds nothing to compare would hold too, so each must compare.
func TestAllHold(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs; the full tests have them")
	}
	cases, err := Run(context.Background(), Options{Selection: Selection{Cells: []string{"gru"}}})
	noise := &recorder{check: noiseCheck}
	for _, j := range noiseCheck.jobs() {
		j.run(noise)
	}
	cases = append(cases, noise.cases...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Failures(cases) {
		t.Errorf("%s: %+v: error %.3g, allowed %.1g %s", c.Check.Name, c.Subject, c.Error, c.Check.Tolerance, c.Failure)
	}
	compared := map[*Check]int{}
	for _, c := range cases {
		if c.Skipped == "" {
			compared[c.Check]++
		}
	}
	for _, check := range Checks() {
		if compared[check] == 0 {
			t.Errorf("%s compares nothing", check.Name)
		}
	}
}

// TestEveryMemberIsCompared: an estimator that no cell of the fixtures' size can have would
// drop out of the checks without a word. Every one must be in the check that pins its
// values, families by all of their members.
func TestEveryMemberIsCompared(t *testing.T) {
	for _, spec := range specs() {
		check := map[string]*Check{"unbiased": textbookCheck, "biased": referenceCheck, "exact": rtrlCheck}[spec.Bias]
		if check == nil {
			t.Errorf("%s: no check for %q", spec.Name, spec.Bias)
			continue
		}
		if !slices.ContainsFunc(check.jobs(), func(j job) bool { return j.subject.Estimator == spec.Name }) {
			t.Errorf("%s is in no job of %q", spec.Name, check.Name)
		}
	}
}

// What is found does not depend on who looks for it.
func TestSameCasesForAnyWorkers(t *testing.T) {
	s := Selection{Cells: []string{"rnn"}, Estimators: []string{"rtrl", "residual", "tbptt-2"}}
	one, err := Run(context.Background(), Options{Selection: s, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	three, err := Run(context.Background(), Options{Selection: s, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(one) == 0 || !reflect.DeepEqual(plainCases(one), plainCases(three)) {
		t.Errorf("%d cases by one worker, %d by three, or others", len(one), len(three))
	}
	for _, c := range one {
		if !s.admits(&c) {
			t.Errorf("%+v is not in the selection", c.Subject)
		}
	}
}

// plainCases leaves out the checks, which hold functions.
func plainCases(cases []Case) []Case {
	out := append([]Case(nil), cases...)
	for i := range out {
		out[i].Failure = out[i].Check.Name + out[i].Failure
		out[i].Check = nil
	}
	return out
}

func TestInterruptStops(t *testing.T) {
	cause := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if _, err := Run(ctx, Options{}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestSelect(t *testing.T) {
	s, err := Select([]string{"gru"}, []string{"tbptt-K", "uoro"}, []string{"parity"})
	if err != nil || len(s.Estimators) != 4 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, tt := range []struct{ cell, estimator, want string }{
		{"gur", "uoro", `unknown cell "gur"; allowed: rnn`},
		{"gru", "uoru", `estimator "uoru" is not verified by that name; allowed: rtrl`},
		{"gru", "tbptt-50", `estimator "tbptt-50"`},
		{"gru", "", `estimator ""`},
	} {
		if _, err := Select([]string{tt.cell}, []string{tt.estimator}, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %s: %v", tt.cell, tt.estimator, err)
		}
	}
}

// Parity's cases come with those of another check, and must come alone too.
func TestOneCheckAlone(t *testing.T) {
	for _, name := range []string{"parity", "noise stream", "draw by draw"} {
		s, err := Select(nil, nil, []string{name})
		if err != nil {
			t.Fatal(err)
		}
		if name != "noise stream" {
			s.Cells, s.Estimators = []string{"rnn"}, []string{"residual"}
		}
		cases, err := Run(context.Background(), Options{Selection: s})
		if err != nil || len(cases) == 0 {
			t.Errorf("%s: %d cases, %v", name, len(cases), err)
		}
		for _, c := range cases {
			if c.Check.Name != name {
				t.Fatalf("%s was asked for, and there is %s", name, c.Check.Name)
			}
		}
	}
	if _, err := Select(nil, nil, []string{"parrot"}); err == nil || !strings.Contains(err.Error(), `unknown check "parrot"; allowed: exact gradient, `) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoNumberFails(t *testing.T) {
	check := &Check{Name: "test", Tolerance: 1}
	r := &recorder{check: check}
	r.found(Subject{}, math.NaN())
	r.found(Subject{}, math.Inf(1))
	r.found(Subject{}, 1.5)
	r.failed(Subject{}, errors.New("refused"))
	(&job{do: func(*recorder) { panic("broken") }}).run(r)
	r.found(Subject{}, 1)
	r.skipped(Subject{}, "no oracle")
	if got := len(Failures(r.cases)); got != 5 {
		t.Errorf("%d of 5 failures: %+v", got, r.cases)
	}
}

// A biased estimator that is added without an oracle must be seen.
func TestBiasedWithoutOracleFails(t *testing.T) {
	f, err := network("gru", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := definition("new-thing", f); err == nil {
		t.Error("no error")
	}
}

// The replay's own statistics by hand: errors (1, 0), (3, 0), (5, 6) have mean
// (3, 2), squared distances 8, 4, 20 and so var_trace 16; bias_sq is 13 − 16/3.
func TestFiguresByHand(t *testing.T) {
	v, b := figures([][]float64{{1, 0}, {3, 0}, {5, 6}})
	if math.Abs(v-16) > 1e-14 || math.Abs(b-(13-16./3)) > 1e-14 {
		t.Errorf("variance %v, bias_sq %v", v, b)
	}
}

// The replay's λ by hand: y_0 = (1, 2, 6) and y_1 = (0, 1, 2) have Cov = 5/2 and
// Var = 1.
func TestReplayedLambdaByHand(t *testing.T) {
	y := [][][]float64{{{1}, {2}, {6}}, {{0}, {1}, {2}}}
	c := covariances(y, func(int) int { return 0 }, func(int) bool { return true })
	if l := oracle.Optimal(c[0]); math.Abs(l[0]-2.5) > 1e-14 {
		t.Errorf("λ = %v", l)
	}
}

// Trainings of all kinds agree with the dense trainer.
func TestReplayedTrainingHolds(t *testing.T) {
	for _, j := range replayedTrainingJobs() {
		r := &recorder{check: replayedTrainingCheck}
		j.run(r)
		if len(r.cases) != 1 {
			t.Errorf("%+v: %d cases", j.subject, len(r.cases))
		}
		for _, c := range r.cases {
			if !c.Passed() {
				t.Errorf("%+v: error %v %s", c.Subject, c.Error, c.Failure)
			}
		}
	}
}
