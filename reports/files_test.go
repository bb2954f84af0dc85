package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func newDir(t *testing.T) *Dir {
	t.Helper()
	d, err := CreateDir(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// names lists everything under a path, hidden files too.
func names(t *testing.T, path string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(path, func(p string, _ os.DirEntry, err error) error {
		if p != path {
			rel, _ := filepath.Rel(path, p)
			found = append(found, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCreateDir(t *testing.T) {
	base := t.TempDir()
	full := filepath.Join(base, "full")
	if err := os.MkdirAll(filepath.Join(full, "old"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, err string }{
		{filepath.Join(base, "a", "b", "c"), ""},
		{t.TempDir(), ""},
		{full, "is not empty (it holds old)"},
		{file, "not a directory"},
		{filepath.Join(file, "below"), "not a directory"},
	} {
		d, err := CreateDir(c.path)
		switch {
		case c.err == "" && (err != nil || d.Path() != c.path):
			t.Errorf("CreateDir(%s): %v", c.path, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), c.path)):
			t.Errorf("CreateDir(%s): error %v should name the path and say %q", c.path, err, c.err)
		}
	}
}

func TestWriteFile(t *testing.T) {
	d := newDir(t)
	const text = "seed = 1\n"
	err := d.WriteFile("config.toml", func(w io.Writer) error {
		if got := names(t, d.Path()); slices.Contains(got, "config.toml") {
			t.Error("the name is there before the file is whole")
		}
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, d.Path()); !slices.Equal(got, []string{"config.toml"}) {
		t.Errorf("directory holds %v", got)
	}
	info, err := os.Stat(filepath.Join(d.Path(), "config.toml"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v; want 0644", info.Mode(), err)
	}
	sum := sha256.Sum256([]byte(text))
	want := FileEntry{Name: "config.toml", Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
	if files := d.Files(); len(files) != 1 || files[0] != want {
		t.Errorf("files %v, want %v", files, want)
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	d := newDir(t)
	ours := errors.New("made up")
	err := d.WriteFile("a", func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return ours
	})
	if !errors.Is(err, ours) || !strings.Contains(err.Error(), "a") {
		t.Errorf("error %v", err)
	}
	// A writer that drops its error must not get a file with a hole either.
	d.wrap = func(io.Writer) io.Writer { return &brokenWriter{left: 2} }
	err = d.WriteFile("b", func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return nil
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("error %v, want %v", err, errBroken)
	}
	if got := names(t, d.Path()); len(got) != 0 || len(d.Files()) != 0 {
		t.Errorf("left behind: %v, %v", got, d.Files())
	}
}

// A failed replacement keeps the old file.
func TestFailedWriteKeepsTheOldFile(t *testing.T) {
	d := newDir(t)
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}
	}
	if err := d.WriteFile("a", write("old")); err != nil {
		t.Fatal(err)
	}
	d.wrap = func(io.Writer) io.Writer { return &brokenWriter{left: 1} }
	if err := d.WriteFile("a", write("new")); !errors.Is(err, errBroken) {
		t.Fatalf("error %v", err)
	}
	data, err := os.ReadFile(filepath.Join(d.Path(), "a"))
	if err != nil || string(data) != "old" {
		t.Errorf("file holds %q, %v", data, err)
	}
}

func TestDiscard(t *testing.T) {
	d := newDir(t)
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty directory is still there: %v", err)
	}
	// What was written through d goes, what others put there stays.
	d = newDir(t)
	for _, name := range []string{"a", "b"} {
		if err := d.WriteFile(name, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(d.Path(), "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, d.Path()); !slices.Equal(got, []string{"notes"}) {
		t.Errorf("left: %v, want the file of others alone", got)
	}
}

// A disk that is really full: a file system of 64 KiB.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no right to mount a tmpfs: %v: %s (TestFailedWriteLeavesNothing has the same with an injected error)", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	d, err := CreateDir(disk)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]DrawRow, 50_000)
	for i := range rows { // no two numbers alike, so that zstd cannot help
		rows[i] = DrawRow{Task: "anbn", Draw: int64(i), NormSq: 1 / float64(3*i+1), Dot: 1 / float64(7*i+2)}
	}
	if err := Draws.WriteAll(d, "c", rows); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("dataset: error %v, want no space left", err)
	}
	err = d.WriteFile("big", func(w io.Writer) error {
		_, err := w.Write(make([]byte, 100_000))
		return err
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "big") {
		t.Errorf("file: error %v, want no space left and the name", err)
	}
	if got := names(t, disk); len(got) != 0 || len(d.Files()) != 0 {
		t.Errorf("left behind: %v, %v", got, d.Files())
	}
}
