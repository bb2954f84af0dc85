package task

import (
	"fmt"
	"slices"
	"strconv"

	"uorobench/bench/config"
	"uorobench/bench/noise"
)

const copyName = "copy"

// Limits of the copy task.
const (
	MaxCopySymbols = 64
	MaxCopyLength  = 1 << 16
)

// Copy shows random symbols, then blanks, then a mark, and asks for the symbols
// in the same order. An episode of length L and delay D takes 2L+D steps:
//
//	input   s_1 … s_L   blank × D   mark   blank × (L−1)
//	target  none        none        s_1    s_2 … s_L
//
// Episodes follow each other without a gap. Only recall steps have a loss; they
// are chance, log2(Symbols) bits, without memory, and 0 bits are possible.
// Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997), in the
// form of A. Graves, G. Wayne, I. Danihelka, arXiv 1410.5401.
type Copy struct {
	symbols, length, delay int
	alphabet               []string
}

// CopyOptions are the options of the copy task.
type CopyOptions struct {
	Symbols int // of the alphabet to copy
	Length  int // symbols of an episode
	Delay   int // blanks before the recall
}

func (*CopyOptions) name() string                  { return copyName }
func (o *CopyOptions) reset()                      { *o = CopyOptions{Symbols: 4, Length: 8, Delay: 8} }
func (*CopyOptions) build(o Options) (Task, error) { return NewCopy(o) }

func (o *CopyOptions) fields() []config.Field {
	return []config.Field{
		{Key: "symbols", Help: "size of the alphabet", Value: &o.Symbols, Rule: config.Whole(2, MaxCopySymbols)},
		{Key: "length", Help: "symbols of an episode", Value: &o.Length, Rule: config.Whole(1, MaxCopyLength)},
		{Key: "delay", Help: "blanks before the recall", Value: &o.Delay, Rule: config.Whole(0, MaxCopyLength)},
	}
}

// NewCopy makes the task. The error is a *config.FieldError.
func NewCopy(o Options) (*Copy, error) {
	if err := checkOptions(&o.CopyOptions); err != nil {
		return nil, err
	}
	c := &Copy{symbols: o.Symbols, length: o.Length, delay: o.Delay}
	for i := range c.symbols {
		c.alphabet = append(c.alphabet, strconv.Itoa(i))
	}
	c.alphabet = append(c.alphabet, "blank", "mark")
	return c, nil
}

// Name implements Task.
func (c *Copy) Name() string { return copyName }

// Alphabet implements Task: the symbols 0, 1, …, then blank and mark.
func (c *Copy) Alphabet() []string { return c.alphabet }

func (c *Copy) blank() int { return c.symbols }
func (c *Copy) mark() int  { return c.symbols + 1 }

// Sequence implements Task. It needs Length + Delay + 1 steps to reach the first
// recall, and says so if there are fewer.
func (c *Copy) Sequence(u *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(copyName, steps); err != nil {
		return Sequence{}, err
	}
	if first := c.length + c.delay + 1; steps < first {
		return Sequence{}, fmt.Errorf("task copy: %d steps have no recall step: length %d and delay %d need at least %d",
			steps, c.length, c.delay, first)
	}
	s := Sequence{X: len(c.alphabet), Y: len(c.alphabet), Symbols: slices.Clone(c.alphabet)}
	for len(s.Input) < steps {
		c.appendEpisode(&s, u)
	}
	s.Input, s.Target = s.Input[:steps], s.Target[:steps]
	return s, nil
}

func (c *Copy) appendEpisode(s *Sequence, u *noise.Uniforms) {
	start := len(s.Input)
	for range c.length {
		s.push(u.IntN(c.symbols), NoTarget)
	}
	for range c.delay {
		s.push(c.blank(), NoTarget)
	}
	input := c.mark()
	for i := range c.length {
		s.push(input, s.Input[start+i])
		input = c.blank()
	}
}

func (s *Sequence) push(input, target int) {
	s.Input = append(s.Input, input)
	s.Target = append(s.Target, target)
}
