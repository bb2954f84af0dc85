package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// exportRow is a pooled or a step row with the columns of both.
type exportRow struct {
	Key
	Step   *int32 `parquet:"step"`
	NSteps *int32 `parquet:"n_steps"`
	Figures
}

// exported is the pooled rows and then the step rows.
func (r Report) exported() []exportRow {
	var rows []exportRow
	for _, s := range r.Summary {
		rows = append(rows, exportRow{Key: s.Key, NSteps: &s.NSteps, Figures: s.Figures})
	}
	for _, s := range r.Steps {
		rows = append(rows, exportRow{Key: s.Key, Step: &s.Step, Figures: s.Figures})
	}
	return rows
}

func (r Report) writeCSV(w io.Writer) error {
	columns := columnsOf(reflect.TypeFor[exportRow]())
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for _, row := range r.exported() {
		v := reflect.ValueOf(&row).Elem()
		for i := range columns {
			cells[i] = cellText(columns[i].value(v))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cellText prints every digit of a number, and nothing for NULL.
func cellText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Invalid:
		return ""
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

func (r Report) writeJSON(w io.Writer) error {
	report := struct {
		SchemaVersion int              `json:"schema_version"`
		Summary       []orderedObject  `json:"summary"`
		Steps         *[]orderedObject `json:"steps,omitempty"`
	}{SchemaVersion: SchemaVersion}
	var err error
	if report.Summary, err = objects(r.Summary); err != nil {
		return err
	}
	if len(r.Steps) > 0 {
		steps, err := objects(r.Steps)
		if err != nil {
			return err
		}
		report.Steps = &steps
	}
	return encodeJSON(w, report)
}

// orderedObject is a finished JSON object whose keys stand in column order,
// which a map would lose.
type orderedObject = json.RawMessage

// objects turns rows into JSON objects under their column names; NULL is null.
func objects[T any](rows []T) ([]orderedObject, error) {
	columns := columnsOf(reflect.TypeFor[T]())
	out := make([]orderedObject, 0, len(rows))
	for i := range rows {
		object, err := objectOf(columns, reflect.ValueOf(&rows[i]).Elem())
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		out = append(out, object)
	}
	return out, nil
}

func objectOf(columns []column, row reflect.Value) (orderedObject, error) {
	var b bytes.Buffer
	separator := "{"
	for i := range columns {
		var cell any
		if v := columns[i].value(row); v.IsValid() {
			cell = v.Interface()
		}
		text, err := json.Marshal(cell)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", columns[i].name, err)
		}
		fmt.Fprintf(&b, "%s%q:%s", separator, columns[i].name, text)
		separator = ","
	}
	b.WriteString("}")
	return b.Bytes(), nil
}
