// Package config reads and writes the configurations of experiments: a TOML file
// over defaults, flags over the file, KEY=VALUE over both.
//
// A kind of experiment declares its fields once, as a table of Field bound to its
// variables; all else follows from the table: what a file and a flag may say, the
// line of what is wrong, the canonical form and its hash, and the fields in which
// two configurations differ.
//
// The contract: an error is one line that says where the value stands, what was
// given and what is allowed; Encode of a configuration without errors is read as
// the same configuration; a field that is added later leaves the canonical form,
// and so the hash, of every configuration that does not use it.
package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Field is one key of a file and its flag, which mean the same.
type Field struct {
	Key   string // in a file: "draws", "task.lo"
	Flag  string // without dashes; "": the key without its table, with hyphens
	Group string // what it is about, the heading in the help text; "": there is no flag
	Help  string // one line, without the default
	// Value points to the variable: a string, int, int64, uint64, float64, a list
	// of strings, ints or float64s, or a Parser.
	Value any
	Rule  Rule
	Need  Need
	// Words are values that set another field: draws = "exhaustive" is the value
	// of noise. It maps the word to the other key.
	Words map[string]string
}

// Parser is a value that reads its entries itself. It has no flag and no place in
// the canonical form.
type Parser interface{ Parse(items []string) error }

// Need says when a field has a meaning: where another has a value, or where Met
// says so. The zero Need is met everywhere.
type Need struct {
	Key, Value string
	Met        func() bool
	Want       string // with Met: "where a covariate is trained"
}

// Config is the table of one experiment's fields.
type Config struct {
	Fields []Field // in the order of the help text
	// Canonical lists keys in the order of the canonical form, with a question mark
	// after those that are left out at their defaults. Other keys follow it, and
	// are left out at their defaults as well: the list never grows.
	Canonical string
	Tables    map[string]string // the tables of a file, each with an example of what stands in it
	Places    *Places           // where keys were set, of the experiment's; no part of its meaning
	Defaults  func() *Config    // the same table, bound to the defaults
}

// Lookup returns the field of a key or a flag, or nil.
func (c *Config) Lookup(name string) *Field {
	return c.find(func(f *Field) bool { return f.Key == name || f.Flag == name && f.Group != "" })
}

// field returns the field of a key, or nil.
func (c *Config) field(key string) *Field {
	return c.find(func(f *Field) bool { return f.Key == key })
}

func (c *Config) find(match func(*Field) bool) *Field {
	for i := range c.Fields {
		if match(&c.Fields[i]) {
			return &c.Fields[i]
		}
	}
	return nil
}

// Add appends fields of a group. A flag that is spelled as its key may be left out.
func (c *Config) Add(group string, fields ...Field) {
	for _, f := range fields {
		f.Group = group
		if f.Flag == "" {
			f.Flag = strings.ReplaceAll(bare(f.Key), "_", "-")
		}
		c.Fields = append(c.Fields, f)
	}
}

// value is what the variable holds.
func (f *Field) value() any { return reflect.ValueOf(f.Value).Elem().Interface() }

// assign copies the value of the same field of another configuration.
func (f *Field) assign(from *Field) {
	reflect.ValueOf(f.Value).Elem().Set(reflect.ValueOf(from.Value).Elem())
}

// equal compares values; a list that was never made is an empty one.
func (f *Field) equal(g *Field) bool { return literal(f.value()) == literal(g.value()) }

// CheckValues refuses a value that its rule does not allow.
func (c *Config) CheckValues() error {
	for i := range c.Fields {
		f := &c.Fields[i]
		if wrong := f.Rule.wrong(f.value()); wrong != "" {
			return Wrong(f.Key, f.value(), wrong)
		}
	}
	return nil
}

// Check is CheckValues, and refuses a value that would silently have no effect.
// What a file sets for a task that a flag then replaced is not meant any more.
func (c *Config) Check() error {
	if err := c.CheckValues(); err != nil {
		return c.Locate(err)
	}
	d := c.Defaults()
	for i := range c.Fields {
		f := &c.Fields[i]
		if n := f.Need; c.used(f) || (n.Met == nil && c.Rank(f.Key) < c.Rank(n.Key)) || f.equal(d.field(f.Key)) {
			continue
		}
		want := f.Need.Want
		if f.Need.Met == nil {
			now := quoted(c.field(f.Need.Key).value())
			want = fmt.Sprintf("with %s = %q, and %s is %s", f.Need.Key, f.Need.Value, f.Need.Key, now)
		}
		return c.Refuse("has a meaning only "+want, f.Key)
	}
	return nil
}

// used says whether the field has a meaning.
func (c *Config) used(f *Field) bool {
	if f.Need.Met != nil {
		return f.Need.Met()
	}
	return f.Need.Key == "" || c.field(f.Need.Key).value() == any(f.Need.Value)
}

// Reset gives the fields that have no meaning their defaults.
func (c *Config) Reset() {
	d := c.Defaults()
	for i := range c.Fields {
		if f := &c.Fields[i]; !c.used(f) {
			f.assign(d.field(f.Key))
		}
	}
}
