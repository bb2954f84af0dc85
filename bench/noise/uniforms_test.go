package noise

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// Words of numpy's Philox for seed 7, stream 3, draw 2: the words times 2⁻⁵³
// after a shift by 11, and (word·10) >> 64, both computed in Python.
func TestUniformsAgainstNumpy(t *testing.T) {
	u := New(7, Data).Uniforms(2)
	for i, want := range []float64{0.3973252109504327, 0.334595458141814, 0.7504288375268523, 0.05072153474098229} {
		if got := u.Next(); got != want {
			t.Errorf("number %d: %v, want %v", i, got, want)
		}
	}
	u.Seek(0)
	for i, want := range []int{3, 3, 7, 0} {
		if got := u.IntN(10); got != want {
			t.Errorf("integer %d: %v, want %v", i, got, want)
		}
	}
}

// 3·2⁶¹ values do not divide 2⁶⁴ words. Without the rejection the residues
// mod 3 would come with probabilities 3/8, 3/8 and 2/8.
func TestIntNIsUnbiased(t *testing.T) {
	tests := []struct {
		name string
		n    int
		bins int
	}{
		{"small", 6, 6},
		{"range of string lengths", 32, 32},
		{"far from a divisor", 3 << 61, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const draws = 60000
			u := New(1, Data).Uniforms(8)
			count := make([]float64, tt.bins)
			for range draws {
				count[u.IntN(tt.n)%tt.bins]++
			}
			chi2, want := 0.0, draws/float64(tt.bins)
			for _, c := range count {
				chi2 += (c - want) * (c - want) / want
			}
			if limit := (distuv.ChiSquared{K: float64(tt.bins - 1)}).Quantile(0.9999); chi2 > limit {
				t.Errorf("chi² = %v over %d bins, want at most %v", chi2, tt.bins, limit)
			}
		})
	}
}

func TestIntNRange(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, math.MaxInt).Draw(r, "n")
		u := New(rapid.Uint64().Draw(r, "seed"), Data).Uniforms(0)
		if got := u.IntN(n); got < 0 || got >= n {
			r.Fatalf("IntN(%d) = %d", n, got)
		}
	})
}

func TestIntNPanics(t *testing.T) {
	for _, n := range []int{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("IntN(%d) did not panic", n)
				}
			}()
			New(1, Data).Uniforms(0).IntN(n)
		}()
	}
}

// Reading on from a saved position gives the rest of the sequence, whatever the
// mix of calls before it.
func TestUniformsResume(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := New(rapid.Uint64().Draw(r, "seed"), Data)
		u := s.Uniforms(4)
		for range rapid.IntRange(0, 20).Draw(r, "calls") {
			switch rapid.IntRange(0, 2).Draw(r, "call") {
			case 0:
				u.Next()
			case 1:
				u.Normal()
			case 2:
				u.IntN(3 << 61)
			}
		}
		v := s.Uniforms(4)
		v.Seek(u.Position())
		for i := range 9 {
			if a, b := u.Word(), v.Word(); a != b {
				r.Fatalf("word %d after the resume: %#x, want %#x", i, b, a)
			}
		}
	})
}

// A sequence is the words of the draw that its tag names, in block order.
func TestUniformsAreTheStreamsWords(t *testing.T) {
	s := New(21, Data)
	u := s.Uniforms(6)
	var got, want []uint64
	for block := range uint64(3) {
		w := s.Words(6, block)
		want = append(want, w[:]...)
	}
	for range want {
		got = append(got, u.Word())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %#x, want %#x", got, want)
	}
}
