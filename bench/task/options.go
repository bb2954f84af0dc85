package task

import (
	"fmt"
	"slices"

	"uorobench/bench/input"
)

// Options are the settings of all tasks; each task looks at its own. Start from
// Defaults: 0 is a value like any other and not "use the default".
type Options struct {
	// anbn: strings have n uniform on Lo..Hi, 1 ≤ Lo ≤ Hi ≤ MaxN
	Lo     int    `toml:"lo"`
	Hi     int    `toml:"hi"`
	Layout string `toml:"layout"` // LayoutNewline or LayoutRun

	// copy
	Symbols int `toml:"symbols"` // size of the alphabet to copy, 2..MaxCopySymbols
	Length  int `toml:"length"`  // symbols per episode, 1..MaxCopyLength
	Delay   int `toml:"delay"`   // blanks before the recall, 0..MaxCopyLength

	// adding
	Episode int `toml:"episode"` // steps of an episode, 2..MaxEpisode

	// text
	File   string `toml:"file"`   // path of the user's file
	Unit   string `toml:"unit"`   // UnitByte or UnitRune: what a symbol is
	Offset int    `toml:"offset"` // number of symbols to skip, at least 0

	// Inputs is where files are read, so that each is read once; nil reads them
	// every time.
	Inputs *input.Files `toml:"-"`
}

// Defaults returns the default options: a^n \n b^n \n with n in 1..32; copying
// of 8 of 4 symbols after 8 blanks; a text by bytes from its start, no file;
// adding over 32 steps.
func Defaults() Options {
	return Options{
		Lo: 1, Hi: 32, Layout: LayoutNewline,
		Symbols: 4, Length: 8, Delay: 8,
		Unit:    UnitByte,
		Episode: 32,
	}
}

// OptionError says which option is wrong. Field is the name in lower case, as a
// user writes it, so that the caller can add where it was written.
type OptionError struct {
	Field   string
	Given   any
	Allowed string // what would have been right
}

// Error implements error.
func (e *OptionError) Error() string {
	if s, ok := e.Given.(string); ok {
		return fmt.Sprintf("%s = %q: want %s", e.Field, s, e.Allowed)
	}
	return fmt.Sprintf("%s = %v: want %s", e.Field, e.Given, e.Allowed)
}

// inRange checks an integer option.
func inRange(field string, given, lo, hi int) error {
	if given < lo || given > hi {
		return &OptionError{Field: field, Given: given, Allowed: fmt.Sprintf("%d to %d", lo, hi)}
	}
	return nil
}

// among checks an option that has a list of values.
func among(field, given string, allowed ...string) error {
	if !slices.Contains(allowed, given) {
		return &OptionError{Field: field, Given: given, Allowed: oneOf(allowed)}
	}
	return nil
}

// firstError returns the first error that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
