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
// the manifest. It is for one goroutine.
type Dir struct {
	path  string
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
// of two runs in one directory could not be told apart.
func CreateDir(path string) (*Dir, error) {
	switch entries, err := os.ReadDir(path); {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(path, 0o755); err != nil {
			return nil, fmt.Errorf("run directory: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("run directory %s: %w", path, err)
	case len(entries) > 0:
		return nil, fmt.Errorf("run directory %s is not empty (it holds %s); give a new or an empty directory",
			path, entries[0].Name())
	}
	return &Dir{path: path}, nil
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

// Discard removes the directory if nothing was written into it, so that a run
// that fails early leaves no trace. A directory with files stays.
func (d *Dir) Discard() error {
	if len(d.files) > 0 {
		return nil
	}
	entries, err := os.ReadDir(d.path)
	if err != nil || len(entries) > 0 {
		return err
	}
	return os.Remove(d.path)
}

// Unfinished is what the name of a run directory ends in after its files could not
// all be written.
const Unfinished = ".unfinished"

// SetAside takes the directory off its name: the figures in it are dear, but they
// are not the run that was asked for under that name. It is renamed, which a full
// disk allows, to its name and Unfinished, with a number where that is taken, and
// the new name is returned. A directory without files goes as with Discard, and
// the name is empty then.
func (d *Dir) SetAside() (kept string, err error) {
	if len(d.files) == 0 {
		return "", d.Discard()
	}
	kept = filepath.Clean(d.path) + Unfinished
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); errors.Is(err, os.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s%s-%d", filepath.Clean(d.path), Unfinished, n)
	}
	if err := os.Rename(d.path, kept); err != nil {
		return d.path, fmt.Errorf("unfinished run directory: %w", err)
	}
	d.path, d.files = kept, nil
	return kept, syncDir(filepath.Dir(kept))
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
