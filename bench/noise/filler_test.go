package noise

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// fillers lists every implementation for the conformance tests: dim state
// entries over at least steps steps.
func fillers(t testing.TB, dim, steps int) map[string]Filler {
	s := New(3, Measurement)
	all := map[string]Filler{"signs": s.Rademacher(dim), "gaussian": s.Gaussian(dim)}
	if dim*steps <= MaxExhaustiveBits {
		e, err := NewExhaustive(dim, steps)
		if err != nil {
			t.Fatal(err)
		}
		all["exhaustive"] = e
	}
	return all
}

// want is the definition of an entry, read from the stream one word at a time.
func want(name string, draw uint64, k uint64) float64 {
	s := New(3, Measurement)
	var bit uint64
	switch name {
	case "gaussian":
		return normalOf(s.Words(draw, k/4)[k%4])
	case "signs":
		bit = s.Words(draw, k/256)[k/64%4] >> (k % 64) & 1
	case "exhaustive":
		bit = draw >> k & 1
	}
	return 2*float64(bit) - 1
}

// Any order of steps and chunks gives what the definition gives. Dimensions up
// to 600 make a step that starts in the middle of a block and spans several.
func TestFillIsRandomAccess(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dim := rapid.OneOf(rapid.IntRange(1, 6), rapid.IntRange(1, 600)).Draw(r, "dim")
		const steps = 4
		eps := make([]float64, dim*Lanes)
		for name, f := range fillers(t, dim, steps) {
			var first uint64
			for range 6 {
				if rapid.Bool().Draw(r, "seek") {
					first = rapid.Uint64Range(0, 1<<40).Draw(r, "first")
					f.Seek(first)
				}
				step := rapid.IntRange(0, steps-1).Draw(r, "step")
				f.Fill(eps, step)
				for e, got := range eps {
					i, w := e/Lanes, e%Lanes
					if x := want(name, first+uint64(w), uint64(step*dim+i)); got != x {
						r.Fatalf("%s: dim %d, step %d, entry %d, draw %d: %v, want %v", name, dim, step, i, first+uint64(w), got, x)
					}
				}
			}
		}
	})
}

// A late step of a long run: the bit index needs more than 32 bits.
func TestFillFarAway(t *testing.T) {
	const dim, step = 1000, 1 << 32
	f := New(3, Measurement).Rademacher(dim)
	eps := make([]float64, dim*Lanes)
	f.Fill(eps, step)
	for _, i := range []int{0, 1, 255, 256, 999} {
		if got, x := eps[i*Lanes], want("signs", 0, step*dim+uint64(i)); got != x {
			t.Errorf("entry %d: %v, want %v", i, got, x)
		}
	}
}

// The masks of five entries at step 51 of draws 32..47 (bit indices 255..259,
// so the step crosses a block), put together from numpy's words in Python.
func TestMasksAgainstNumpy(t *testing.T) {
	f := New(1, Measurement).Rademacher(5)
	f.Seek(32)
	got := make([]uint16, 5)
	f.Masks(got, 51)
	want := [5]uint16{0x8def, 0x4fa1, 0xb, 0x61c6, 0x41af}
	if [5]uint16(got) != want {
		t.Errorf("masks %#x, want %#x", got, want)
	}
}

func TestMasksAreTheSigns(t *testing.T) {
	const dim = 37
	f := New(5, Pilot).Rademacher(dim)
	f.Seek(160)
	eps, masks := make([]float64, dim*Lanes), make([]uint16, dim)
	ones := 0
	for step := range 50 {
		f.Fill(eps, step)
		f.Masks(masks, step)
		for e, v := range eps {
			if bit := masks[e/Lanes] >> (e % Lanes) & 1; v != 2*float64(bit)-1 {
				t.Fatalf("step %d entry %d lane %d: sign %v, mask bit %d", step, e/Lanes, e%Lanes, v, bit)
			}
		}
		for _, m := range masks {
			ones += bits.OnesCount16(m)
		}
	}
	// 29600 fair bits: mean 14800, standard deviation 86.0; five of them.
	if n := dim * Lanes * 50; ones < n/2-430 || ones > n/2+430 {
		t.Errorf("%d of %d bits are 1", ones, n)
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	const dim, steps = 6, 4
	eps, masks := make([]float64, dim*Lanes), make([]uint16, dim)
	for name, f := range fillers(t, dim, steps) {
		draw := uint64(0)
		got := testing.AllocsPerRun(20, func() {
			f.Seek(draw)
			for step := range steps {
				f.Fill(eps, step)
			}
			if s, ok := f.(*Signs); ok {
				s.Masks(masks, 1)
			}
			draw += Lanes
		})
		if got != 0 {
			t.Errorf("%s: %v allocations per chunk, want 0", name, got)
		}
	}
}

func TestFillPanics(t *testing.T) {
	s := New(1, Measurement)
	exhaustive, err := NewExhaustive(2, 3)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		call func()
	}{
		{"short eps", func() { s.Rademacher(2).Fill(make([]float64, 2*Lanes-1), 0) }},
		{"long eps", func() { s.Gaussian(2).Fill(make([]float64, 3*Lanes), 0) }},
		{"negative step", func() { s.Gaussian(2).Fill(make([]float64, 2*Lanes), -1) }},
		{"short masks", func() { s.Rademacher(2).Masks(make([]uint16, 1), 0) }},
		{"negative mask step", func() { s.Rademacher(2).Masks(make([]uint16, 2), -1) }},
		{"no dimension", func() { s.Rademacher(0) }},
		{"negative dimension", func() { s.Gaussian(-1) }},
		{"past the patterns", func() { exhaustive.Fill(make([]float64, 2*Lanes), 3) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tt.call()
		})
	}
}

func BenchmarkFill(b *testing.B) {
	const dim = 32
	eps := make([]float64, dim*Lanes)
	for name, f := range fillers(b, dim, 1<<20) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			step := 0
			for b.Loop() {
				f.Fill(eps, step)
				step++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Lanes, "ns/(draw·step)")
		})
	}
}
