package arrays

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"uorobench/bench/input"
)

// numbered is a column of an array with several: x0, x1, … or x_0, x_1, …
var numbered = regexp.MustCompile(`^(.*?[^0-9_])_?([0-9]{1,6})$`)

// table is a CSV while it is read.
type table struct {
	names   []string // of the columns
	columns [][]float64
	lines   []int  // of each row
	whole   []bool // by column
}

// readCSV reads comma-separated numbers below a header of names. Columns NAME0, NAME1, …
// are one array [rows, n] called NAME, any other is an array [rows].
func readCSV(data []byte) ([]Array, error) {
	text, err := input.Text(data)
	if err != nil {
		return nil, err
	}
	if at := bytes.IndexByte(text, 0); at >= 0 || !utf8.Valid(text) {
		return nil, errors.New("it is none of .safetensors, .npz and .npy, and no UTF-8 text, as CSV is")
	}
	t, err := readTable(text)
	if err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	all, err := t.arrays()
	if err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	return all, nil
}

func readTable(text []byte) (*table, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	t := new(table)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if t.names == nil {
			if err := t.head(fields); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			continue
		}
		if err := t.row(fields, line); err != nil {
			return nil, err
		}
	}
	if t.names == nil {
		return nil, errors.New("the file has no header")
	}
	return t, nil
}

// maxColumns bounds the columns of a CSV, far above what a network reads.
const maxColumns = 4096

func (t *table) head(fields []string) error {
	if len(fields) > maxColumns {
		return fmt.Errorf("%d columns: want at most %d", len(fields), maxColumns)
	}
	for i, f := range fields {
		name := strings.TrimSpace(f)
		if _, err := strconv.ParseFloat(name, 64); name == "" || err == nil {
			return fmt.Errorf("column %d is called %q: want a header of names, such as x0,x1,y0,mask", i+1, name)
		}
		if slices.Contains(t.names, name) {
			return fmt.Errorf("column %s stands twice", name)
		}
		t.names, t.whole = append(t.names, name), append(t.whole, true)
	}
	t.columns = make([][]float64, len(t.names))
	return nil
}

func (t *table) row(fields []string, line int) error {
	if len(fields) != len(t.names) {
		return fmt.Errorf("line %d has %d columns, the header has %d", line, len(fields), len(t.names))
	}
	for i, f := range fields {
		v, f := math.NaN(), strings.TrimSpace(f)
		if f != "" {
			var err error
			if v, err = strconv.ParseFloat(f, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
				return fmt.Errorf("line %d, column %d (%s): %q is not a number", line, i+1, t.names[i], f)
			}
		}
		if v != math.Trunc(v) && f != "" {
			t.whole[i] = false
		}
		t.columns[i] = append(t.columns[i], v)
	}
	t.lines = append(t.lines, line)
	return nil
}

// arrays joins the numbered columns.
func (t *table) arrays() ([]Array, error) {
	var all []Array
	parts := map[string][]int{} // by stem, the column of each number; −1: not there yet
	for i, name := range t.names {
		stem, at, ok := t.stem(name)
		if !ok {
			all = append(all, Array{Name: name, Shape: []int{len(t.lines)}, Data: t.columns[i], Whole: t.whole[i], lines: t.lines, columns: []int{i + 1}})
			continue
		}
		if at >= len(t.names) {
			return nil, fmt.Errorf("column %s: there are not so many columns: want %s0, %s1, … without a gap", name, stem, stem)
		}
		if parts[stem] == nil {
			all = append(all, Array{Name: stem})
		}
		for len(parts[stem]) <= at {
			parts[stem] = append(parts[stem], -1)
		}
		if parts[stem][at] >= 0 {
			return nil, fmt.Errorf("columns %s and %s are one and the same", t.names[parts[stem][at]], name)
		}
		parts[stem][at] = i
	}
	for i := range all {
		columns := parts[all[i].Name]
		if columns == nil {
			continue
		}
		if at := slices.Index(columns, -1); at >= 0 {
			return nil, fmt.Errorf("column %s%d is missing: there are columns up to %s%d", all[i].Name, at, all[i].Name, len(columns)-1)
		}
		if slices.Contains(t.names, all[i].Name) {
			return nil, fmt.Errorf("there are a column %s and columns %s0 to %s%d", all[i].Name, all[i].Name, all[i].Name, len(columns)-1)
		}
		all[i] = t.join(all[i].Name, columns)
	}
	return all, nil
}

// stem splits the name of a numbered column.
func (t *table) stem(name string) (stem string, at int, ok bool) {
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		return "", 0, false
	}
	at, err := strconv.Atoi(m[2])
	return m[1], at, err == nil
}

func (t *table) join(name string, columns []int) Array {
	a := Array{Name: name, Shape: []int{len(t.lines), len(columns)}, Whole: true, lines: t.lines}
	a.Data = make([]float64, 0, len(t.lines)*len(columns))
	for row := range t.lines {
		for _, c := range columns {
			a.Data = append(a.Data, t.columns[c][row])
		}
	}
	for _, c := range columns {
		a.columns, a.Whole = append(a.columns, c+1), a.Whole && t.whole[c]
	}
	return a
}
