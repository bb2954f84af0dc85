package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Encode writes the configuration as TOML: the keys of Canonical, then all others,
// the tables last. Of a resolved experiment it is the canonical form, of which the
// config hash in datasets and manifests is the SHA-256.
func (c *Config) Encode() []byte {
	fields, always := c.ordered()
	defaults := c.Defaults()
	var b bytes.Buffer
	table := ""
	for i, f := range fields {
		if !always[i] && f.equal(defaults.field(f.Key)) {
			continue
		}
		in, key := split(f.Key)
		if in != table {
			fmt.Fprintf(&b, "\n[%s]\n", in)
			table = in
		}
		fmt.Fprintf(&b, "%s = %s\n", key, literal(f.value()))
	}
	return b.Bytes()
}

func split(key string) (table, name string) {
	at := strings.LastIndexByte(key, '.')
	return key[:max(at, 0)], key[at+1:]
}

// ordered returns the fields in the order of the canonical form, and which of them
// are always written.
func (c *Config) ordered() (fields []*Field, always []bool) {
	var keys []string
	optional := map[string]bool{}
	for key := range strings.FieldsSeq(c.Canonical) {
		name, maybe := strings.CutSuffix(key, "?")
		keys = append(keys, name)
		optional[name] = maybe
	}
	for _, f := range c.Fields {
		if _, listed := optional[f.Key]; !listed {
			keys, optional[f.Key] = append(keys, f.Key), true
		}
	}
	var tables []string // in the order of their first keys; "" is the top
	for _, key := range append([]string{""}, keys...) {
		if in, _ := split(key); !slices.Contains(tables, in) {
			tables = append(tables, in)
		}
	}
	for _, table := range tables {
		for _, key := range keys {
			f := c.field(key)
			if _, parsed := f.Value.(Parser); parsed {
				continue
			}
			if in, _ := split(key); in == table {
				fields, always = append(fields, f), append(always, !optional[key])
			}
		}
	}
	return fields, always
}

// Difference is a field in which two configurations differ, its values as TOML.
type Difference struct{ Key, A, B string }

// Differences compares two configurations of one kind, field by field, in the
// order of the canonical form.
func Differences(a, b *Config) []Difference {
	var out []Difference
	fields, _ := a.ordered()
	for _, f := range fields {
		if g := b.field(f.Key); !f.equal(g) {
			out = append(out, Difference{f.Key, literal(f.value()), literal(g.value())})
		}
	}
	return out
}
