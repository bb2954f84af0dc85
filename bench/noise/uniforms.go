package noise

import "math/bits"

// Uniforms reads one draw of a stream as a sequence of numbers, for task data
// and initial weights. It has a position and serves one goroutine at a time.
type Uniforms struct {
	stream Stream
	tag    uint64
	next   uint64 // index of the next word
	words  [4]uint64
}

// Uniforms returns the sequence of a tag, from its start. The tag takes the
// place of the draw in the counter, so sequences of different tags share no
// counter and the order in which they are read does not matter.
func (s Stream) Uniforms(tag uint64) *Uniforms {
	return &Uniforms{stream: s, tag: tag}
}

// Position is the number of words read so far. Seek with it resumes the
// sequence at the same place.
func (u *Uniforms) Position() uint64 { return u.next }

// Seek moves to a position.
func (u *Uniforms) Seek(position uint64) {
	u.next = position
	u.words = u.stream.Words(u.tag, position/4)
}

// Word returns the next 64 bits.
func (u *Uniforms) Word() uint64 {
	j := u.next % 4
	if j == 0 {
		u.words = u.stream.Words(u.tag, u.next/4)
	}
	u.next++
	return u.words[j]
}

// Next returns the next number of [0, 1), a multiple of 2⁻⁵³.
func (u *Uniforms) Next() float64 {
	return float64(u.Word()>>11) * 0x1p-53
}

// IntN returns the next integer of 0..n−1, each exactly equally likely. It
// usually takes one word, sometimes more. It panics if n < 1.
//
// Method: D. Lemire, "Fast random integer generation in an interval", ACM
// TOMACS 29 (2019), without its short cut: the high half of word·n, rejected where the
// low half falls among the 2⁶⁴ mod n values that would come once too often.
func (u *Uniforms) IntN(n int) int {
	if n < 1 {
		panic("noise: IntN of n < 1")
	}
	reject := -uint64(n) % uint64(n)
	for {
		if hi, lo := bits.Mul64(u.Word(), uint64(n)); lo >= reject {
			return int(hi)
		}
	}
}

// Normal returns the next standard normal number, one word each.
func (u *Uniforms) Normal() float64 { return normalOf(u.Word()) }
