package noise

import (
	"strings"
	"testing"
)

// Over all patterns every product of different entries averages to 0, so any
// polynomial of degree below 4 in the signs has its exact expectation.
func TestExhaustiveMoments(t *testing.T) {
	const dim, steps = 3, 3
	f, err := NewExhaustive(dim, steps)
	if err != nil {
		t.Fatal(err)
	}
	draws := patterns(t, f, dim, steps)
	if got := uint64(len(draws)); got != 512 || f.Draws() != 512 {
		t.Fatalf("%d different patterns, Draws() = %d, want 512", got, f.Draws())
	}
	for a := range dim * steps {
		for b := range a {
			for c := range b {
				var one, two, three float64
				for p := range draws {
					one += p[a]
					two += p[a] * p[b]
					three += p[a] * p[b] * p[c]
				}
				if one != 0 || two != 0 || three != 0 {
					t.Fatalf("entries %d %d %d: sums %v %v %v, want 0", a, b, c, one, two, three)
				}
			}
		}
	}
}

// patterns reads all draws of a 3×3 list as a set.
func patterns(t *testing.T, f *Exhaustive, dim, steps int) map[[9]float64]bool {
	t.Helper()
	all := make(map[[9]float64]bool)
	eps := make([]float64, dim*Lanes)
	for first := uint64(0); first < f.Draws(); first += Lanes {
		f.Seek(first)
		var chunk [Lanes][9]float64
		for step := range steps {
			f.Fill(eps, step)
			for e, v := range eps {
				chunk[e%Lanes][step*dim+e/Lanes] = v
			}
		}
		for _, p := range chunk {
			all[p] = true
		}
	}
	return all
}

func TestNewExhaustiveLimits(t *testing.T) {
	tests := []struct {
		dim, steps int
		ok         bool
	}{
		{1, 1, true}, {24, 1, true}, {1, 24, true}, {4, 6, true},
		{0, 4, false}, {4, 0, false}, {-1, 4, false}, {4, -2, false},
		{25, 1, false}, {5, 5, false}, {1 << 62, 4, false}, {1, 1 << 62, false},
	}
	for _, tt := range tests {
		f, err := NewExhaustive(tt.dim, tt.steps)
		if (err == nil) != tt.ok {
			t.Errorf("NewExhaustive(%d, %d): error %v, want ok %v", tt.dim, tt.steps, err, tt.ok)
			continue
		}
		if err != nil && !strings.Contains(err.Error(), "at most 24") {
			t.Errorf("error %q does not say what is allowed", err)
		}
		if tt.ok && f.Draws() != 1<<(tt.dim*tt.steps) {
			t.Errorf("%d×%d: Draws() = %d", tt.dim, tt.steps, f.Draws())
		}
	}
}
