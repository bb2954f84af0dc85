package noise

import "math"

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
	k := uint64(t) * uint64(f.dim)
	for ; len(eps) > 0; eps = eps[Lanes:] {
		words, shift := f.win.word(k/64), k%64
		for w, v := range words {
			eps[w] = signOf(v >> shift)
		}
		k++
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
// becomes the sign bit of 1.0. A branch on a random bit would be mispredicted
// half of the time.
func signOf(v uint64) float64 {
	return math.Float64frombits(0x3FF0000000000000 | (^v&1)<<63)
}
