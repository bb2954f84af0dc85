package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Places says where keys were set. nil: nowhere, as in an experiment built in code.
type Places map[string]place

// place is where a key was set. A later source outranks an earlier one.
type place struct {
	file         string // of an experiment
	line, column int    // from 1
	flag         string // "--draws" instead
	text         string // the value as it was written, cut to a line
}

func (p place) String() string {
	if p.flag != "" || p.file == "" {
		return p.flag
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// FieldError is a refused value: one line that says where it stands, what was
// given and what is allowed.
type FieldError struct {
	Key string // as in a file: "draws", "task.lo"
	// Others are keys that the value was refused beside: the error stands there
	// where they were set and Key was not.
	Others  []string
	Allowed string // what it must be

	place // the zero place: of a configuration built in code
}

// Wrong is the error of a value before it is known where it was set: see
// Config.Locate.
func Wrong(key string, value any, allowed string, others ...string) *FieldError {
	return &FieldError{Key: key, Others: others, Allowed: allowed, place: place{text: quoted(value)}}
}

// Where tells the place: the file and the line with its column, from 1, or the
// flag; all are zero in a configuration built in code.
func (e *FieldError) Where() (file string, line, column int, flag string) {
	return e.file, e.line, e.column, e.flag
}

// Error implements error: "my.toml:7: draws = 0: must be …" or "--draws 0: must be …".
func (e *FieldError) Error() string {
	switch {
	case e.flag != "":
		return fmt.Sprintf("%s %s: %s", e.flag, e.text, e.Allowed)
	case e.file == "":
		return fmt.Sprintf("%s = %s: %s", e.Key, e.text, e.Allowed)
	}
	return fmt.Sprintf("%s: %s = %s: %s", e.place, e.Key, e.text, e.Allowed)
}

// Refuse makes the error of a value or a combination. It stands at the key that
// was set last: a flag rather than a line, and else the first of keys.
func (c *Config) Refuse(wrong string, keys ...string) error {
	at := keys[0]
	for _, key := range keys {
		if c.Rank(key) > c.Rank(at) {
			at = key
		}
	}
	p, ok := (*c.Places)[at]
	if !ok {
		p.text = quoted(c.field(at).value())
	}
	return &FieldError{Key: at, Allowed: wrong, place: p}
}

// Locate gives a *FieldError of these fields, which was made without knowing
// where they were set, its place. Other errors stay as they are.
func (c *Config) Locate(err error) error {
	var wrong *FieldError
	if !errors.As(err, &wrong) || wrong.String() != "" {
		return err
	}
	return c.Refuse(wrong.Allowed, append([]string{wrong.Key}, wrong.Others...)...)
}

// Rank orders the sources of a key: default 0, file 1, flag 2.
func (c *Config) Rank(key string) int {
	p, ok := (*c.Places)[key]
	switch {
	case !ok:
		return 0
	case p.flag != "":
		return 2
	}
	return 1
}

// plain shows a flag's argument in a message: as typed where that is one word.
func plain(text string) string {
	if text == "" || strings.ContainsFunc(text, unicode.IsSpace) {
		return short(strconv.Quote(text))
	}
	return oneLine(text)
}

// oneLine shows a value in a message.
func oneLine(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return short(strconv.Quote(text))
	}
	return short(text)
}

// maxShown is how much of a value a message repeats.
const maxShown = 80

func short(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// unknown is the error for a key that no field has.
func (c *Config) unknown(at, key string) error {
	var keys []string
	for _, f := range c.Fields {
		keys = append(keys, f.Key)
	}
	known := strings.Join(keys, ", ")
	near := nearest(key, append(keys, slices.Sorted(maps.Keys(c.Tables))...))
	if near != "" {
		return fmt.Errorf("%sunknown key %q; did you mean %q?", at, short(key), near)
	}
	return fmt.Errorf("%sunknown key %q; allowed: %s", at, short(key), known)
}

// nearest returns the key at the least edit distance from the given one, with its
// table or without, or "" when none is near.
func nearest(word string, keys []string) string {
	if len(word) > maxShown {
		return ""
	}
	distance := func(key string) int { return min(editDistance(word, key), editDistance(word, bare(key))) }
	near := slices.MinFunc(keys, func(a, b string) int { return distance(a) - distance(b) })
	if distance(near) > len(word)/3+1 {
		return ""
	}
	return near
}

// editDistance is Levenshtein's, over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
