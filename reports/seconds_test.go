package reports

import (
	"bytes"
	"strings"
	"testing"

	"uorobench/bench/speed"
	"uorobench/estimators"
)

// timed gives every estimator of a list the seconds of its counted work at 1 ns per
// multiply-add, but residual, whose draws take twice as long.
func timed(of []Timeable) *Seconds {
	s := NewSeconds("a machine")
	for _, t := range of {
		step := speed.Step{PerDraw: 1e-9 * float64(t.Draw), Shared: 1e-9 * float64(t.Known)}
		step.Cost.PerDraw = t.Draw
		if t.Label == "residual" {
			step.PerDraw *= 2
		}
		s.Add(t, step)
	}
	return s
}

func ofName(of []Timeable, label string) (t Timeable) {
	for _, x := range of {
		if x.Label == label {
			t = x
		}
	}
	return t
}

// The sweep of planeReport: uoro has work 100 and variance 50, residual 300 and 5. At a
// nanosecond a multiply-add the ratio of work × variance is 300·5/(100·50) = 0.3, and
// at two for residual's draws 0.6.
func TestSweepSeconds(t *testing.T) {
	r := planeReport()
	for i := range r.Rows {
		variance := *r.Rows[i].RelVar
		r.Rows[i].VarTrace = &variance
	}
	of := r.Timeables()
	if len(of) != 6 {
		t.Fatalf("%d estimators, want each once: %+v", len(of), of)
	}
	if x := ofName(of, "residual"); x != (Timeable{Cell: "gru", Label: "residual", Draw: 300}) {
		t.Errorf("%+v", x)
	}
	var out bytes.Buffer
	if err := r.WriteSeconds(&out, Markdown, timed(of)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a machine", "| residual     |      300 |       600 |", "| residual     | 0.6000 | 0.6000 |", "| multi-uoro-8 | 0.9600 | 0.9600 |", "not part of any dataset"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
	p, ok := SecondsPlaneOf(r, timed(of))
	if !ok {
		t.Fatal("no plane")
	}
	for _, q := range p.panels[0].points {
		want := map[string]float64{"uoro": 100, "multi-uoro-8": 800, "residual": 600, "snap1": 200, "tbptt-8": 900}[q.name]
		if q.work < want*(1-1e-12) || q.work > want*(1+1e-12) {
			t.Errorf("%s at %g ns, want %g", q.name, q.work, want)
		}
	}
	if _, ok := SecondsPlaneOf(r, NewSeconds("")); ok {
		t.Error("a plane without a second")
	}
}

// Pilot draws are paid for in seconds as in work.
func TestSecondsOfPilotDraws(t *testing.T) {
	draw, known, pilot, variance := int64(10), int64(4), int64(50), 3.0
	row := subject{Key{Cell: "gru", Estimator: "cv-uoro", Covariate: "snap1", LambdaScope: "trace", Convention: "post"},
		&Figures{NDraws: 100, DrawCost: &draw, KnownCost: &known, PilotDraws: &pilot, VarTrace: &variance}}
	of, ok := timeable(row.Key, row.Figures)
	if !ok || of.Label != "cv-uoro/snap1/trace" || of.Convention != estimators.Post {
		t.Fatalf("%+v", of)
	}
	s := NewSeconds("")
	s.Add(of, speed.Step{PerDraw: 2, Shared: 7})
	if got := s.variance(row); got == nil || *got != 3*(2*1.5+7) {
		t.Errorf("%v, want 30", got)
	}
}

// At 2 ms a step 7,000 steps are 14 s; a goal that was not reached stays censored.
func TestTrainingSeconds(t *testing.T) {
	reached := 7000.0
	r := TrainingReport{
		Goals: []GoalRow{
			{Training: Training{Method: "rtrl"}, Goal: "0.35 bits", StepsMin: 7000, StepsMax: &reached},
			{Training: Training{Method: "rtrl"}, Goal: "0.20 bits", StepsMin: 30000},
			{Training: Training{Method: "uoro"}, Goal: "0.35 bits", StepsMin: 7000, StepsMax: &reached},
			{Training: Training{Method: "uoro"}, Goal: "0.20 bits", StepsMin: 30000},
		},
		Trainings: []TrainingRow{{Training: Training{Method: "rtrl"}}, {Training: Training{Method: "uoro"}}},
	}
	var out bytes.Buffer
	err := r.WriteSeconds(&out, Markdown, "a machine", map[string]speed.Training{"rtrl": {Nanoseconds: 2e6}, "uoro": {Nanoseconds: 1e6}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"s to 0.35 bits", "| rtrl   |       500 |             14 |           > 60 |", "| uoro   |      1000 |              7 |           > 30 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
}
