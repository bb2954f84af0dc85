package noise

import "testing"

// The authors' known answers: file tests/kat_vectors of Random123 (D. E. Shaw
// Research), lines "philox4x64 10": all zeros, all ones, and the digits of pi.
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = ^uint64(0)
	tests := []struct {
		name    string
		counter [4]uint64
		key     [2]uint64
		want    [4]uint64
	}{
		{
			name: "zeros",
			want: [4]uint64{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b},
		},
		{
			name:    "ones",
			counter: [4]uint64{ones, ones, ones, ones},
			key:     [2]uint64{ones, ones},
			want:    [4]uint64{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0},
		},
		{
			name:    "pi",
			counter: [4]uint64{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
			key:     [2]uint64{0x452821e638d01377, 0xbe5466cf34e90c6c},
			want:    [4]uint64{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := philox(tt.counter, tt.key); got != tt.want {
				t.Errorf("philox = %#x, want %#x", got, tt.want)
			}
		})
	}
}

// Made once with numpy 1.24.2, which implements Philox by itself:
//
//	c = (block + (draw << 64) + (stream << 128) - 1) % (1 << 256)
//	numpy.random.Philox(key=[seed, 0], counter=<the four words of c>).random_raw(4)
func TestWordsAgainstNumpy(t *testing.T) {
	tests := []struct {
		seed        uint64
		id          ID
		draw, block uint64
		want        [4]uint64
	}{
		{1, Measurement, 0, 0, [4]uint64{0xcb7ea744cf19bb4c, 0xa34eacbe1377d650, 0xe8dbce5eb7b8301f, 0x344790248cacfe2f}},
		{1, Measurement, 0, 1, [4]uint64{0x4db6a27b756282df, 0xd944fa03babe0e2f, 0x27f872e577060d32, 0x7f697696a0482a2}},
		{1, Pilot, 0, 0, [4]uint64{0x5c42b05ff257651, 0x83431181197ac359, 0x57be92230b7ced59, 0x75073635c66ba84b}},
		{1, CovariateTraining, 12345, 7, [4]uint64{0x7d05e3c1b96ec6c3, 0xf27573ffa20bca38, 0xb4045d8cea2c7f7c, 0xeed72638b290ef8}},
		{0xdeadbeefcafef00d, Data, 1<<63 + 5, 1<<40 + 9, [4]uint64{0x15cfd36eb7659444, 0xb1dacbf75d355ec3, 0xa0020ef1dc28e0e5, 0x768980ea27570def}},
	}
	for _, tt := range tests {
		if got := New(tt.seed, tt.id).Words(tt.draw, tt.block); got != tt.want {
			t.Errorf("seed %#x stream %d draw %d block %d: %#x, want %#x", tt.seed, tt.id, tt.draw, tt.block, got, tt.want)
		}
	}
}

// Philox is a bijection of the counter, so two equal outputs under one key would
// mean that two (stream, draw, block) share a counter.
func TestCountersAreDisjoint(t *testing.T) {
	seen := make(map[[4]uint64]bool)
	for id := Measurement; id <= Data; id++ {
		s := New(9, id)
		for draw := range uint64(40) {
			for block := range uint64(40) {
				seen[s.Words(draw, block)] = true
			}
		}
	}
	if want := 4 * 40 * 40; len(seen) != want {
		t.Errorf("%d different blocks, want %d", len(seen), want)
	}
}

func BenchmarkPhilox(b *testing.B) {
	b.ReportAllocs()
	var c [4]uint64
	for b.Loop() {
		c = philox(c, [2]uint64{1, 0})
	}
}
