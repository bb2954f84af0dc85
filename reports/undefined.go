package reports

import (
	"fmt"
	"reflect"
	"strings"
)

// A figure that overflowed, or is 0/0, must not lose a run that was hours in the
// making, and must not be written either: a NaN in a column makes DuckDB leave out
// rows. So the rows of every dataset go through here between their conversion and all
// that is made of them, tables too.

// undefiner is a row that tells how many of its figures do not exist because they were
// not finite, and which.
type undefiner interface{ undefined(columns []string) }

// undefined counts the figures and names them in the warning.
func (f *Figures) undefined(columns []string) {
	f.NUndefined += int32(len(columns))
	text := fmt.Sprintf("%s: no finite number, and NULL; take another guard or smaller weights", strings.Join(columns, ", "))
	if f.Warning != "" {
		text = f.Warning + "; " + text
	}
	f.Warning = text
}

// withoutNotFinite makes every number in rows that is not finite NULL, and takes out
// the rows where it stands in a column that cannot be NULL: those of single draws and
// means, whose square overflows. rows is changed. found is the number of both.
func withoutNotFinite[T any](d Dataset[T], rows []T) (kept []T, found int64) {
	floats := floatColumns(d.columns())
	kept = rows[:0]
	for i := range rows {
		n, whole := clearNotFinite(floats, &rows[i])
		if found += n; whole {
			kept = append(kept, rows[i])
		}
	}
	return kept, found
}

// clearNotFinite is withoutNotFinite for one row; whole is false where it must go.
func clearNotFinite(floats []column, row any) (found int64, whole bool) {
	v := reflect.ValueOf(row).Elem()
	var names []string
	whole = true
	for i := range floats {
		c := &floats[i]
		x := c.value(v)
		if !x.IsValid() || finite(x.Float()) {
			continue
		}
		found++
		names = append(names, c.name)
		if c.pointer {
			v.FieldByIndex(c.index).SetZero()
		} else {
			whole = false
		}
	}
	if u, ok := row.(undefiner); ok && names != nil {
		u.undefined(names)
	}
	return found, whole
}

// finiteRows is withoutNotFinite, counted for the manifest.
func finiteRows[T any](w *RunWriter, d Dataset[T], rows []T) []T {
	kept, found := withoutNotFinite(d, rows)
	if found > 0 {
		if w.notFinite == nil {
			w.notFinite = make(map[string]int64)
		}
		w.notFinite[d.name] += found
	}
	return kept
}
