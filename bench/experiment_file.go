package bench

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"uorobench/bench/input"
)

//go:embed experiments/*.toml
var builtIn embed.FS

// BuiltIn lists the names of the embedded experiments.
func BuiltIn() []string {
	files, err := fs.Glob(builtIn, "experiments/*.toml")
	if err != nil {
		panic("bench: " + err.Error()) // the pattern is a constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".toml")
	}
	return files
}

// maxFile bounds an experiment file: a larger one is something else.
const maxFile = 64 << 10

// Load reads a built-in experiment by its name, or else a file. It is not yet
// validated as a whole.
func Load(nameOrPath string) (*Experiment, error) {
	if data, err := builtIn.ReadFile("experiments/" + nameOrPath + ".toml"); err == nil {
		return Parse(data, nameOrPath)
	}
	data, err := input.Read(nameOrPath, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("experiment %q: no such file, and not one of the built-in experiments %s",
			nameOrPath, strings.Join(BuiltIn(), ", "))
	case errors.Is(err, input.ErrTooLarge):
		return nil, fmt.Errorf("experiment: %w: not an experiment file", err)
	case err != nil:
		return nil, fmt.Errorf("experiment: %w", err)
	}
	return Parse(data, nameOrPath)
}

// Parse reads an experiment file; keys left out have the values of Default. name
// is what messages call the file. Errors are one line: "name:7: …". Combinations
// of keys are left to Validate, so that flags can still replace some.
func Parse(data []byte, name string) (*Experiment, error) {
	data, err := input.Text(data)
	if err != nil {
		return nil, fmt.Errorf("%s:1: not valid TOML: %w", name, err)
	}
	r := reader{name: name, experiment: Default()}
	r.parser.Reset(data)
	for r.parser.NextExpression() {
		if err := r.expression(r.parser.Expression()); err != nil {
			return nil, err
		}
	}
	// The expressions have lines, but not all of TOML's rules are kept there (a
	// key given twice, a table opened again); the ordinary decoder keeps them. It
	// comes second, as it cannot say which values a key allows.
	var all map[string]any
	if err := toml.Unmarshal(data, &all); err != nil {
		return nil, syntaxError(name, err)
	}
	if err := r.parser.Error(); err != nil {
		return nil, syntaxError(name, err)
	}
	return r.experiment, nil
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

// reader walks the expressions of a file, with the line of each.
type reader struct {
	name       string
	parser     unstable.Parser
	experiment *Experiment
	table      []string // of the last [table]
}

func (r *reader) expression(n *unstable.Node) error {
	switch n.Kind {
	case unstable.KeyValue:
		return r.keyValue(r.table, n)
	case unstable.Table, unstable.ArrayTable:
		return r.openTable(n)
	}
	return nil // comments
}

func (r *reader) openTable(n *unstable.Node) error {
	r.table = keyParts(n)
	line := r.line(n.Child())
	key := strings.Join(r.table, ".")
	switch f := fieldOf(key); {
	case f != nil:
		return refusal(f, place{file: r.name, line: line, text: "a table"}, f.rule.allowed)
	case tables[key] == "":
		return unknownKey(r.at(line), key)
	case n.Kind == unstable.ArrayTable:
		return r.notATable(key, line, "a list of tables")
	}
	return nil
}

func (r *reader) at(line int) string { return place{file: r.name, line: line}.String() }

func (r *reader) line(n *unstable.Node) int { return r.parser.Shape(n.Raw).Start.Line }

// tables are the tables of a file, each with an example of what stands in it.
var tables = map[string]string{
	"task":               `name = "anbn"`,
	"covariate_training": `method = "bptt"`,
}

func (r *reader) notATable(key string, line int, given string) error {
	return &FieldError{Place: r.at(line), Key: key, Given: given, Allowed: fmt.Sprintf("must be a table: [%s] with %s", key, tables[key])}
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
	full := append(append([]string(nil), table...), keyParts(n)...)
	key, value, line := strings.Join(full, "."), n.Value(), r.line(n)
	f := fieldOf(key)
	switch {
	case f != nil:
		return r.experiment.set(f, r.given(line, value))
	case key == overKey:
		return r.over(line, value)
	case tables[key] == "":
		return unknownKey(r.at(line), key)
	case value.Kind != unstable.InlineTable:
		return r.notATable(key, line, r.shown(value))
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

// given reads a value without looking at what the field wants.
func (r *reader) given(line int, value *unstable.Node) given {
	g := given{place: place{file: r.name, line: line, text: r.shown(value)}}
	kind := value.Kind
	if kind != unstable.Array {
		g.items = []string{string(value.Data)}
		g.typed = func(target any) bool { return suits(kind, target) }
		return g
	}
	list := true
	for it := value.Children(); it.Next(); {
		switch item := it.Node(); item.Kind {
		case unstable.Comment:
		case unstable.String:
			g.items = append(g.items, string(item.Data))
		default:
			list = false
		}
	}
	g.typed = func(target any) bool {
		_, ok := target.(*[]string)
		return ok && list
	}
	return g
}

// suits says whether a scalar of that kind may be a field's value. A whole
// number is a number.
func suits(kind unstable.Kind, target any) bool {
	switch target.(type) {
	case *string:
		return kind == unstable.String
	case *float64:
		return kind == unstable.Float || kind == unstable.Integer
	case *[]string:
		return false
	}
	return kind == unstable.Integer
}

// shown is a value for a message: as written, in one line.
func (r *reader) shown(value *unstable.Node) string {
	switch value.Kind {
	case unstable.InlineTable:
		return "a table"
	case unstable.Array:
		return r.shownList(value)
	case unstable.String:
		return short(fmt.Sprintf("%q", value.Data))
	}
	return short(string(value.Data))
}

func (r *reader) shownList(list *unstable.Node) string {
	var items []string
	for it := list.Children(); it.Next(); {
		if item := it.Node(); item.Kind != unstable.Comment {
			items = append(items, r.shown(item))
		}
	}
	return short("[" + strings.Join(items, ", ") + "]")
}
