package speed

import (
	"context"
	"errors"
	"testing"
	"time"
)

// The ratios are no gate: a loaded machine must not fail a test. What is
// checked is that they are of a possible size and that nothing is allocated.
func TestMeasure(t *testing.T) {
	job := Job{Name: "small", Cell: "gru", Hidden: 8, Steps: 16, Mean: 4, Coordinate: 8}
	s, err := Measure(context.Background(), job, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if s.Chunks < 1 || s.NsPerDrawStep <= 0 || s.PerDrawStep <= 0 || s.OfPeak <= 0 || s.OfPeak > 1 {
		t.Errorf("%+v", s)
	}
	if perChunk := float64(s.Allocations) / float64(s.Chunks); perChunk >= 1 {
		t.Errorf("%v allocations in %d chunks", s.Allocations, s.Chunks)
	}
}

func TestTurnAllocatesNothing(t *testing.T) {
	m, err := newMeter(Job{Name: "small", Cell: "rnn", Hidden: 8, Steps: 16, Mean: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5, m.turn); n != 0 {
		t.Errorf("a turn allocates %v times", n)
	}
}

func TestMeasureStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Measure(ctx, Jobs[0], time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	for _, j := range Jobs {
		if got, err := Find(j.Name); err != nil || got != j {
			t.Errorf("%s: %+v, %v", j.Name, got, err)
		}
	}
	if _, err := Find("Z"); err == nil {
		t.Error("job Z was found")
	}
}
