package verify

import (
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/estimators/oracle"
)

var noiseCheck = &Check{
	Name: "noise stream", Against: "published words, and the law by its definition",
	Claim: "words of Philox; signs are ±1 by the stream's bits; normal numbers u ↦ Φ⁻¹(u) of the stream's words; patterns: every one once",
	// Φ of the number against u, relative to min(u, 1−u): a rational
	// approximation's 1e-16, times x² ≤ 70 in the far tails. All else is exact.
	Tolerance: 3e-14,
	jobs: func() []job {
		return []job{
			noiseJob("words", knownWords),
			noiseJob(oracle.Signs.Name, signLaw),
			noiseJob(oracle.Gauss3.Name, normalLaw),
			noiseJob("exhaustive", exhaustiveLaw),
		}
	},
}

func noiseJob(law string, do func() float64) job {
	s := Subject{Noise: law}
	return job{s, func(r *recorder) { r.found(s, do()) }}
}

// words are known answers. The first is the authors' of Philox4x64-10 for
// counter and key zero (file tests/kat_vectors of Random123); the others were
// made with numpy 1.24.2, which has a Philox of its own.
var words = []struct {
	seed        uint64
	id          noise.ID
	draw, block uint64
	want        [4]uint64
}{
	{0, noise.Measurement, 0, 0, [4]uint64{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
	{1, noise.Measurement, 0, 1, [4]uint64{0x4db6a27b756282df, 0xd944fa03babe0e2f, 0x27f872e577060d32, 0x7f697696a0482a2}},
	{1, noise.Pilot, 0, 0, [4]uint64{0x5c42b05ff257651, 0x83431181197ac359, 0x57be92230b7ced59, 0x75073635c66ba84b}},
	{1, noise.CovariateTraining, 12345, 7, [4]uint64{0x7d05e3c1b96ec6c3, 0xf27573ffa20bca38, 0xb4045d8cea2c7f7c, 0xeed72638b290ef8}},
	{0xdeadbeefcafef00d, noise.Data, 1<<63 + 5, 1<<40 + 9, [4]uint64{0x15cfd36eb7659444, 0xb1dacbf75d355ec3, 0xa0020ef1dc28e0e5, 0x768980ea27570def}},
}

// knownWords counts the wrong words.
func knownWords() float64 {
	wrong := 0.0
	for _, w := range words {
		for i, got := range noise.New(w.seed, w.id).Words(w.draw, w.block) {
			if got != w.want[i] {
				wrong++
			}
		}
	}
	return wrong
}

// Sizes at which a word ends inside a step and a block inside the window.
const (
	lawDim   = 37
	lawSteps = 9
)

// eachNumber calls f with every number of a filler over two chunks, and with
// its place: draw, and k = t·dim + i.
func eachNumber(f noise.Filler, visit func(draw, k uint64, eps float64)) {
	eps := make([]float64, lawDim*noise.Lanes)
	for first := uint64(0); first < 2*noise.Lanes; first += noise.Lanes {
		f.Seek(first)
		for t := range lawSteps {
			f.Fill(eps, t)
			for at, e := range eps {
				visit(first+uint64(at%noise.Lanes), uint64(t*lawDim+at/noise.Lanes), e)
			}
		}
	}
}

// signLaw is the largest distance from the sign that the draw's words say.
func signLaw() float64 {
	s, most := noise.New(seed, noise.Measurement), 0.0
	eachNumber(s.Rademacher(lawDim), func(draw, k uint64, eps float64) {
		want := -1.0
		if s.Words(draw, k/256)[k/64%4]>>(k%64)&1 == 1 {
			want = 1
		}
		most = worst(most, math.Abs(eps-want))
	})
	return most
}

// normalLaw is the largest relative distance of Φ(eps) from the word's number
// u = (n + ½)·2⁻⁵³, in the nearer tail.
func normalLaw() float64 {
	s, most := noise.New(seed, noise.Measurement), 0.0
	eachNumber(s.Gaussian(lawDim), func(draw, k uint64, eps float64) {
		n := s.Words(draw, k/4)[k%4] >> 11
		if upper := 1<<53 - 1 - n; upper < n {
			n, eps = upper, -eps
		}
		u := (float64(n) + 0.5) * 0x1p-53
		most = worst(most, math.Abs(math.Erfc(-eps/math.Sqrt2)/2-u)/u)
	})
	return most
}

// exhaustiveLaw counts the patterns of 3 numbers over 3 steps that do not come
// exactly once, and the numbers that are no sign.
func exhaustiveLaw() float64 {
	const dim, steps = 3, 3
	f, err := noise.NewExhaustive(dim, steps)
	if err != nil {
		return math.Inf(1)
	}
	seen, wrong := map[string]int{}, 0.0
	eps := make([]float64, dim*noise.Lanes)
	for first := uint64(0); first < f.Draws(); first += noise.Lanes {
		f.Seek(first)
		patterns := make([]string, noise.Lanes)
		for t := range steps {
			f.Fill(eps, t)
			for at, e := range eps {
				patterns[at%noise.Lanes] += fmt.Sprint(e > 0)
				wrong += math.Abs(math.Abs(e) - 1)
			}
		}
		for _, p := range patterns {
			seen[p]++
		}
	}
	return wrong + math.Abs(float64(len(seen)-1<<(dim*steps)))
}
