package reports

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"

	"uorobench/bench"
)

// SweepRow is a pooled row of one point of a sweep.
type SweepRow struct {
	Values []string // of the axes
	Key
	NSteps int32
	Figures
	Derived
}

// SweepReport is what the tables of a sweep are made of.
type SweepReport struct {
	Name string
	Axes []SweepAxis
	Rows []SweepRow // by point, the last axis fastest
}

// Write writes the report.
//
// Table and Markdown have a block per cell and condition. In a block there is a
// table per figure: a line per estimator, a column per value of the last axis
// that is no repetition, and the exponent of the figure in that axis where it has
// three numbers or more. CSV has all pooled rows with the axes before them, JSON
// the same rows.
func (r SweepReport) Write(w io.Writer, f Format) error { return writePage(r, w, f) }

// exported are the columns of CSV and JSON behind the axes.
func (r *SweepRow) exported() exportRow {
	return exportRow{Key: r.Key, NSteps: &r.NSteps, Figures: r.Figures, Derived: r.Derived}
}

// axisColumn names an axis' column apart from those of the rows: hidden and seed
// are both.
func axisColumn(key string) string { return "axis_" + strings.ReplaceAll(key, ".", "_") }

func (r SweepReport) writeCSV(w io.Writer) error {
	columns := columnsOf(reflect.TypeFor[exportRow]())
	var header []string
	for _, a := range r.Axes {
		header = append(header, axisColumn(a.Key))
	}
	for _, c := range columns {
		header = append(header, c.name)
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range r.Rows {
		row := r.Rows[i].exported()
		cells := slices.Clone(r.Rows[i].Values)
		for c := range columns {
			cells = append(cells, cellText(columns[c].value(reflect.ValueOf(&row).Elem())))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (r SweepReport) writeJSON(w io.Writer) error {
	type point struct {
		Axes map[string]string `json:"axes"`
		Row  json.RawMessage   `json:"row"`
	}
	report := struct {
		SchemaVersion int         `json:"schema_version"`
		Axes          []SweepAxis `json:"axes"`
		Rows          []point     `json:"rows"`
	}{SchemaVersion, r.Axes, nil}
	for i := range r.Rows {
		object, err := objects([]exportRow{r.Rows[i].exported()})
		if err != nil {
			return err
		}
		axes := map[string]string{}
		for a, value := range r.Rows[i].Values {
			axes[r.Axes[a].Key] = value
		}
		report.Rows = append(report.Rows, point{axes, object[0]})
	}
	return encodeJSON(w, report)
}

// sweepBlock is the rows of one cell under one condition, the column axis aside.
type sweepBlock struct {
	title   string
	axis    int // of the columns; -1 where every axis is of repetitions
	axes    []SweepAxis
	rows    []SweepRow
	repeats int // points of a column
}

// columnAxis is the last axis that is no repetition, -1 where there is none.
func (r *SweepReport) columnAxis() int {
	for i := len(r.Axes) - 1; i >= 0; i-- {
		if !bench.Replicates(r.Axes[i].Key) {
			return i
		}
	}
	return -1
}

func (r *SweepReport) blocks() []sweepBlock {
	column := r.columnAxis()
	var blocks []sweepBlock
	for _, row := range r.Rows {
		title := r.condition(row, column)
		at := slices.IndexFunc(blocks, func(b sweepBlock) bool { return b.title == title })
		if at < 0 {
			at = len(blocks)
			blocks = append(blocks, sweepBlock{title: title, axis: column, axes: r.Axes})
		}
		blocks[at].rows = append(blocks[at].rows, row)
	}
	for i := range blocks {
		blocks[i].repeats = len(blocks[i].of(blocks[i].rows[0].Name(), blocks[i].columns()[0]))
	}
	return blocks
}

// condition names what a block's rows share: the cell, the task and the values of
// the axes that are neither repetitions nor the columns.
func (r *SweepReport) condition(row SweepRow, column int) string {
	parts := []string{row.Cell, row.Task}
	for i, a := range r.Axes {
		if i != column && a.Key != "cell" && a.Key != "task.name" && !bench.Replicates(a.Key) {
			parts = append(parts, a.Key+" "+row.Values[i])
		}
	}
	return strings.Join(parts, ", ")
}

// columns are the values of the column axis; one empty one without it. The cell
// cannot be the columns, as blocks are cut by it.
func (b *sweepBlock) columns() []string {
	if b.axis < 0 {
		return []string{""}
	}
	var present []string
	for _, value := range b.axes[b.axis].Values {
		if slices.ContainsFunc(b.rows, func(r SweepRow) bool { return r.Values[b.axis] == value }) {
			present = append(present, value)
		}
	}
	return present
}

// of lists the rows of an estimator in a column, one per repetition.
func (b *sweepBlock) of(name, column string) []SweepRow {
	var rows []SweepRow
	for _, r := range b.rows {
		if r.Name() == name && (b.axis < 0 || r.Values[b.axis] == column) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (b *sweepBlock) estimators() []string {
	var names []string
	for _, r := range b.rows {
		if !slices.Contains(names, r.Name()) {
			names = append(names, r.Name())
		}
	}
	return names
}

// base is UORO's row of the same point and cell, nil where it was not measured.
func (b *sweepBlock) base(of SweepRow) *SweepRow {
	for i, r := range b.rows {
		if r.Name() == "uoro" && slices.Equal(r.Values, of.Values) {
			return &b.rows[i]
		}
	}
	return nil
}
