package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"uorobench/bench/input"
)

// Library is the embedded experiments of a kind, experiments/NAME.toml.
type Library struct {
	Kind  string // for messages: "experiment"
	Files embed.FS
}

// Names lists the embedded experiments.
func (l Library) Names() (names []string) {
	entries, _ := l.Files.ReadDir("experiments") // none, where nothing is embedded
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// MaxFile bounds an experiment file: a larger one is something else.
const MaxFile = 64 << 10

// Load reads an embedded experiment by its name, or else a file, over the values
// of c: see Config.Read.
func (l Library) Load(nameOrPath string, c *Config) error {
	data, err := l.Files.ReadFile("experiments/" + nameOrPath + ".toml")
	if err != nil {
		data, err = input.Read(nameOrPath, MaxFile)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s %q: no such file, and not one of the built-in experiments %s",
			l.Kind, nameOrPath, strings.Join(l.Names(), ", "))
	case errors.Is(err, input.ErrTooLarge):
		return fmt.Errorf("%s: %w: not an experiment file", l.Kind, err)
	case err != nil:
		return fmt.Errorf("%s: %w", l.Kind, err)
	}
	return c.Read(data, nameOrPath)
}

// Read sets the keys of a TOML document, with or without a byte order mark, over
// the values of c. name is what messages call the document. Errors are one line,
// "name:7: …". Each value is checked by its rule; combinations are left to Check,
// so that flags can still replace some.
func (c *Config) Read(data []byte, name string) error {
	data, err := input.Text(data)
	if err != nil {
		return fmt.Errorf("%s:1: not valid TOML: %w", name, err)
	}
	r := reader{name: name, config: c}
	r.parser.Reset(data)
	for r.parser.NextExpression() {
		if err := r.expression(r.parser.Expression()); err != nil {
			return err
		}
	}
	// The expressions have lines, but not all of TOML's rules are kept there (a
	// key given twice, a table opened again); the ordinary decoder keeps them. It
	// comes second, as it cannot say which values a key allows.
	var all map[string]any
	if err := toml.Unmarshal(data, &all); err != nil {
		return syntaxError(name, err)
	}
	if err := r.parser.Error(); err != nil {
		return syntaxError(name, err)
	}
	return nil
}

func syntaxError(name string, err error) error {
	text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "toml: ")), " ")
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, _ := decode.Position()
		return fmt.Errorf("%s:%d: not valid TOML: %s", name, line, text)
	}
	return fmt.Errorf("%s: not valid TOML: %s", name, text)
}

// reader walks the expressions of a document, with the place of each.
type reader struct {
	name   string
	parser unstable.Parser
	config *Config
	table  []string // of the last [table]
}

func (r *reader) expression(n *unstable.Node) error {
	switch n.Kind {
	case unstable.KeyValue:
		return r.keyValue(r.table, n)
	case unstable.Table:
		r.table = keyParts(n)
		return r.entry(r.table, r.place(n.Child(), aTable), "{}")
	case unstable.ArrayTable:
		return r.entry(keyParts(n), r.place(n.Child(), "a list of tables"), "{}")
	}
	return nil // comments
}

// aTable is how a message shows a table.
const aTable = "a table"

// entry takes in a key with its value, or the head of a table.
func (r *reader) entry(parts []string, p place, source string) error {
	c, key := r.config, strings.Join(parts, ".")
	switch f := c.field(key); {
	case f != nil:
		return c.set(f, p, source)
	case c.Tables[key] == "":
		return c.unknown(p.String()+": ", key)
	case p.text != aTable:
		return &FieldError{place: p, Key: key, Allowed: fmt.Sprintf("must be a table: [%s] with %s", key, c.Tables[key])}
	}
	return nil
}

func (r *reader) place(n *unstable.Node, text string) place {
	at := r.parser.Shape(n.Raw).Start
	return place{file: r.name, line: at.Line, column: at.Column, text: text}
}

func keyParts(n *unstable.Node) []string {
	var parts []string
	for it := n.Key(); it.Next(); {
		part := string(it.Node().Data)
		if strings.Contains(part, ".") {
			part = fmt.Sprintf("%q", part) // "task.lo" = 1 is not task.lo = 1
		}
		parts = append(parts, part)
	}
	return parts
}

// keyValue takes in one key, or each key of an inline table.
func (r *reader) keyValue(table []string, n *unstable.Node) error {
	full, value := append(slices.Clone(table), keyParts(n)...), n.Value()
	source := r.source(value)
	p := r.place(n, oneLine(source))
	if value.Kind == unstable.InlineTable {
		p.text = aTable
	}
	if err := r.entry(full, p, source); err != nil || p.text != aTable {
		return err
	}
	for it := value.Children(); it.Next(); {
		if child := it.Node(); child.Kind == unstable.KeyValue {
			if err := r.keyValue(full, child); err != nil {
				return err
			}
		}
	}
	return nil
}

// source is a value as it was written, without comments.
func (r *reader) source(value *unstable.Node) string {
	if value.Kind != unstable.Array {
		return string(r.parser.Raw(value.Raw))
	}
	var items []string
	for it := value.Children(); it.Next(); {
		items = append(items, r.source(it.Node()))
	}
	return "[" + strings.Join(items, ", ") + "]"
}
