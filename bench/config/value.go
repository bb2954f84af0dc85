package config

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// given is a value as it was written.
type given struct {
	place place
	list  bool // in brackets, or a list's entries without them
	items []item
}

// item is a scalar as it was written; quotes and escapes are taken away.
type item struct {
	text string
	kind kind
}

// kind is what an item may be read as.
type kind int

const (
	bare   kind = iota // on a command line: text or a number
	text               // in quotes
	number             // of a file
	other              // a date, a truth value, a list in a list
)

// into stores the value in a field's variable; ok is false where it is none of the
// variable's type.
func (g given) into(target any) (ok bool) {
	switch p := target.(type) {
	case *[]string:
		return listInto(p, g)
	case *[]int:
		return listInto(p, g)
	case *[]float64:
		return listInto(p, g)
	}
	return !g.list && len(g.items) == 1 && g.items[0].into(target)
}

func listInto[T any](target *[]T, g given) bool {
	values := make([]T, len(g.items))
	for i, item := range g.items {
		if !item.into(&values[i]) {
			return false
		}
	}
	if g.list {
		*target = values
	}
	return g.list
}

// into stores a scalar. A whole number is a number too, and 1e5 a whole number.
func (i item) into(target any) bool {
	if word, ok := target.(*string); ok {
		*word = i.text
		return (i.kind == bare || i.kind == text) && utf8.ValidString(i.text) // TOML can hold no other
	}
	if i.kind == text || i.kind == other || leadingZero(i.text) {
		return false
	}
	if x, ok := target.(*float64); ok {
		var err error
		*x, err = strconv.ParseFloat(strings.ReplaceAll(i.text, "_", ""), 64)
		return err == nil
	}
	n, ok := whole(i.text)
	switch v := reflect.ValueOf(target).Elem(); {
	case !ok:
		return false
	case v.CanUint():
		v.SetUint(n.Uint64())
		return n.IsUint64()
	default:
		v.SetInt(n.Int64())
		return n.IsInt64() && !v.OverflowInt(n.Int64())
	}
}

// whole reads a whole number as Go and TOML write it, 1_000 or 0xff, or as a
// decimal without a fraction, 1e5.
func whole(text string) (*big.Int, bool) {
	if n, ok := new(big.Int).SetString(text, 0); ok {
		return n, true
	}
	text = strings.ReplaceAll(text, "_", "")
	x, err := strconv.ParseFloat(text, 64)
	// The limits keep the exact number, which has no limit of its own, small.
	if err != nil || math.IsNaN(x) || math.Abs(x) > math.MaxUint64 || math.Abs(x) < 1 || len(text) > maxShown {
		return nil, false
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok || !exact.IsInt() {
		return nil, false
	}
	return exact.Num(), true
}

// leadingZero says whether text is like 010: eight to Go, ten to its writer, and
// forbidden in TOML.
func leadingZero(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'
}

// argument reads a value of a command line for a field's variable: a list with or
// without its brackets, text with or without quotes.
func argument(written string, target any) given {
	switch target.(type) {
	case *[]string, *[]int, *[]float64, Parser:
		g := given{list: true}
		for _, entry := range entries(written) {
			g.items = append(g.items, scalar(entry))
		}
		return g
	}
	return given{items: []item{scalar(written)}}
}

// entries splits a list at its commas, but for those in quotes and brackets, and
// trims the entries.
func entries(list string) []string {
	inner := strings.TrimSpace(list)
	bracketed := len(inner) > 1 && inner[0] == '[' && inner[len(inner)-1] == ']'
	if bracketed {
		inner = inner[1 : len(inner)-1]
	}
	var out []string
	quote, depth, start := byte(0), 0, 0
	for i := 0; i < len(inner); i++ {
		switch b := inner[i]; {
		case quote == '"' && b == '\\':
			i++
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case (b == '"' || b == '\'') && strings.Trim(inner[start:i], " \t[") == "":
			quote = b
		case b == '[':
			depth++
		case b == ']':
			depth--
		case b == ',' && depth <= 0:
			out = append(out, strings.TrimSpace(inner[start:i]))
			start = i + 1
		}
	}
	// As in TOML, nothing after the last comma within brackets is no entry.
	if last := strings.TrimSpace(inner[min(start, len(inner)):]); last != "" || !bracketed {
		out = append(out, last)
	}
	return out
}

// scalar takes the quotes of a TOML string away; all else is what it is.
func scalar(written string) item {
	if strings.HasPrefix(written, `"`) || strings.HasPrefix(written, "'") {
		var v struct{ V string }
		if err := toml.Unmarshal([]byte("V = "+written), &v); err == nil {
			return item{v.V, text}
		}
	}
	return item{written, bare}
}

// literal writes a value as TOML, the way of the canonical form.
func literal(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		parts := make([]string, list.Len())
		for i := range parts {
			parts[i] = literal(list.Index(i).Interface())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	line, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		panic("config: a value cannot be encoded: " + err.Error())
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(line), "v = "), "\n")
}

// quoted writes a value for a message, text in double quotes.
func quoted(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = strconv.Quote(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// Argument writes the field's value as its flag would give it.
func (f *Field) Argument() string {
	switch v := f.value().(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ",")
	default:
		return strings.NewReplacer("[", "", "]", "", " ", ",").Replace(quoted(v))
	}
}
