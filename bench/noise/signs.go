package noise

import (
	"math"

	"uorobench/estimators/kernel"
)

// Signs fills a chunk with Rademacher noise: +1 or −1, mean 0, variance 1,
// fourth moment 1.
type Signs struct {
	dim int
	win window
}

// Rademacher returns the sign noise of dim state entries, at the chunk that
// starts with draw 0. It panics if dim < 1.
func (s Stream) Rademacher(dim int) *Signs {
	checkDim(dim)
	return &Signs{dim: dim, win: window{stream: s}}
}

// Seek implements Filler.
func (f *Signs) Seek(firstDraw uint64) { f.win.seek(firstDraw) }

// Fill implements Filler. It panics if len(eps) is not dim*Lanes or t < 0.
func (f *Signs) Fill(eps []float64, t int) {
	checkFill(eps, f.dim, t)
	for k, i := uint64(t)*uint64(f.dim), 0; i < f.dim; {
		n := min(f.dim-i, 64-int(k%64)) // entries that the same words hold
		kernel.Signs(eps[i*Lanes:(i+n)*Lanes], f.win.word(k/64), int(k%64), n)
		i, k = i+n, k+uint64(n)
	}
}

// Masks writes the same signs as Fill in the form that vector masks take: bit w
// of dst[i] is 1 where entry i of draw firstDraw+w is +1. dst must have dim
// entries; it panics otherwise, or if t < 0.
func (f *Signs) Masks(dst []uint16, t int) {
	if len(dst) != f.dim {
		panic("noise: len(dst) is not dim")
	}
	if t < 0 {
		panic("noise: step < 0")
	}
	k := uint64(t) * uint64(f.dim)
	for i := range dst {
		words, shift := f.win.word(k/64), k%64
		var mask uint16
		for w, v := range words {
			mask |= uint16(v>>shift&1) << w
		}
		dst[i] = mask
		k++
	}
}

// signOf is +1 if the lowest bit of v is set, else −1: the bit's complement
// becomes the sign bit of 1.0.
func signOf(v uint64) float64 {
	return math.Float64frombits(0x3FF0000000000000 | (^v&1)<<63)
}
