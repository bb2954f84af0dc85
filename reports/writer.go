package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

const (
	// rowsPerGroup is the size of a row group. parquet-go would put a whole file
	// into one; readers work on row groups in parallel, and a writer holds one in
	// memory. 128 Ki is near DuckDB's own 122,880.
	rowsPerGroup = 128 << 10
	// rowsPerFile is where a dataset of parts begins the next one.
	rowsPerFile = 32 * rowsPerGroup
)

// Writer writes one dataset. Nothing appears under its final name before
// Close; Abort drops it. It is for one goroutine.
//
// A dataset of parts is written in a hidden folder that Close renames, so that
// a run that is killed leaves no folder with some of the parts. (Naming each
// part when it was full was the first design: an interrupted run then left a
// dataset that looked whole.)
type Writer[T any] struct {
	dataset  Dataset[T]
	dir      *Dir
	folder   string // where the files are made
	profile  []parquet.WriterOption
	floats   []column
	perFile  int64
	part     int   // parts finished
	rows     int64 // rows of all parts
	partRows int64
	file     *atomicFile
	out      *parquet.GenericWriter[T]
	pending  []FileEntry
	err      error // the first error; it stays
}

// Create starts the dataset in a run directory. configSHA256 goes into the
// metadata of its files. The caller must end the writer with Close or Abort;
// Abort after Close does nothing, so it can be deferred.
func (d Dataset[T]) Create(dir *Dir, configSHA256 string) (*Writer[T], error) {
	w := &Writer[T]{
		dataset: d, dir: dir, folder: dir.path, perFile: rowsPerFile,
		floats: floatColumns(d.columns()), profile: profileOf(d, configSHA256),
	}
	if _, err := os.Lstat(w.finalPath()); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("dataset %s: %s is there already", d.name, w.finalPath())
	}
	if d.parts {
		folder, err := os.MkdirTemp(dir.path, "."+d.name+".tmp-*")
		if err != nil {
			return nil, fmt.Errorf("dataset %s: %w", d.name, err)
		}
		w.folder = folder
	}
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	return w, nil
}

// profileOf holds the settings of every file. The writer's name is fixed: the
// default of parquet-go differs between builds.
func profileOf[T any](d Dataset[T], configSHA256 string) []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.SchemaOf(new(T)),
		parquet.Compression(&parquet.Zstd), // the shared codec: a new one costs megabytes of buffers
		parquet.MaxRowsPerRowGroup(rowsPerGroup),
		parquet.DataPageStatistics(true),
		parquet.CreatedBy("uorobench", strconv.Itoa(SchemaVersion), "parquet-go"),
		parquet.KeyValueMetadata(keyDataset, d.name),
		parquet.KeyValueMetadata(keySchemaVersion, strconv.Itoa(SchemaVersion)),
		parquet.KeyValueMetadata(keyConfigSHA256, configSHA256),
	}
}

// finalPath is the file or the folder that Close makes appear.
func (w *Writer[T]) finalPath() string {
	if w.dataset.parts {
		return w.dir.place(w.dataset.name)
	}
	return w.dir.place(w.dataset.File(0))
}

// begin opens the next part.
func (w *Writer[T]) begin() error {
	path := filepath.Join(w.folder, filepath.Base(w.dataset.File(w.part)))
	file, err := w.dir.create(path)
	if err != nil {
		return err
	}
	w.file, w.partRows = file, 0
	if w.out == nil {
		w.out = parquet.NewGenericWriter[T](file, w.profile...)
	} else {
		w.out.Reset(file)
	}
	return nil
}

// Write appends rows. It refuses a number that is not finite, naming column and
// row; nothing of that call is written then. After an error every later call
// fails with it.
func (w *Writer[T]) Write(rows []T) error {
	if w.err == nil {
		w.err = checkFinite(w.dataset.name, w.floats, rows, w.rows)
	}
	for len(rows) > 0 && w.err == nil {
		n := int64(len(rows))
		if w.dataset.parts {
			n = min(n, w.perFile-w.partRows)
		}
		if n == 0 {
			w.err = w.rotate()
			continue
		}
		_, w.err = w.out.Write(rows[:n])
		w.rows, w.partRows, rows = w.rows+n, w.partRows+n, rows[n:]
	}
	return w.err
}

// rotate ends a part and begins the next.
func (w *Writer[T]) rotate() error {
	if err := w.end(); err != nil {
		return err
	}
	return w.begin()
}

// end finishes the open part inside the writer's folder.
func (w *Writer[T]) end() error {
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("dataset %s: %w", w.dataset.name, err)
	}
	file := w.file
	if err := file.commit(); err != nil {
		return err
	}
	w.file = nil
	rows := w.partRows
	w.pending = append(w.pending, FileEntry{
		Name: w.dataset.File(w.part), Rows: &rows, Bytes: file.bytes, SHA256: file.digest(),
	})
	w.part++
	return nil
}

// Close finishes the dataset and lets it appear. A dataset without rows is one
// file without rows. On an error everything is dropped.
func (w *Writer[T]) Close() error {
	if w.err == nil {
		w.err = w.end()
	}
	if w.err == nil && w.dataset.parts {
		w.err = w.publish()
	}
	if w.err != nil {
		return errors.Join(w.err, w.Abort())
	}
	w.dir.files = append(w.dir.files, w.pending...)
	w.folder, w.err = "", errClosed
	return nil
}

// publish gives the folder of parts its name.
func (w *Writer[T]) publish() error {
	if err := os.Chmod(w.folder, 0o755); err != nil { // MkdirTemp gives 0700
		return err
	}
	if err := os.Rename(w.folder, w.finalPath()); err != nil {
		return fmt.Errorf("dataset %s: %w", w.dataset.name, err)
	}
	w.folder = w.finalPath()
	return syncDir(w.dir.path)
}

var errClosed = errors.New("reports: the dataset is closed")

// Abort drops the dataset. Nothing of it stays. After Close it does nothing.
func (w *Writer[T]) Abort() error {
	if w.folder == "" {
		return nil
	}
	folder := w.folder
	w.folder = ""
	if w.err == nil {
		w.err = errClosed
	}
	var err error
	if w.file != nil {
		err = w.file.abort()
	}
	if w.dataset.parts {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return err
}

// WriteAll writes a whole dataset at once.
func (d Dataset[T]) WriteAll(dir *Dir, configSHA256 string, rows []T) error {
	w, err := d.Create(dir, configSHA256)
	if err != nil {
		return err
	}
	if err := w.Write(rows); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Close()
}
