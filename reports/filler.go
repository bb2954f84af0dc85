package reports

import (
	"fmt"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// filler turns Parquet rows into rows of Go.
//
// parquet.GenericReader would do that too, but version 0.32.0 gives a pointer
// to 0 for NULL where the pointer is a field of an embedded struct: a figure
// that does not exist would be read as zero, without an error. Its writer is
// right. The tests that read all rows back found it.
type filler[T any] struct {
	columns []column
	// last is the text of the row before, by column. Most texts repeat, and then
	// need no new memory.
	last []string
}

func newFiller[T any]() *filler[T] {
	columns := columnsOf(reflect.TypeFor[T]())
	return &filler[T]{columns: columns, last: make([]string, len(columns))}
}

// row sets dst, which must be zero, from the values of all columns in order.
func (f *filler[T]) row(dst *T, values parquet.Row) error {
	if len(values) != len(f.columns) {
		return fmt.Errorf("a row of %d values for %d columns", len(values), len(f.columns))
	}
	row := reflect.ValueOf(dst).Elem()
	for i, v := range values {
		if v.Column() != i {
			return fmt.Errorf("value of column %d in place of column %d", v.Column(), i)
		}
		if !v.IsNull() {
			f.cell(i, row, v)
		}
	}
	return nil
}

func (f *filler[T]) cell(i int, row reflect.Value, v parquet.Value) {
	c := &f.columns[i]
	field := row.FieldByIndex(c.index)
	if c.pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	switch c.kind {
	case reflect.Float64:
		field.SetFloat(v.Double())
	case reflect.Int64:
		field.SetInt(v.Int64())
	case reflect.Int32:
		field.SetInt(int64(v.Int32()))
	case reflect.String:
		field.SetString(f.text(i, v.ByteArray()))
	default:
		panic("reports: row field of kind " + c.kind.String())
	}
}

// text copies b, which belongs to the reader.
func (f *filler[T]) text(i int, b []byte) string {
	if f.last[i] != string(b) { // the compiler makes no copy for a comparison
		f.last[i] = string(b)
	}
	return f.last[i]
}
