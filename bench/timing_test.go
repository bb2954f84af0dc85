package bench

import (
	"context"
	"testing"
	"time"
)

// Memory is the same for any number of draws.
func TestMemoryDoesNotGrow(t *testing.T) {
	timing := func(draws int64) Timing {
		return mustRun(t, small(func(e *Experiment) { e.Draws, e.Pilot = draws, 1024 }), RunOptions{Workers: 2}).Timing
	}
	few, many := timing(1024), timing(16384)
	if few.WorkerBytes != many.WorkerBytes || few.SumBytes != many.SumBytes || many.WorkerBytes == 0 || many.SumBytes == 0 {
		t.Errorf("1024 draws take %d bytes a worker and %d of sums, 16384 draws %d and %d", few.WorkerBytes, few.SumBytes, many.WorkerBytes, many.SumBytes)
	}
}

// The first draw is told of, and stands between the run's start and its end.
func TestFirstDraw(t *testing.T) {
	before := time.Now()
	r, err := Run(context.Background(), small(nil), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if first := r.Timing.FirstDraw; first.Before(before) || time.Since(first) < 0 || first.IsZero() {
		t.Errorf("first draw at %v, the run began at %v", first, before)
	}
}
