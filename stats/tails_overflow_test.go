package stats

import "testing"

// A sum of squared lengths beyond 1e308 has no shares and no kurtosis; 0 is a number.
func TestTailsBeyondFloat64(t *testing.T) {
	var tails Tails
	for range 16 {
		tails.Add(1e308)
	}
	for name, f := range map[string]Interval{"kurtosis": tails.Kurtosis(), "top share": tails.TopShare(0.01), "largest": tails.Largest()} {
		if f.OK {
			t.Errorf("%s = %v of a sum that overflowed", name, f.Value)
		}
	}
}
