package task

import "math"

// Levels are reference losses of a task in bits per symbol, in the long run.
type Levels struct {
	// Unigram predicts from the symbols' frequencies, without any input.
	Unigram float64
	// Bigram predicts from the last symbol, without any memory.
	Bigram float64
	// Perfect knows the task: the entropy rate. No model can be better.
	Perfect float64
}

// Levels computes the three levels in closed form from expected counts per
// string. With m the mean of n:
//
//	Unigram = Σ_s p(s)·log2(1/p(s)),    p(s) = count(s)/length
//	Bigram  = Σ_s p(s)·h(next | s)
//	Perfect = log2(hi−lo+1)/length
//
// An a is the last of its run once in m; so is a b. With LayoutNewline the
// length is 2m+2 and a newline is followed by a or b, one time each; with
// LayoutRun it is 2m. Perfect holds because the only thing that is random about
// a string is n.
func (a *ANBN) Levels() Levels {
	m := float64(a.lo+a.hi) / 2
	choices := math.Log2(float64(a.hi - a.lo + 1))
	run := binaryEntropy(1 / m)
	if !a.newline {
		return Levels{Unigram: 1, Bigram: run, Perfect: choices / (2 * m)}
	}
	length := 2*m + 2
	letter, newline := m/length, 2/length
	return Levels{
		Unigram: -2*letter*math.Log2(letter) - newline*math.Log2(newline),
		Bigram:  2*letter*run + newline,
		Perfect: choices / length,
	}
}

// binaryEntropy is h(p) in bits, 0 at p = 0 and p = 1.
func binaryEntropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}
