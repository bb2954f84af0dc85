package reports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// readBatch is how many rows Scan hands over at a time.
const readBatch = 1024

// Exists tells whether the run directory at path holds the dataset.
func (d Dataset[T]) Exists(path string) bool {
	name := d.name
	if !d.parts {
		name = d.File(0)
	}
	_, err := os.Stat(filepath.Join(path, name))
	return err == nil
}

// Read returns all rows of the dataset in the run directory at path, in the
// order in which they were written.
func (d Dataset[T]) Read(path string) ([]T, error) {
	var all []T
	err := d.Scan(path, func(rows []T) error {
		all = append(all, rows...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Scan calls visit with batches of rows in order, and stops at its first
// error. The slice is only lent: visit must copy the rows that it keeps (what
// the rows point to may be kept).
//
// The error tells which file is missing, is no Parquet file, is cut short or
// damaged, has another schema version, or other columns.
func (d Dataset[T]) Scan(path string, visit func(rows []T) error) error {
	files, err := d.files(path)
	if err != nil {
		return err
	}
	var config string
	for i, file := range files {
		of, err := d.scanFile(file, visit)
		if err != nil {
			return err
		}
		if i > 0 && of != config {
			return fmt.Errorf("%s: comes from another run than %s (their configurations differ)", file, files[0])
		}
		config = of
	}
	return nil
}

// files lists the parts and sees that none is missing in between. (A missing
// last part cannot be seen here; the manifest knows it, see Manifest.Check.)
func (d Dataset[T]) files(path string) ([]string, error) {
	if !d.parts {
		return []string{filepath.Join(path, d.File(0))}, nil
	}
	entries, err := os.ReadDir(filepath.Join(path, d.name))
	if err != nil {
		return nil, fmt.Errorf("dataset %s: %w", d.name, err)
	}
	var files []string
	for _, e := range entries { // sorted by name
		if ok, _ := filepath.Match("part-*.parquet", e.Name()); !ok {
			continue
		}
		if want := partName(len(files)); e.Name() != want {
			return nil, fmt.Errorf("dataset %s: %s holds %s where %s should be: a part is missing or was renamed", d.name, path, e.Name(), want)
		}
		files = append(files, filepath.Join(path, d.name, e.Name()))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("dataset %s: no part-*.parquet in %s", d.name, filepath.Join(path, d.name))
	}
	return files, nil
}

// scanFile reads one file and returns the digest of the configuration in its
// metadata. parquet-go panics on some damaged files; that is turned into an
// error here, a panic of visit is not touched.
func (d Dataset[T]) scanFile(path string, visit func([]T) error) (config string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("dataset %s: %w", d.name, err)
	}
	defer f.Close() // read only: nothing can be lost
	file, err := openParquet(f)
	if err == nil {
		config, err = d.checkFile(file)
	}
	if err == nil {
		err = d.scanRows(file, visit)
	}
	var v *visitError
	if errors.As(err, &v) {
		return "", v.error
	}
	return config, wrapPath("reading", path, err)
}

// visitError marks an error that is not of the file.
type visitError struct{ error }

// openParquet reads the footer.
func openParquet(f *os.File) (file *parquet.File, err error) {
	defer recoverDamage(&err)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a folder, not a Parquet file")
	}
	if err = checkFooter(f, info.Size()); err == nil {
		file, err = parquet.OpenFile(f, info.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("not a whole Parquet file (%d bytes): %w", info.Size(), err)
	}
	return file, nil
}

// checkFooter looks at the length of the footer, which stands before the last
// four bytes. parquet-go allocates what it says, up to 4 GiB, before it looks at
// the size of the file.
func checkFooter(f io.ReaderAt, size int64) error {
	const magic = "PAR1"
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], max(0, size-8)); err != nil {
		return err
	}
	if string(tail[4:]) != magic {
		return fmt.Errorf("ends in %q, not in %q", tail[4:], magic)
	}
	if length := int64(binary.LittleEndian.Uint32(tail[:4])); length > size-8-int64(len(magic)) {
		return fmt.Errorf("its footer says to be of %d bytes", length)
	}
	return nil
}

// checkFile compares metadata and columns with what this version writes.
func (d Dataset[T]) checkFile(file *parquet.File) (config string, err error) {
	if name, ok := file.Lookup(keyDataset); !ok {
		return "", errors.New("a Parquet file, but not one of uorobench: its metadata has no dataset name")
	} else if name != d.name {
		return "", fmt.Errorf("holds the dataset %q, not %q", name, d.name)
	}
	if version, _ := file.Lookup(keySchemaVersion); version != strconv.Itoa(SchemaVersion) {
		return "", fmt.Errorf("schema version %q; this program reads version %d: use the program that wrote the run", version, SchemaVersion)
	}
	got, want := describe(file.Schema()), describe(parquet.SchemaOf(new(T)))
	for i := range max(len(got), len(want)) {
		if g, w := at(got, i), at(want, i); g != w {
			return "", fmt.Errorf("column %d is %s, should be %s", i+1, g, w)
		}
	}
	config, _ = file.Lookup(keyConfigSHA256)
	return config, nil
}

// describe names each column with its type.
func describe(s *parquet.Schema) []string {
	var columns []string
	for _, f := range s.Fields() {
		kind := "a group"
		if f.Leaf() {
			kind = f.Type().String()
		}
		columns = append(columns, fmt.Sprintf("%q (%s, nullable %t)", f.Name(), kind, f.Optional()))
	}
	return columns
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "absent"
}

// scanRows hands over the rows of all row groups.
func (d Dataset[T]) scanRows(file *parquet.File, visit func([]T) error) error {
	s := scanner[T]{dataset: d, fill: newFiller[T](), floats: floatColumns(d.columns()), visit: visit}
	for _, group := range file.RowGroups() {
		if err := s.scanGroup(group); err != nil {
			return err
		}
	}
	return checkCount(s.done, file.NumRows())
}

// scanner is the state of one scan.
type scanner[T any] struct {
	dataset Dataset[T]
	fill    *filler[T]
	floats  []column
	visit   func([]T) error
	done    int64 // rows handed over
}

func (s *scanner[T]) scanGroup(group parquet.RowGroup) error {
	rows := group.Rows()
	defer rows.Close() // read only
	buffer := make([]parquet.Row, readBatch)
	for {
		batch := make([]T, readBatch) // fresh: what visit keeps must not change
		n, err := s.readBatch(rows, buffer, batch)
		if handErr := s.hand(batch[:n]); handErr != nil {
			return handErr
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && n == 0 {
			err = io.ErrNoProgress
		}
		if err != nil {
			return fmt.Errorf("damaged after row %d: %w", s.done, err)
		}
	}
}

// readBatch fills batch and returns how many rows it got.
func (s *scanner[T]) readBatch(from parquet.Rows, buffer []parquet.Row, batch []T) (n int, err error) {
	defer recoverDamage(&err)
	n, err = from.ReadRows(buffer)
	for i := range n {
		if fillErr := s.fill.row(&batch[i], buffer[i]); fillErr != nil {
			return 0, fillErr
		}
	}
	return n, err
}

// hand passes rows on, marking an error of visit.
func (s *scanner[T]) hand(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if err := checkFinite(s.dataset.name, s.floats, rows, s.done); err != nil {
		return err
	}
	s.done += int64(len(rows))
	if err := s.visit(rows); err != nil {
		return &visitError{err}
	}
	return nil
}

func checkCount(got, want int64) error {
	if got != want {
		return fmt.Errorf("damaged: %d rows, its footer says %d", got, want)
	}
	return nil
}

// recoverDamage turns a panic of parquet-go over damaged bytes into an error.
func recoverDamage(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged: %v", p)
	}
}
