package speed

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// As for the engine the ratios are no gate, but that a step allocates nothing is.
func TestMeasureTraining(t *testing.T) {
	for _, method := range TrainingMethods {
		method = strings.Replace(method, "-32", "-8", 1) // K is at most the number of units
		s, err := MeasureTraining(context.Background(), "gru", 8, method, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if s.Steps < 1 || s.Nanoseconds <= 0 || s.Used < 1 || s.Spent < s.Used || s.OfPeak <= 0 || s.OfPeak > 1 {
			t.Errorf("%+v", s)
		}
		if perStep := float64(s.Allocations) / float64(s.Steps); perStep >= 0.1 { // the runtime has some of its own
			t.Errorf("%s: %v allocations in %d steps", method, s.Allocations, s.Steps)
		}
		if !strings.HasPrefix(s.Method, method) {
			t.Errorf("asked for %s, got %s", method, s.Method)
		}
	}
}

func TestMeasureTrainingErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MeasureTraining(ctx, "rnn", 8, "uoro", time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := MeasureTraining(context.Background(), "rnn", 8, "uorro", time.Second); err == nil {
		t.Error("an unknown method was measured")
	}
}
