package noise

import "fmt"

// MaxExhaustiveBits bounds dim·steps of an Exhaustive: 2²⁴ patterns take
// seconds on a small net, each further bit twice as long.
const MaxExhaustiveBits = 24

// Exhaustive fills a chunk from the list of all sign patterns: the sign for bit
// index k = t·dim + i in draw n is bit k of n. Averaging over its Draws() draws
// gives the exact mean and variance of an estimator that is driven by signs.
type Exhaustive struct {
	dim   int
	bits  int
	first uint64
}

// NewExhaustive returns the patterns of dim state entries over a number of
// steps, at the chunk that starts with draw 0. The error names a shape below 1
// or above MaxExhaustiveBits.
func NewExhaustive(dim, steps int) (*Exhaustive, error) {
	// dim is compared by division: a product could overflow.
	if dim < 1 || steps < 1 || dim > MaxExhaustiveBits/steps {
		return nil, fmt.Errorf("noise: exhaustive draws of %d state entries over %d steps: want both at least 1 and their product at most %d",
			dim, steps, MaxExhaustiveBits)
	}
	return &Exhaustive{dim: dim, bits: dim * steps}, nil
}

// Draws is the number of patterns, 2^(dim·steps).
func (f *Exhaustive) Draws() uint64 { return 1 << f.bits }

// Seek implements Filler. Draws repeat with period Draws(): with fewer than
// Lanes patterns the caller must leave out the lanes that repeat.
func (f *Exhaustive) Seek(firstDraw uint64) { f.first = firstDraw }

// Fill implements Filler. It panics if len(eps) is not dim*Lanes, or if t is not
// one of the steps.
func (f *Exhaustive) Fill(eps []float64, t int) {
	checkFill(eps, f.dim, t)
	k := t * f.dim
	if k >= f.bits {
		panic("noise: step past the exhaustive patterns")
	}
	for ; len(eps) > 0; eps = eps[Lanes:] {
		for w := range Lanes {
			eps[w] = signOf((f.first + uint64(w)) >> k)
		}
		k++
	}
}
