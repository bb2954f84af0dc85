package config

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Encode writes the configuration as TOML: the keys of Canonical, then all others,
// the tables last. Of a resolved experiment it is the canonical form, of which the
// config hash in datasets and manifests is the SHA-256.
func (c *Config) Encode() []byte {
	always, defaults := strings.Fields(c.Canonical), c.Defaults()
	var b bytes.Buffer
	open := ""
	for _, f := range c.ordered() {
		if !slices.Contains(always, f.Key) && f.equal(defaults.field(f.Key)) {
			continue
		}
		if in := table(f.Key); in != open {
			fmt.Fprintf(&b, "\n[%s]\n", in)
			open = in
		}
		fmt.Fprintf(&b, "%s = %s\n", bare(f.Key), literal(f.value()))
	}
	return b.Bytes()
}

// table is the table of a key, "" at the top.
func table(key string) string { return key[:max(strings.LastIndexByte(key, '.'), 0)] }

// bare is a key without its table.
func bare(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// ordered returns the fields of the canonical form in its order: tables by their
// first keys, keys of no table before them.
func (c *Config) ordered() []*Field {
	keys := strings.Fields(strings.ReplaceAll(c.Canonical, "?", ""))
	var fields []*Field
	for i := range c.Fields {
		if f := &c.Fields[i]; f.Group != "" {
			fields, keys = append(fields, f), append(keys, f.Key)
		}
	}
	order, tables := map[string]int{}, map[string]int{"": -1}
	for i, key := range slices.Backward(keys) { // the first time that a key is there counts
		order[key] = i
		if in := table(key); in != "" {
			tables[in] = i
		}
	}
	slices.SortFunc(fields, func(f, g *Field) int {
		return cmp.Or(cmp.Compare(tables[table(f.Key)], tables[table(g.Key)]), cmp.Compare(order[f.Key], order[g.Key]))
	})
	return fields
}

// Difference is a field in which two configurations differ, its values as TOML.
type Difference struct{ Key, A, B string }

// Differences compares two configurations of one kind, field by field, in the
// order of the canonical form.
func Differences(a, b *Config) []Difference {
	var out []Difference
	for _, f := range a.ordered() {
		if g := b.field(f.Key); !f.equal(g) {
			out = append(out, Difference{f.Key, literal(f.value()), literal(g.value())})
		}
	}
	return out
}
