package reports

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// column is one column of a dataset, as the tags of a row type tell it.
type column struct {
	name, unit, doc string
	kind            reflect.Kind // of the value; the pointer is taken off
	nullable        bool
	pointer         bool
	index           []int // for reflect.Value.FieldByIndex
}

// columnsOf lists the columns of a row type in order; the fields of embedded
// structs stand in their place. It panics where a field has no name: row types
// are part of this package.
func columnsOf(t reflect.Type) []column {
	var columns []column
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			columns = append(columns, nested(i, columnsOf(f.Type))...)
			continue
		}
		columns = append(columns, columnOf(f))
	}
	return columns
}

// nested puts columns of an embedded struct under field i.
func nested(i int, columns []column) []column {
	for c := range columns {
		columns[c].index = append([]int{i}, columns[c].index...)
	}
	return columns
}

func columnOf(f reflect.StructField) column {
	name, options, _ := strings.Cut(f.Tag.Get("parquet"), ",")
	if name == "" {
		panic("reports: row field " + f.Name + " has no column name")
	}
	c := column{name: name, unit: f.Tag.Get("unit"), doc: f.Tag.Get("doc"), kind: f.Type.Kind(), index: f.Index}
	if c.kind == reflect.Pointer {
		c.kind, c.pointer = f.Type.Elem().Kind(), true
	}
	c.nullable = c.pointer || strings.Contains(options, "optional")
	return c
}

// value returns the cell of a row. It is not valid where the cell is NULL: a
// nil pointer, or the zero value of an optional string.
func (c *column) value(row reflect.Value) reflect.Value {
	v := row.FieldByIndex(c.index)
	if c.pointer {
		return v.Elem() // the zero Value for nil
	}
	if c.nullable && v.IsZero() {
		return reflect.Value{}
	}
	return v
}

// notFinite is the error of a row that must not be written.
type notFinite struct {
	dataset, column string
	row             int64 // 0-based, in the dataset
	value           float64
}

func (e *notFinite) Error() string {
	return fmt.Sprintf("dataset %s, row %d: column %s is %v; a number must be finite, and a figure that does not exist must be NULL",
		e.dataset, e.row, e.column, e.value)
}

// floatColumns keeps the columns that could hold a NaN.
func floatColumns(columns []column) []column {
	var floats []column
	for _, c := range columns {
		if c.kind == reflect.Float64 || c.kind == reflect.Float32 {
			floats = append(floats, c)
		}
	}
	return floats
}

// checkFinite returns a *notFinite for the first NaN or infinity in rows; first
// is the number of rows[0] in the dataset.
func checkFinite[T any](dataset string, floats []column, rows []T, first int64) error {
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for c := range floats {
			v := floats[c].value(row)
			if v.IsValid() && !finite(v.Float()) {
				return &notFinite{dataset, floats[c].name, first + int64(i), v.Float()}
			}
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Optional is a figure as a nullable column: nil where ok is false.
func Optional[V int32 | int64 | float64](value V, ok bool) *V {
	if !ok {
		return nil
	}
	return &value
}
