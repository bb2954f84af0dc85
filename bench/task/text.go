package task

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"uorobench/bench/config"
	"uorobench/bench/input"
	"uorobench/bench/noise"
)

const textName = "text"

// Units of a text.
const (
	UnitByte = "byte" // works on any file, at most 256 symbols
	UnitRune = "rune" // the file must be UTF-8
)

const (
	// MaxTextBytes bounds the file: its symbols are counted over the whole of it.
	MaxTextBytes = 16 << 20
	// MaxTextSymbols bounds the number of different symbols. It is the width of
	// the one-hot input, and the cost of a run grows with it.
	MaxTextSymbols = 256
)

// Text is next-symbol prediction on a file of the user's. Codes are given in
// ascending order of the byte or code point, over the whole file, so that they
// depend neither on the offset nor on the number of steps.
type Text struct {
	source   string
	offset   int
	runes    []rune // the file's symbols from the offset on
	code     map[rune]int
	alphabet []string
}

// TextOptions are the options of the text task.
type TextOptions struct {
	File   string // relative to the working directory
	Unit   string // UnitByte or UnitRune: what a symbol is
	Offset int    // number of symbols to skip
}

func (*TextOptions) name() string                  { return textName }
func (o *TextOptions) reset()                      { *o = TextOptions{Unit: UnitByte} }
func (*TextOptions) build(o Options) (Task, error) { return NewText(o) }

func (o *TextOptions) fields() []config.Field {
	return []config.Field{
		{Key: "file", Help: "file to read", Value: &o.File, Rule: config.Rule{Allowed: "must be the path of a text file"}},
		{Key: "unit", Help: "a symbol is a byte or a rune", Value: &o.Unit, Rule: config.OneOf(UnitByte, UnitRune)},
		{Key: "offset", Help: "symbols to skip", Value: &o.Offset, Rule: config.Whole(0, MaxTextBytes)},
	}
}

// NewText reads the file and makes the task. The error is a *config.FieldError
// for a wrong option, else it names the file.
func NewText(o Options) (*Text, error) {
	if err := checkOptions(&o.TextOptions); err != nil {
		return nil, err
	}
	if o.File == "" {
		return nil, config.Wrong("file", "", "task text needs a file: must be the path of a text file", "task.name")
	}
	data, err := o.Inputs.Read(o.File, MaxTextBytes)
	if err != nil {
		return nil, fmt.Errorf("task text: %w", err)
	}
	data, err = withoutMark(data, o.Unit)
	var t *Text
	if err == nil {
		t, err = parseText(data, o)
	}
	if err != nil {
		return nil, fmt.Errorf("task text: %s: %w", o.File, err)
	}
	return t, nil
}

// withoutMark takes the byte order mark off UTF-8, so that it is no symbol of the
// text. The marks of wider encodings are refused where runes are wanted; as bytes
// they may be anything, and stay.
func withoutMark(data []byte, unit string) ([]byte, error) {
	text, err := input.Text(data)
	if err != nil && unit == UnitByte {
		return data, nil
	}
	return text, err
}

// parseText codes the symbols. Its errors are for the caller to put the file's
// name before.
func parseText(data []byte, o Options) (*Text, error) {
	runes, err := split(data, o.Unit)
	if err != nil {
		return nil, err
	}
	code := make(map[rune]int)
	for _, r := range runes {
		code[r] = 0
	}
	if err := checkSymbols(len(code), o.Unit); err != nil {
		return nil, err
	}
	t := &Text{source: o.File, offset: o.Offset, runes: runes[min(o.Offset, len(runes)):], code: code}
	for i, r := range slices.Sorted(maps.Keys(code)) {
		code[r] = i
		t.alphabet = append(t.alphabet, symbolName(r, o.Unit))
	}
	return t, nil
}

// split returns the file's symbols as numbers: bytes or code points.
func split(data []byte, unit string) ([]rune, error) {
	runes := make([]rune, 0, len(data))
	for at := 0; at < len(data); {
		r, size := rune(data[at]), 1
		if unit == UnitRune {
			if r, size = utf8.DecodeRune(data[at:]); r == utf8.RuneError && size == 1 {
				return nil, fmt.Errorf("byte %d (0x%02x) is not UTF-8: save the file as UTF-8 or use unit = %q", at, data[at], UnitByte)
			}
		}
		runes = append(runes, r)
		at += size
	}
	return runes, nil
}

func checkSymbols(n int, unit string) error {
	switch {
	case n == 0:
		return errors.New("the file is empty")
	case n == 1:
		return errors.New("only one distinct symbol: there is nothing to predict, want at least 2")
	case n > MaxTextSymbols:
		return fmt.Errorf("%d distinct symbols (unit = %q): want at most %d; unit = %q always fits", n, unit, MaxTextSymbols, UnitByte)
	}
	return nil
}

// symbolName is a printable name: the character itself where it is visible,
// else its Go escape. A byte above 127 is no character by itself.
func symbolName(r rune, unit string) string {
	if unit == UnitByte && r >= utf8.RuneSelf {
		return fmt.Sprintf(`\x%02x`, r)
	}
	if r == '\'' { // the one character that QuoteRune escapes for its quotes
		return "'"
	}
	quoted := strconv.QuoteRune(r)
	return quoted[1 : len(quoted)-1]
}

// Name implements Task.
func (t *Text) Name() string { return textName }

// Alphabet implements Task: all symbols of the file in ascending order.
func (t *Text) Alphabet() []string { return t.alphabet }

// Sequence implements Task: steps+1 symbols of the file from the offset on, each
// to be predicted from those before it. No random number is used. The error says
// how many steps the file can give.
func (t *Text) Sequence(_ *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(textName, steps); err != nil {
		return Sequence{}, err
	}
	if steps >= len(t.runes) {
		return Sequence{}, fmt.Errorf("task text: %s: %d steps need %d symbols from offset %d on, the file has %d there",
			t.source, steps, steps+1, t.offset, len(t.runes))
	}
	symbols := make([]int, steps+1)
	for i := range symbols {
		symbols[i] = t.code[t.runes[i]]
	}
	return nextSymbol(symbols, t.alphabet), nil
}
