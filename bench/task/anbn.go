package task

import (
	"fmt"

	"uorobench/bench/config"
	"uorobench/bench/noise"
)

const anbnName = "anbn"

// Layouts of anbn.
const (
	// LayoutNewline writes a string as a^n \n b^n \n. The number of b's is
	// known at the first newline, the end of a string is marked.
	LayoutNewline = "newline"
	// LayoutRun writes a^n b^n with nothing between strings: the first a of the
	// next string ends the b's.
	LayoutRun = "run"
)

// MaxN bounds n of anbn, far above what a cell can count.
const MaxN = 1 << 20

// Codes of anbn's symbols. LayoutRun has the first two only.
const (
	codeA = iota
	codeB
	codeNewline
)

// ANBN is next-symbol prediction on strings of n a's and n b's, n uniform on
// lo..hi: to predict the end of the b's a cell must have counted the a's.
// Source: F. A. Gers, J. Schmidhuber, "LSTM recurrent networks learn simple
// context-free and context-sensitive languages", IEEE TNN 12 (2001); with these
// lengths and newlines C. Tallec, Y. Ollivier, "Unbiased online recurrent
// optimization", arXiv 1702.05043.
type ANBN struct {
	lo, hi   int
	newline  bool
	alphabet []string
}

// ANBNOptions are the options of a^n b^n: strings have n uniform on Lo..Hi.
type ANBNOptions struct {
	Lo, Hi int    // 1 ≤ Lo ≤ Hi ≤ MaxN
	Layout string // LayoutNewline or LayoutRun
}

func (*ANBNOptions) name() string                  { return anbnName }
func (o *ANBNOptions) reset()                      { *o = ANBNOptions{1, 32, LayoutNewline} }
func (*ANBNOptions) build(o Options) (Task, error) { return NewANBN(o) }

func (o *ANBNOptions) fields() []config.Field {
	return []config.Field{
		{Key: "lo", Help: "least n", Value: &o.Lo, Rule: config.Whole(1, MaxN)},
		{Key: "hi", Help: "largest n", Value: &o.Hi, Rule: config.Whole(1, MaxN)},
		{Key: "layout", Help: "newline (with separators) or run (without)", Value: &o.Layout, Rule: config.OneOf(LayoutNewline, LayoutRun)},
	}
}

// NewANBN makes the task. The error is a *config.FieldError.
func NewANBN(o Options) (*ANBN, error) {
	if err := checkOptions(&o.ANBNOptions); err != nil {
		return nil, err
	}
	if o.Hi < o.Lo {
		return nil, config.Wrong("hi", o.Hi, fmt.Sprintf("must be %d to %d", o.Lo, MaxN))
	}
	a := &ANBN{lo: o.Lo, hi: o.Hi, alphabet: []string{"a", "b"}}
	if o.Layout == LayoutNewline {
		a.newline = true
		a.alphabet = append(a.alphabet, `\n`)
	}
	return a, nil
}

// Name implements Task.
func (a *ANBN) Name() string { return anbnName }

// Alphabet implements Task: a, b and, with LayoutNewline, \n.
func (a *ANBN) Alphabet() []string { return a.alphabet }

// Sequence implements Task: the first steps+1 symbols of the stream. It starts
// at the start of a string; every step has a loss.
func (a *ANBN) Sequence(u *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(anbnName, steps); err != nil {
		return Sequence{}, err
	}
	stream := a.Stream(u)
	symbols := make([]int, steps+1)
	for i := range symbols {
		symbols[i] = stream.Next()
	}
	return nextSymbol(symbols, a.alphabet), nil
}

// ANBNStream is an endless row of strings, one symbol at a time. It allocates
// nothing. To resume one, make it again and read as many symbols as before: that
// costs nanoseconds per symbol and needs no saved state.
type ANBNStream struct {
	task  *ANBN
	u     *noise.Uniforms
	n     int // of the current string
	index int // of the next symbol in the current string
}

// Stream returns the endless stream that Sequence takes its symbols from. It
// reads one integer from u per string, when the string begins.
func (a *ANBN) Stream(u *noise.Uniforms) *ANBNStream {
	return &ANBNStream{task: a, u: u}
}

// Next returns the code of the next symbol.
func (s *ANBNStream) Next() int {
	if s.index == 0 {
		s.n = s.task.lo + s.u.IntN(s.task.hi-s.task.lo+1)
	}
	code := s.task.symbol(s.n, s.index)
	s.index++
	if s.index == s.task.length(s.n) {
		s.index = 0
	}
	return code
}

// length is the number of symbols of the string of n.
func (a *ANBN) length(n int) int {
	if a.newline {
		return 2*n + 2
	}
	return 2 * n
}

// symbol is symbol i of the string of n.
func (a *ANBN) symbol(n, i int) int {
	half := a.length(n) / 2
	switch {
	case i%half == n: // only with a newline, the last of its half
		return codeNewline
	case i < half:
		return codeA
	default:
		return codeB
	}
}
