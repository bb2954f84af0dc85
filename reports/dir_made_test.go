package reports

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeEmpty(t *testing.T, d *Dir, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(d.place(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := d.WriteFile(name, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// A directory that was there before is emptied of what was written and stays; so
// does a link to one. Directories that were made go, with the parents that were
// made for them.
func TestDiscardRemovesWhatItMade(t *testing.T) {
	base := t.TempDir()
	pre, link, deep := filepath.Join(base, "pre"), filepath.Join(base, "link"), filepath.Join(base, "a", "b", "c")
	if err := errors.Join(os.Mkdir(pre, 0o755), os.Symlink("pre", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pre, link, deep} {
		d, err := CreateDir(path)
		if err != nil {
			t.Fatal(err)
		}
		writeEmpty(t, d, "config.toml", "steps/part-00000.parquet")
		if err := errors.Join(d.Mark("mark", "x"), d.Discard()); err != nil {
			t.Fatal(err)
		}
		if got := names(t, base); !slices.Equal(got, []string{"link", "pre"}) {
			t.Errorf("after %s: %v", path, got)
		}
	}
	t.Chdir(pre)
	d, err := CreateDir(".")
	if err != nil {
		t.Fatal(err)
	}
	writeEmpty(t, d, "config.toml")
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, base); !slices.Equal(got, []string{"link", "pre"}) {
		t.Errorf("after .: %v", got)
	}
}

// Files that are kept of an unfinished run do not take the user's directory, or the
// link to it, off its name.
func TestSetAsideInAUsersDirectory(t *testing.T) {
	base := t.TempDir()
	pre, link := filepath.Join(base, "pre"), filepath.Join(base, "link")
	if err := errors.Join(os.Mkdir(pre, 0o755), os.Symlink("pre", link)); err != nil {
		t.Fatal(err)
	}
	d, err := CreateDir(link)
	if err != nil {
		t.Fatal(err)
	}
	writeEmpty(t, d, "config.toml", "steps/part-00000.parquet", "steps/part-00001.parquet")
	kept, err := d.SetAside()
	if err != nil || kept != filepath.Join(link, "unfinished") {
		t.Errorf("kept in %q, %v", kept, err)
	}
	want := []string{"link", "pre", "pre/unfinished", "pre/unfinished/config.toml", "pre/unfinished/steps",
		"pre/unfinished/steps/part-00000.parquet", "pre/unfinished/steps/part-00001.parquet"}
	if got := names(t, base); !slices.Equal(got, want) {
		t.Errorf("there is %v, want %v", got, want)
	}
}

// A directory that was removed or renamed is made again, and one that took its
// place is left alone.
func TestRestore(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "run")
	d, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	writeEmpty(t, d, "config.toml")
	if restored, err := d.Restore(); restored || err != nil || len(d.Files()) != 1 {
		t.Errorf("untouched: restored %v, %v, %d files", restored, err, len(d.Files()))
	}
	if err := os.Rename(path, path+"-moved"); err != nil {
		t.Fatal(err)
	}
	if restored, err := d.Restore(); !restored || err != nil || d.Path() != path || len(d.Files()) != 0 {
		t.Errorf("renamed: restored %v, %v, %s, %d files", restored, err, d.Path(), len(d.Files()))
	}
	writeEmpty(t, d, "config.toml")
	if err := errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "theirs"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if restored, err := d.Restore(); !restored || err != nil || d.Path() != path+"-2" {
		t.Errorf("replaced: restored %v, %v, %s", restored, err, d.Path())
	}
}

// A directory in which nothing can be written is refused before anything else, and
// left as it is.
func TestCreateDirTriesToWrite(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(gone)
	if err := os.Remove(gone); err != nil {
		t.Skipf("the system keeps a working directory: %v", err)
	}
	if _, err := CreateDir("."); err == nil || !strings.Contains(err.Error(), "no file can be written there") {
		t.Errorf("a directory that is gone: %v", err)
	}
}
