package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

const configDigest = "0f1e2d"

func write[T any](t *testing.T, d Dataset[T], rows []T) (path string) {
	t.Helper()
	dir := newDir(t)
	if err := d.WriteAll(dir, configDigest, rows); err != nil {
		t.Fatal(err)
	}
	return dir.Path()
}

func sampleSequence() []SequenceRow {
	return []SequenceRow{{1, 2, some(int32(0))}, {2, 0, nil}, {3, 1, some(int32(2))}}
}

func sampleDraws(n int) []DrawRow {
	rows := make([]DrawRow, n)
	for i := range rows {
		rows[i] = DrawRow{Task: "anbn", Cell: "gru", Estimator: "uoro", Convention: "pre",
			Draw: int64(i / 2), Step: int32(i%2) + 1, NormSq: math.Sqrt(float64(i)), Dot: -float64(i) / 3}
		if i%3 > 0 {
			rows[i].Cosine = some(1 / float64(i))
		}
	}
	return rows
}

func sampleCoordinates() []CoordinateRow {
	return []CoordinateRow{
		{"anbn", "gru", "cv-uoro", "snap1", "trace", "pre", 8, "weight_hh_l0", 3, 4, 0.25, 0.24, some(1.5)},
		{"anbn", "gru", "rtrl", "", "", "pre", 8, "bias_hh_l0", 3, 0, -0.25, -0.25, nil},
	}
}

func TestReadBack(t *testing.T) {
	t.Run("steps", func(t *testing.T) { readBack(t, Steps, sampleSteps()) })
	t.Run("summary", func(t *testing.T) { readBack(t, Summary, sampleSummary()) })
	t.Run("coordinates", func(t *testing.T) { readBack(t, Coordinates, sampleCoordinates()) })
	t.Run("draws", func(t *testing.T) { readBack(t, Draws, sampleDraws(3000)) })
	t.Run("sequence", func(t *testing.T) { readBack(t, Sequence, sampleSequence()) })
	t.Run("no rows", func(t *testing.T) { readBack(t, Steps, nil) })
}

func readBack[T any](t *testing.T, d Dataset[T], rows []T) {
	t.Helper()
	path := t.TempDir()
	if d.Exists(path) {
		t.Error("Exists before it was written")
	}
	path = write(t, d, rows)
	got, err := d.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, rows) {
		t.Errorf("got %d rows, wrote %d; first difference at %d", len(got), len(rows), firstDifference(got, rows))
	}
	if !d.Exists(path) {
		t.Error("does not Exist after it was written")
	}
}

func firstDifference[T any](a, b []T) int {
	for i := range min(len(a), len(b)) {
		if !reflect.DeepEqual(a[i], b[i]) {
			return i
		}
	}
	return min(len(a), len(b))
}

// Any finite number comes back to the bit, in any mixture with NULL.
func TestReadBackAnyNumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) DrawRow {
			row := DrawRow{Task: rapid.String().Draw(rt, "task"), Draw: rapid.Int64().Draw(rt, "draw"),
				NormSq: rapid.Float64().Filter(finite).Draw(rt, "norm"), Dot: rapid.Float64().Filter(finite).Draw(rt, "dot")}
			if rapid.Bool().Draw(rt, "set") {
				row.Cosine = some(rapid.Float64().Filter(finite).Draw(rt, "cosine"))
			}
			return row
		}), 1, 20).Draw(rt, "rows")
		got, err := Draws.Read(write(t, Draws, rows))
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(got, rows) {
			rt.Fatalf("got %+v, want %+v", got, rows)
		}
	})
}

// The same rows give the same bytes, however they are cut into calls.
func TestSameRowsSameBytes(t *testing.T) {
	rows := sampleDraws(5000)
	bytesOf := func(batch int) []byte {
		dir := newDir(t)
		w, err := Draws.Create(dir, configDigest)
		if err != nil {
			t.Fatal(err)
		}
		for chunk := range slices.Chunk(rows, batch) {
			if err := w.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir.Path(), "draws", "part-00000.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	want := bytesOf(len(rows))
	for _, batch := range []int{1, 16, 999} {
		if !bytes.Equal(bytesOf(batch), want) {
			t.Errorf("batches of %d rows give other bytes", batch)
		}
	}
	rows[17].Dot++
	if bytes.Equal(bytesOf(len(rows)), want) {
		t.Error("other rows give the same bytes")
	}
}

func TestRotation(t *testing.T) {
	for _, c := range []struct {
		rows int
		want []int64
	}{{0, []int64{0}}, {1, []int64{1}}, {100, []int64{100}}, {101, []int64{100, 1}}, {250, []int64{100, 100, 50}}} {
		dir := newDir(t)
		w, err := Draws.Create(dir, configDigest)
		if err != nil {
			t.Fatal(err)
		}
		w.perFile = 100
		rows := sampleDraws(c.rows)
		if err := errors.Join(w.Write(rows[:c.rows/3]), w.Write(rows[c.rows/3:])); err != nil {
			t.Fatal(err)
		}
		if got := names(t, dir.Path()); slices.Contains(got, "draws") || len(dir.Files()) != 0 {
			t.Errorf("visible before Close: %v, %v", got, dir.Files())
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		checkParts(t, dir, c.want)
		got, err := Draws.Read(dir.Path())
		if err != nil || len(got) != len(rows) || firstDifference(got, rows) != len(rows) {
			t.Errorf("%d rows: read %d, %v", c.rows, len(got), err)
		}
	}
}

// checkParts compares the directory and its record with the expected rows of
// each part.
func checkParts(t *testing.T, dir *Dir, want []int64) {
	t.Helper()
	expected := []string{"draws"}
	for i, f := range dir.Files() {
		name := fmt.Sprintf("draws/part-%05d.parquet", i)
		expected = append(expected, name)
		if f.Name != name || *f.Rows != want[i] {
			t.Errorf("part %d is %s with %d rows, want %s with %d", i, f.Name, *f.Rows, name, want[i])
		}
	}
	if got := names(t, dir.Path()); len(expected) != len(want)+1 || !slices.Equal(got, expected) {
		t.Errorf("directory %v, want %d parts", got, len(want))
	}
}

// The profile, read from the file's own footer.
func TestProfile(t *testing.T) {
	n := rowsPerGroup + 1000
	path := write(t, Draws, sampleDraws(n))
	f, err := os.Open(filepath.Join(path, "draws", "part-00000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	file, err := openParquet(f)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"schema_version": "1", "config_sha256": configDigest, "dataset": "draws"} {
		if got, _ := file.Lookup(key); got != want {
			t.Errorf("metadata %s is %q, want %q", key, got, want)
		}
	}
	groups := file.Metadata().RowGroups
	if len(groups) != 2 || groups[0].NumRows != rowsPerGroup || groups[1].NumRows != 1000 {
		t.Errorf("%d row groups; want two of %d and 1000 rows", len(groups), rowsPerGroup)
	}
	for _, chunk := range groups[0].Columns {
		checkChunk(t, &chunk.MetaData)
	}
}

func checkChunk(t *testing.T, m *format.ColumnMetaData) {
	t.Helper()
	name := strings.Join(m.PathInSchema, ".")
	if m.Codec != format.Zstd {
		t.Errorf("%s: codec %v, want zstd", name, m.Codec)
	}
	if m.Type == format.ByteArray && (!slices.Contains(m.Encoding, format.RLEDictionary) || m.DictionaryPageOffset == 0) {
		t.Errorf("%s: string with encodings %v, want a dictionary", name, m.Encoding)
	}
	// Without min and max a reader cannot skip row groups.
	if (name == "draw" || name == "norm_sq") && (len(m.Statistics.MinValue) == 0 || len(m.Statistics.MaxValue) == 0) {
		t.Errorf("%s: no statistics", name)
	}
}

func TestNotFiniteIsRefused(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		dir := newDir(t)
		w, err := Steps.Create(dir, configDigest)
		if err != nil {
			t.Fatal(err)
		}
		rows := sampleSteps()
		if err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		rows[4].VarRatio = &bad
		err = w.Write(rows)
		want := fmt.Sprintf("dataset steps, row %d: column var_ratio is %v", len(rows)+4, bad)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if again := w.Write(sampleSteps()); again == nil || again.Error() != err.Error() {
			t.Errorf("a later Write: %v, want the first error", again)
		}
		if closed := w.Close(); closed == nil {
			t.Error("Close took the dataset")
		}
		if got := names(t, dir.Path()); len(got) != 0 {
			t.Errorf("left behind: %v", got)
		}
	}
}

// Every float column is watched, not only those that pointers make doubtful.
func TestEveryFloatColumnIsGuarded(t *testing.T) {
	watch := func(dataset string, columns []column, row any) {
		v := reflect.ValueOf(row).Elem()
		for _, c := range columns {
			if c.kind != reflect.Float64 {
				continue
			}
			field := v.FieldByIndex(c.index)
			old := reflect.New(field.Type()).Elem()
			old.Set(field)
			if c.pointer {
				field.Set(reflect.ValueOf(some(math.NaN())))
			} else {
				field.SetFloat(math.NaN())
			}
			var err *notFinite
			switch r := row.(type) {
			case *StepRow:
				errors.As(checkFinite(dataset, floatColumns(columns), []StepRow{*r}, 0), &err)
			case *CoordinateRow:
				errors.As(checkFinite(dataset, floatColumns(columns), []CoordinateRow{*r}, 0), &err)
			case *DrawRow:
				errors.As(checkFinite(dataset, floatColumns(columns), []DrawRow{*r}, 0), &err)
			}
			if err == nil || err.column != c.name {
				t.Errorf("%s: NaN in %s gives %v", dataset, c.name, err)
			}
			field.Set(old)
		}
	}
	watch("steps", Steps.columns(), &StepRow{})
	watch("coordinates", Coordinates.columns(), &CoordinateRow{})
	watch("draws", Draws.columns(), &DrawRow{})
}

func TestAbort(t *testing.T) {
	dir := newDir(t)
	w, err := Draws.Create(dir, configDigest)
	if err != nil {
		t.Fatal(err)
	}
	w.perFile = 10
	if err := w.Write(sampleDraws(35)); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir.Path()); len(got) != 0 || len(dir.Files()) != 0 {
		t.Errorf("left behind: %v, %v", got, dir.Files())
	}
	if w.Write(sampleDraws(1)) == nil || w.Close() == nil {
		t.Error("an aborted dataset takes rows")
	}
}

func TestAbortAfterCloseKeepsTheDataset(t *testing.T) {
	dir := newDir(t)
	w, err := Summary.Create(dir, configDigest)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(sampleSummary()), w.Close(), w.Abort()); err != nil {
		t.Fatal(err)
	}
	if _, err := Summary.Read(dir.Path()); err != nil {
		t.Error(err)
	}
	if _, err := Summary.Create(dir, configDigest); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second dataset over the first: %v", err)
	}
}

// Wherever the disk fills up, nothing is left. The limit walks through a
// dataset of several parts.
func TestFailedDatasetLeavesNothing(t *testing.T) {
	failed := 0
	for limit := 0; limit < 40_000; limit += 1111 {
		dir := newDir(t)
		left := &brokenWriter{left: limit}
		dir.wrap = func(w io.Writer) io.Writer { return &limited{w, left} }
		w, err := Draws.Create(dir, configDigest)
		if err == nil {
			w.perFile = 1000
			err = errors.Join(w.Write(sampleDraws(2500)), w.Close())
		}
		if err == nil {
			continue
		}
		failed++
		if !errors.Is(err, errBroken) {
			t.Errorf("limit %d: error %v", limit, err)
		}
		if got := names(t, dir.Path()); len(got) != 0 || len(dir.Files()) != 0 {
			t.Errorf("limit %d: left behind %v, %v", limit, got, dir.Files())
		}
	}
	if failed < 5 {
		t.Errorf("only %d limits let it fail; the test shows little", failed)
	}
}

// limited writes to w as long as the budget lasts.
type limited struct {
	w      io.Writer
	budget *brokenWriter
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.budget.Write(p)
	m, writeErr := l.w.Write(p[:n])
	return m, errors.Join(err, writeErr)
}

// Column order, types and which columns may be NULL, as parquet-go sees them,
// agree with what the guard, the CSV and the schema page take from the tags.
func TestColumnsAgreeWithParquet(t *testing.T) {
	check := func(name string, columns []column, schema *parquet.Schema) {
		fields := schema.Fields()
		if len(fields) != len(columns) {
			t.Fatalf("%s: parquet has %d columns, the tags %d", name, len(fields), len(columns))
		}
		for i, f := range fields {
			if f.Name() != columns[i].name || f.Optional() != columns[i].nullable || !f.Leaf() {
				t.Errorf("%s column %d: parquet %s (optional %t, leaf %t), tags %s (%t)",
					name, i, f.Name(), f.Optional(), f.Leaf(), columns[i].name, columns[i].nullable)
			}
		}
	}
	check("steps", Steps.columns(), parquet.SchemaOf(StepRow{}))
	check("summary", Summary.columns(), parquet.SchemaOf(SummaryRow{}))
	check("coordinates", Coordinates.columns(), parquet.SchemaOf(CoordinateRow{}))
	check("draws", Draws.columns(), parquet.SchemaOf(DrawRow{}))
	check("sequence", Sequence.columns(), parquet.SchemaOf(SequenceRow{}))
}
