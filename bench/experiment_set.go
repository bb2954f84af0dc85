package bench

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Set gives a field the value that a flag has, a list's entries separated by
// commas. The error is a *FieldError whose place is the flag.
func (e *Experiment) Set(key, text string) error {
	f := fieldOf(key)
	if f == nil {
		return unknownKey("", key)
	}
	given := given{place: place{flag: "--" + f.Flag, text: plain(text)}, items: []string{text}}
	if _, ok := f.pointer(e).(*[]string); ok {
		given.items = strings.Split(text, ",")
		for i, item := range given.items {
			given.items[i] = strings.TrimSpace(item)
		}
	}
	return e.set(f, given)
}

// given is a value as it was written: one item for a scalar.
type given struct {
	place place
	items []string
	typed func(target any) bool // nil: text of any type
}

// set stores a value and its place, or refuses it.
func (e *Experiment) set(f *Field, g given) error {
	if f.Key == "draws" && len(g.items) == 1 && g.items[0] == NoiseExhaustive {
		f = fieldOf("noise") // draws = "exhaustive" says what the noise is
	}
	target := f.pointer(e)
	if (g.typed != nil && !g.typed(target)) || !parseTo(target, g.items) {
		return refusal(f, g.place, f.rule.allowed)
	}
	if wrong := f.wrong(e); wrong != "" {
		return refusal(f, g.place, wrong)
	}
	if e.places == nil {
		e.places = map[string]place{}
	}
	e.places[f.Key] = g.place
	return nil
}

// wrong says what is wrong with the field's value by itself.
func (f *Field) wrong(e *Experiment) string {
	if f.rule.check == nil {
		return ""
	}
	return f.rule.check(f.value(e))
}

func refusal(f *Field, p place, allowed string) *FieldError {
	return &FieldError{Place: p.String(), Key: f.Key, Given: p.text, Allowed: allowed, flag: p.isFlag()}
}

// parseTo reads items into a field. Numbers may be written as Go or TOML does:
// 1_000, 0xff.
func parseTo(target any, items []string) bool {
	if list, ok := target.(*[]string); ok {
		*list = slices.Clone(items)
		return true
	}
	if len(items) != 1 {
		return false
	}
	return parseScalar(target, items[0])
}

func parseScalar(target any, text string) bool {
	if _, word := target.(*string); !word && leadingZero(text) {
		return false
	}
	var err error
	v := reflect.ValueOf(target).Elem()
	switch p := target.(type) {
	case *string:
		*p = text
	case *float64:
		*p, err = strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	case *uint64:
		*p, err = strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, 64)
	default: // *int, *int64
		var n int64
		n, err = strconv.ParseInt(text, 0, v.Type().Bits())
		v.SetInt(n)
	}
	return err == nil
}

// leadingZero says whether text is like 010: eight to Go, ten to its writer, and
// forbidden in TOML.
func leadingZero(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'
}

// plain shows a flag's argument in a message: as typed where that is one word.
func plain(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
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

// unknownKey is the error for a key that no field has.
func unknownKey(at, key string) error {
	prefix := ""
	if at != "" {
		prefix = at + ": "
	}
	keys := make([]string, len(Fields))
	for i, f := range Fields {
		keys[i] = f.Key
	}
	keys = append(keys, slices.Sorted(maps.Keys(tables))...)
	if near := nearest(key, keys); near != "" {
		return fmt.Errorf("%sunknown key %q; did you mean %q?", prefix, short(key), near)
	}
	return fmt.Errorf("%sunknown key %q; allowed: %s", prefix, short(key), strings.Join(keys[:len(Fields)], ", "))
}

// nearest returns the word at the least edit distance from the given one, or ""
// when none is near.
func nearest(word string, words []string) string {
	best, found := len(word)/3+1, ""
	if len(word) > maxShown {
		return ""
	}
	for _, w := range words {
		if d := editDistance(word, w); d <= best && (found == "" || d < best) {
			best, found = d, w
		}
		// A key written without its table.
		if _, key, ok := strings.Cut(w, "."); found == "" && ok && key == word {
			return w
		}
	}
	return found
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
