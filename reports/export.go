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

// exportRow is a row of summary, total or steps with the columns of all.
type exportRow struct {
	Key
	Step   *int32 `parquet:"step"`
	NSteps *int32 `parquet:"n_steps"`
	Figures
	Derived
}

// datasetRow is a row of CSV.
type datasetRow struct {
	Dataset string `parquet:"dataset"`
	exportRow
}

// summaryExport and stepExport are the rows of JSON.
type summaryExport struct {
	SummaryRow
	Derived
}

type stepExport struct {
	StepRow
	Derived
}

// exportedSummary and exportedSteps add the derived figures to the rows.
func (r Report) exportedSummary() []summaryExport {
	rows := make(map[Key][]subject)
	for i := range r.Summary {
		s := &r.Summary[i]
		rows[network(s.Key)] = append(rows[network(s.Key)], subject{s.Key, &s.Figures})
	}
	out := make([]summaryExport, len(r.Summary))
	for i := range r.Summary {
		s := &r.Summary[i]
		out[i] = summaryExport{*s, derive(subject{s.Key, &s.Figures}, rows[network(s.Key)])}
	}
	return out
}

func (r Report) exportedSteps() []stepExport {
	type place struct {
		network Key
		step    int32
	}
	rows := make(map[place][]subject)
	for i := range r.Steps {
		s := &r.Steps[i]
		at := place{network(s.Key), s.Step}
		rows[at] = append(rows[at], subject{s.Key, &s.Figures})
	}
	out := make([]stepExport, len(r.Steps))
	for i := range r.Steps {
		s := &r.Steps[i]
		out[i] = stepExport{*s, derive(subject{s.Key, &s.Figures}, rows[place{network(s.Key), s.Step}])}
	}
	return out
}

// exported is the pooled rows, those of the sums and then the step rows. What is
// derived is of an estimate of one step, so the sums have nothing of it.
func (r Report) exported() []datasetRow {
	var rows []datasetRow
	for _, s := range r.exportedSummary() {
		rows = append(rows, datasetRow{Summary.name, exportRow{Key: s.Key, NSteps: &s.NSteps, Figures: s.Figures, Derived: s.Derived}})
	}
	for i := range r.Total {
		s := &r.Total[i]
		rows = append(rows, datasetRow{Totals.name, exportRow{Key: s.Key, NSteps: &s.NSteps, Figures: s.Figures}})
	}
	for _, s := range r.exportedSteps() {
		rows = append(rows, datasetRow{Steps.name, exportRow{Key: s.Key, Step: &s.Step, Figures: s.Figures, Derived: s.Derived}})
	}
	return rows
}

func (r Report) writeCSV(w io.Writer) error { return writeCSV(w, r.exported()) }

// writeCSV writes rows under the names of their columns.
func writeCSV[T any](w io.Writer, rows []T) error {
	columns := columnsOf(reflect.TypeFor[T]())
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for r := range rows {
		v := reflect.ValueOf(&rows[r]).Elem()
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
		SchemaVersion int             `json:"schema_version"`
		Summary       []orderedObject `json:"summary"`
		Total         []orderedObject `json:"total,omitempty"`
		Steps         []orderedObject `json:"steps,omitempty"`
		Lambdas       []orderedObject `json:"lambdas,omitempty"`
		BreakEven     []orderedObject `json:"break_even,omitempty"`
		Training      []orderedObject `json:"covariate_training,omitempty"`
		Network       []orderedObject `json:"network,omitempty"`
	}{SchemaVersion: SchemaVersion}
	var err error
	if report.Summary, err = objects(r.exportedSummary()); err != nil {
		return err
	}
	if report.Total, err = objects(r.Total); err != nil {
		return err
	}
	if report.Lambdas, err = objects(r.Lambdas); err != nil {
		return err
	}
	if report.Steps, err = objects(r.exportedSteps()); err != nil {
		return err
	}
	if report.BreakEven, err = objects(r.breakEvens()); err != nil {
		return err
	}
	if report.Training, err = objects(r.Training); err != nil {
		return err
	}
	if report.Network, err = objects(r.Networks); err != nil {
		return err
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
