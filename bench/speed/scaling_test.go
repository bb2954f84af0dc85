package speed

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

// What is counted is exact, whatever the machine does: linear in the draws, and in
// the parameters but for what grows with the units alone. The times are positive.
func TestMeasureScaling(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	found, err := MeasureScaling(context.Background(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Of != "draws" || found[1].Of != "parameters" {
		t.Fatalf("%+v", found)
	}
	if b := found[0].Counted.Value; math.Abs(b-1) > 1e-12 {
		t.Errorf("multiply-adds grow with the draws to the power %v", b)
	}
	if b := found[1].Counted.Value; b < 0.9 || b > 1.02 {
		t.Errorf("multiply-adds grow with the parameters to the power %v", b)
	}
	for _, s := range found {
		if s.Points[0].Time != 1 || s.Points[0].Work != 1 || s.Turns < 3 || !s.Exponent.HasCI {
			t.Errorf("%+v", s)
		}
		for _, p := range s.Points {
			if !(p.Time > 0) {
				t.Errorf("%s: %+v", s.Of, p)
			}
		}
	}
}

func TestScalingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MeasureScaling(ctx, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
