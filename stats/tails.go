package stats

import (
	"fmt"
	"math"
)

// Tails takes in one non-negative number per draw, the squared length of what the
// noise makes of the estimate, and tells how few draws carry its sum: a variance that rests on a handful of draws has error bars that
// cannot be trusted either. The numbers are kept in a histogram of eight bins to
// the octave, with the sum of every bin, over the range that was met. The zero
// value is empty; memory is allocated only when the range grows.
type Tails struct {
	N    int64
	Sum  float64
	Max  float64
	sq   float64 // Σ x²
	base int     // number of the first bin
	bins []tailBin
}

// reservedBins is the room of tails that are made many at a time: 40 octaves, of which
// squared lengths of UORO take 20 to 30.
const reservedBins = 40 << octaveBits

// TailsBytes is the memory of one of NewTails.
const TailsBytes = reservedBins * 16

// NewTails makes n empty tails with room for the range that is met as a rule, in
// one piece of memory.
func NewTails(n int) []Tails {
	all, bins := make([]Tails, n), make([]tailBin, n*reservedBins)
	for i := range all {
		all[i].bins = bins[i*reservedBins : i*reservedBins : (i+1)*reservedBins]
	}
	return all
}

type tailBin struct {
	n   int64
	sum float64
}

// octaveBits gives 2³ bins to the octave: the leading bits of a positive
// float64 are a logarithm to that resolution, and grow with it.
const octaveBits = 3

// Add takes in one draw's x. Negative numbers and those that are not finite are
// not allowed, and left out.
func (t *Tails) Add(x float64) {
	if !(x >= 0) || math.IsInf(x, 1) {
		return
	}
	t.N++
	t.Sum += x
	t.sq += x * x
	t.Max = max(t.Max, x)
	if x == 0 { // a bin for it would be a thousand octaves away
		return
	}
	b := t.bin(int(math.Float64bits(x) >> (52 - octaveBits)))
	b.n++
	b.sum += x
}

// AddLanes is Add for the lanes of a chunk whose bit is set in live, in order.
func (t *Tails) AddLanes(x *[Lanes]float64, live uint32) {
	n, sum, sq, top := t.N, t.Sum, t.sq, t.Max
	for w, v := range x {
		if live>>w&1 == 0 || !(v >= 0) || v > math.MaxFloat64 {
			continue
		}
		n++
		if v == 0 {
			continue
		}
		sum += v
		sq += v * v
		top = max(top, v)
		number := int(math.Float64bits(v) >> (52 - octaveBits))
		if at := uint(number - t.base); at < uint(len(t.bins)) {
			t.bins[at].n++
			t.bins[at].sum += v
		} else {
			b := t.bin(number)
			b.n++
			b.sum += v
		}
	}
	t.N, t.Sum, t.sq, t.Max = n, sum, sq, top
}

// bin returns the bin with the given number, making room for it.
func (t *Tails) bin(number int) *tailBin {
	const slack = 16
	if len(t.bins) == 0 { // a squared length has its longer tail below
		t.base = max(0, min(number-slack, number-cap(t.bins)*5/8))
		t.bins = t.bins[:cap(t.bins)]
	}
	if number < t.base {
		base := max(0, number-slack)
		t.bins = append(make([]tailBin, t.base-base, t.base-base+len(t.bins)), t.bins...)
		t.base = base
	}
	if need := number - t.base + 1; need > len(t.bins) {
		t.bins = append(t.bins, make([]tailBin, need+slack-len(t.bins))...)
	}
	return &t.bins[number-t.base]
}

// Merge adds the draws of o.
func (t *Tails) Merge(o *Tails) {
	t.N += o.N
	t.Sum += o.Sum
	t.sq += o.sq
	t.Max = max(t.Max, o.Max)
	for i, b := range o.bins {
		if b.n > 0 {
			to := t.bin(o.base + i)
			to.n += b.n
			to.sum += b.sum
		}
	}
}

// Kurtosis is N Σx²/(Σx)², with x = ‖y‖²: E‖y‖⁴/(E‖y‖²)². For an estimate of one
// coordinate and mean zero it is the kurtosis (3 for a normal one); it cannot
// exceed N. Absent where all x are zero.
func (t *Tails) Kurtosis() Interval {
	k := float64(t.N) * (t.sq / t.Sum) / t.Sum
	if t.Sum == 0 || !finite(k) {
		return Interval{}
	}
	return Interval{Value: k, OK: true}
}

// Largest is the share of Σx in the largest draw.
func (t *Tails) Largest() Interval {
	if t.Sum == 0 {
		return Interval{}
	}
	return Interval{Value: t.Max / t.Sum, OK: true}
}

// TopShare is the share of Σx in the given fraction of the draws, the largest
// ones: 0.01 asks for the top 1 %. Within a bin all draws count as alike, which
// they are to 12.5 %. Absent where all x are zero.
func (t *Tails) TopShare(fraction float64) Interval {
	if t.Sum == 0 {
		return Interval{}
	}
	left, mass := fraction*float64(t.N), 0.0
	for i := len(t.bins) - 1; i >= 0 && left > 0; i-- {
		b := t.bins[i]
		if b.n == 0 {
			continue
		}
		take := min(1, left/float64(b.n))
		mass += take * b.sum
		left -= float64(b.n)
	}
	return Interval{Value: min(1, mass/t.Sum), OK: true}
}

// DrawsFor is the number of draws that brings the relative standard error of
// Σx/N to the given size, as far as these draws can tell: (kurtosis − 1)/rel².
func (t *Tails) DrawsFor(relative float64) Interval {
	k := t.Kurtosis()
	k.Value = math.Ceil(max(0, k.Value-1) / (relative * relative))
	return k
}

// What is too few: the sum is not known to a tenth, or its top 1 % holds half.
const (
	tailError = 0.1
	tailShare = 0.5
	tailGoal  = 0.05
)

// Warnings says where a variance from these draws rests on few of them, and what
// to do.
func (t *Tails) Warnings() []error {
	share, kurtosis := t.TopShare(0.01), t.Kurtosis()
	if !kurtosis.OK || t.N < 2 {
		return nil
	}
	if share.Value < tailShare && (kurtosis.Value-1)/float64(t.N) < tailError*tailError {
		return nil
	}
	return []error{fmt.Errorf("the variance rests on few draws: the top 1 %% of %d carry %.0f %% of the sum of squares, the largest %.0f %%; its interval is wider for it, and knows nothing of a tail that was not drawn. Take about %.2g draws for a standard error of %.0f %%",
		t.N, 100*share.Value, 100*t.Largest().Value, t.DrawsFor(tailGoal).Value, 100*tailGoal)}
}
