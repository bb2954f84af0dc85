package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Set gives a field the value that its flag has: a list's entries separated by
// commas, with or without brackets; text with or without quotes. The error is a
// *FieldError whose place is the flag.
func (c *Config) Set(key, text string) error {
	f := c.field(key)
	if f == nil {
		return c.unknown("", key)
	}
	return c.set(f, place{flag: "--" + f.Flag, text: plain(text)}, f.source(text))
}

var keyForm = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// assigning is the flag that takes KEY=VALUE.
const assigning = "--set"

// Assign sets a field by KEY=VALUE, as the flag --set gives it. The field may be
// named by its key or its flag, and the value is written as for its flag.
func (c *Config) Assign(assignment string) error {
	key, text, ok := strings.Cut(assignment, "=")
	key, text = strings.TrimSpace(key), strings.TrimSpace(text)
	if !ok || text == "" || !keyForm.MatchString(key) || strings.ContainsAny(text, "\r\n") {
		return fmt.Errorf("%s %q: want KEY=VALUE on one line, such as steps=5000 or task.hi=8", assigning, assignment)
	}
	f := c.Lookup(key)
	if f == nil {
		return c.unknown(assigning+": ", key)
	}
	if p := (*c.Places)[f.Key]; p.flag != "" && p.flag != assigning {
		return fmt.Errorf("%s %s: %s gives it as well: use one of them", assigning, plain(assignment), p.flag)
	}
	return c.set(f, place{flag: assigning, text: plain(key + "=" + text)}, f.source(text))
}

// source writes an argument of a command line as TOML.
func (f *Field) source(argument string) string {
	if _, ok := f.Value.(Parser); ok {
		return source(argument, reflect.TypeFor[[]string]())
	}
	if f.Words[argument] != "" {
		return literal(argument)
	}
	return source(argument, reflect.TypeOf(f.Value).Elem())
}

// set stores a value that is written as TOML, and its place, or refuses it.
func (c *Config) set(f *Field, p place, source string) error {
	if word := ""; store(source, &word) && f.Words[word] != "" {
		f = c.field(f.Words[word])
	}
	if parser, ok := f.Value.(Parser); ok {
		var items []string
		if !store(source, &items) {
			return &FieldError{Key: f.Key, Allowed: f.Rule.Allowed, place: p}
		}
		if err := parser.Parse(items); err != nil {
			return fmt.Errorf("%s: %s: %w", p, f.Key, err)
		}
		return nil
	}
	wrong := f.Rule.Allowed
	if store(source, f.Value) {
		wrong = f.Rule.wrong(f.value())
	}
	if wrong != "" {
		return &FieldError{Key: f.Key, Allowed: wrong, place: p}
	}
	// A copy: experiments made from one another share what they were made from.
	places := maps.Clone(*c.Places)
	if places == nil {
		places = Places{}
	}
	places[f.Key] = p
	*c.Places = places
	return nil
}

// MaxValues bounds the values of a range, and the points of a sweep: more are a
// slip.
const MaxValues = 10_000

// Axis reads FIELD=VALUE,VALUE,… or FIELD=FROM..TO of whole numbers. The field may
// be named by its key or its flag; each value is written as for its flag, a list in
// brackets. It returns the key and at least two values.
func (c *Config) Axis(text string) (key string, values []string, err error) {
	name, list, ok := strings.Cut(text, "=")
	if !ok {
		return "", nil, fmt.Errorf("axis %q: want FIELD=VALUE,VALUE,… or FIELD=FROM..TO", text)
	}
	name = strings.TrimSpace(name)
	f := c.Lookup(name)
	if f == nil || f.Group == "" {
		return "", nil, fmt.Errorf("axis %q: %w", text, c.unknown("", name))
	}
	if values, err = axisValues(list); err != nil {
		return "", nil, fmt.Errorf("axis %q: %w", text, err)
	}
	return f.Key, values, nil
}

func axisValues(list string) ([]string, error) {
	values, err := valueRange(list)
	if err != nil {
		return nil, err
	}
	if len(values) < 2 {
		return nil, fmt.Errorf("want at least two values, not %d", len(values))
	}
	for i, value := range values {
		if value == "" {
			return nil, fmt.Errorf("value %d is empty", i+1)
		}
		if slices.Contains(values[:i], value) {
			return nil, fmt.Errorf("value %s is listed twice", plain(value))
		}
	}
	return values, nil
}

// valueRange writes FROM..TO out; anything else is a list.
func valueRange(list string) (values []string, err error) {
	first, last, ok := strings.Cut(list, "..")
	from, errFrom := strconv.ParseInt(first, 10, 64)
	to, errTo := strconv.ParseInt(last, 10, 64)
	if !ok || errFrom != nil || errTo != nil {
		return entries(list), nil
	}
	if to < from || uint64(to)-uint64(from) >= MaxValues {
		return nil, fmt.Errorf("range %s: want FROM below TO, and at most %d values", list, MaxValues)
	}
	for i := range to - from + 1 {
		values = append(values, strconv.FormatInt(from+i, 10))
	}
	return values, nil
}
