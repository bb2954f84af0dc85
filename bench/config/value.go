package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// store reads a value of TOML's into a field's variable; ok is false where it is
// none of the variable's type.
func store(source string, target any) (ok bool) {
	var document map[string]any
	err := toml.Unmarshal([]byte("v = "+source), &document)
	return err == nil && convert(document["v"], reflect.ValueOf(target).Elem())
}

// convert sets a variable to a value as the TOML decoder gives it.
func convert(v any, to reflect.Value) bool {
	switch v := v.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return true
		}
	case float64:
		if to.Kind() == reflect.Float64 {
			to.SetFloat(v)
			return true
		}
		// 1e5 is a whole number. From 2^53 on it might be another than was written.
		return v == math.Trunc(v) && math.Abs(v) < 1<<53 && convert(int64(v), to)
	case int64:
		switch {
		case to.CanInt() && !to.OverflowInt(v):
			to.SetInt(v)
		case to.CanUint() && v >= 0:
			to.SetUint(uint64(v))
		case to.Kind() == reflect.Float64:
			to.SetFloat(float64(v))
		default:
			return false
		}
		return true
	case []any:
		if to.Kind() != reflect.Slice {
			return false
		}
		list := reflect.MakeSlice(to.Type(), len(v), len(v))
		for i := range v {
			if !convert(v[i], list.Index(i)) {
				return false
			}
		}
		to.Set(list)
		return true
	}
	return false
}

// source writes an argument of a command line as TOML, for a variable of the type:
// a list may lack its brackets, text its quotes, a number below one its zero.
func source(argument string, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		items := entries(argument)
		for i := range items {
			items[i] = source(items[i], t.Elem())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.String:
		quoted := argument != "" && strings.Contains(`"'`, argument[:1]) && store(argument, new(string))
		if !quoted && utf8.ValidString(argument) { // all else TOML cannot hold
			return literal(argument)
		}
	default:
		if number := strings.TrimLeft(argument, "+-"); strings.HasPrefix(number, ".") {
			return argument[:len(argument)-len(number)] + "0" + number
		}
	}
	return argument
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
	if last := strings.TrimSpace(inner[start:]); last != "" || !bracketed {
		out = append(out, last)
	}
	return out
}

// literal writes a value as TOML, the way of the canonical form.
func literal(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		return joined(list, literal, "[", ", ", "]")
	}
	line, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		panic("config: a value cannot be encoded: " + err.Error())
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(line), "v = "), "\n")
}

// quoted writes a value for a message, text in double quotes.
func quoted(v any) string {
	switch list := reflect.ValueOf(v); list.Kind() {
	case reflect.Slice:
		return joined(list, quoted, "[", ", ", "]")
	case reflect.String:
		return strconv.Quote(list.String())
	}
	return fmt.Sprint(v)
}

func joined(list reflect.Value, write func(any) string, left, comma, right string) string {
	parts := make([]string, list.Len())
	for i := range parts {
		parts[i] = write(list.Index(i).Interface())
	}
	return left + strings.Join(parts, comma) + right
}

// Argument writes the field's value as its flag would give it, without brackets
// and quotes where it is read the same without.
func (f *Field) Argument() string {
	v := f.value()
	plain := fmt.Sprint(v)
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		plain = joined(list, func(v any) string { return fmt.Sprint(v) }, "", ",", "")
	}
	again := reflect.New(reflect.TypeOf(v))
	full := literal(v)
	if full != "[]" && store(f.source(plain), again.Interface()) && literal(again.Elem().Interface()) == full {
		return plain
	}
	return full
}
