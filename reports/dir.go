package reports

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dir is a run directory that is being written. It remembers every file for
// the manifest, and what of the path it made itself: only that may be removed
// again. It is for one goroutine.
type Dir struct {
	path  string
	made  []string    // directories that were not there before, the outermost first
	info  os.FileInfo // of the directory when it was taken
	whole string      // its path from the root
	mark  string      // name of the file that says that the directory is not finished; or empty
	files []FileEntry
	// wrap stands before every file in tests that let a write fail.
	wrap func(io.Writer) io.Writer
}

// FileEntry describes one finished file of a run directory.
type FileEntry struct {
	// Name is the path inside the run directory, with forward slashes.
	Name string `json:"name"`
	// Rows is the number of rows of a dataset file, nil for other files.
	Rows *int64 `json:"rows,omitempty"`
	// Bytes is the size.
	Bytes int64 `json:"bytes"`
	// SHA256 is the digest of the content in hex.
	SHA256 string `json:"sha256"`
}

// CreateDir makes a run directory and its parents. An existing directory is
// taken if it is empty; anything else under the name is an error, because rows
// of two runs in one directory could not be told apart. That files can be written
// there is tried at once: after hours of draws it would be too late. After an
// error nothing is left that was not there before.
func CreateDir(path string) (*Dir, error) {
	d := &Dir{path: path}
	switch entries, err := os.ReadDir(path); {
	case errors.Is(err, os.ErrNotExist):
		if d.made, err = makeDirs(filepath.Clean(path)); err != nil {
			return nil, errors.Join(fmt.Errorf("run directory: %w", err), d.removeMade())
		}
	case err != nil:
		return nil, fmt.Errorf("run directory %s: %w", path, err)
	case len(entries) > 0:
		return nil, fmt.Errorf("run directory %s is not empty (it holds %s); give a new or an empty directory",
			path, entries[0].Name())
	}
	if err := d.take(); err != nil {
		return nil, errors.Join(fmt.Errorf("run directory %s: no file can be written there: %w", path, err), d.removeMade())
	}
	return d, nil
}

// take tries to write a file, and remembers which directory this is.
func (d *Dir) take() error {
	probe, err := os.CreateTemp(d.path, ".writable.tmp-*")
	if err != nil {
		return err
	}
	_, err = probe.Write([]byte{0}) // a full disk may well take the name alone
	if err = errors.Join(err, probe.Close(), os.Remove(probe.Name())); err != nil {
		return err
	}
	if d.whole, err = filepath.Abs(d.path); err != nil {
		return err
	}
	d.info, err = os.Stat(d.path)
	return err
}

// Path is the directory as it was given to CreateDir.
func (d *Dir) Path() string { return d.path }

// Files lists the finished files, ordered by name. The slice is the caller's.
func (d *Dir) Files() []FileEntry {
	files := slices.Clone(d.files)
	slices.SortFunc(files, func(a, b FileEntry) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// WriteFile writes one file that is not a dataset; name is its path inside the
// directory. If write fails, or the disk is full, nothing appears under the
// name.
func (d *Dir) WriteFile(name string, write func(io.Writer) error) error {
	return d.writeFile(name, nil, write)
}

func (d *Dir) writeFile(name string, rows *int64, write func(io.Writer) error) error {
	f, err := d.create(d.place(name))
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(wrapPath("writing", f.final, err), f.abort())
	}
	if err := f.commit(); err != nil {
		return err
	}
	d.record(name, rows, f)
	return nil
}

// place is the full path of a name inside the directory.
func (d *Dir) place(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

func (d *Dir) create(path string) (*atomicFile, error) {
	f, err := createAtomic(path)
	if err == nil && d.wrap != nil {
		f.out = d.wrap(f.out)
	}
	return f, err
}

func (d *Dir) record(name string, rows *int64, f *atomicFile) {
	d.files = append(d.files, FileEntry{Name: name, Rows: rows, Bytes: f.bytes, SHA256: f.digest()})
}
