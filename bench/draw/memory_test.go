package draw

import (
	"slices"
	"testing"
)

// Memory that was used comes back as zeros, and is not given away twice.
func TestMemoryIsZeros(t *testing.T) {
	var s Memory
	s.fit(2)
	first, other := s.sums.zeros(0, 10), s.sums.zeros(1, 10)
	for i := range first {
		first[i], other[i] = 1, 2
	}
	again := s.sums.zeros(0, 7)
	if &again[0] != &first[0] || len(again) != 7 || slices.ContainsFunc(again, func(v float64) bool { return v != 0 }) {
		t.Errorf("a smaller piece is %v, in other memory or not zero", again)
	}
	if more := s.sums.zeros(0, 11); len(more) != 11 || slices.ContainsFunc(more, func(v float64) bool { return v != 0 }) {
		t.Errorf("a larger piece is %v", more)
	}
	if slices.ContainsFunc(other, func(v float64) bool { return v != 2 }) {
		t.Errorf("the other group's piece was touched: %v", other)
	}
}
