package noise

import "math"

// Gaussian fills a chunk with standard normal noise (fourth moment 3).
type Gaussian struct {
	dim int
	win window
}

// Gaussian returns the normal noise of dim state entries, at the chunk that
// starts with draw 0. Entry i at step t takes word k mod 4 of block k/4 with
// k = t·dim + i. It panics if dim < 1.
func (s Stream) Gaussian(dim int) *Gaussian {
	checkDim(dim)
	return &Gaussian{dim: dim, win: window{stream: s}}
}

// Seek implements Filler.
func (f *Gaussian) Seek(firstDraw uint64) { f.win.seek(firstDraw) }

// Fill implements Filler. It panics if len(eps) is not dim*Lanes or t < 0.
func (f *Gaussian) Fill(eps []float64, t int) {
	checkFill(eps, f.dim, t)
	k := uint64(t) * uint64(f.dim)
	for ; len(eps) > 0; eps = eps[Lanes:] {
		for w, v := range f.win.word(k) {
			eps[w] = normalOf(v)
		}
		k++
	}
}

// normalOf maps a word to a standard normal by the inverse distribution:
// u = (n + ½)·2⁻⁵³ with n the word's upper 53 bits, and √2·erfinv(2u−1).
//
// It is written with 2u−1 = (2n + 1 − 2⁵³)·2⁻⁵³, an odd integer below 2⁵³ in
// size and therefore exact. Rejected: the form u = (float64(n)+0.5)·2⁻⁵³,
// because n + ½ needs 54 bits: the top word rounds to u = 1, hence to +Inf, and
// the map is no longer odd. As it stands, the complement of a word gives exactly
// the negative value, so the noise is exactly symmetric, and |value| < 8.3.
//
// Inversion and not Box-Muller or a ziggurat: one word per entry, whatever the
// value, keeps the position of every entry known.
func normalOf(word uint64) float64 {
	v := int64(word>>11)*2 + 1 - 1<<53
	return math.Sqrt2 * math.Erfinv(float64(v)*0x1p-53)
}
