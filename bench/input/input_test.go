package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A pipe is read once and its bytes are there for whoever asks again.
func TestReadOnce(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer w.Close()
		io.WriteString(w, "hello pipe") //nolint:errcheck // the reader will miss it
	}()
	if _, err := os.Stat("/dev/fd/0"); err != nil {
		t.Skip("no /dev/fd")
	}
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	var files Files
	for range 3 {
		data, err := files.Read(path, 100)
		if err != nil || string(data) != "hello pipe" {
			t.Fatalf("read %q, %v", data, err)
		}
	}
	sum := sha256.Sum256([]byte("hello pipe"))
	if d := files.Digests(); len(d) != 1 || d[0] != (Digest{path, 10, hex.EncodeToString(sum[:])}) {
		t.Errorf("digests %+v", d)
	}
}

// A file that changes is to all of an experiment what it was at first.
func TestFileThatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	var files, none *Files = new(Files), nil
	for _, text := range []string{"first", "second"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := files.Read(path, 100); err != nil || string(data) != "first" {
			t.Errorf("kept: %q, %v", data, err)
		}
		if data, err := none.Read(path, 100); err != nil || string(data) != text {
			t.Errorf("not kept: %q, %v", data, err)
		}
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	if err := os.WriteFile(long, make([]byte, 11), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		long:                     "too large (allowed: 10 bytes)",
		dir:                      "is a directory",
		"/dev/null":              "neither a regular file nor a pipe",
		filepath.Join(dir, "no"): "no such file",
	} {
		if _, err := Read(path, 10); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestByteOrderMarks(t *testing.T) {
	for given, want := range map[string]string{"\xef\xbb\xbfa": "a", "a": "a", "": "", "a\xef\xbb\xbf": "a\xef\xbb\xbf"} {
		if got, err := Text([]byte(given)); err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%q: %q, %v", given, got, err)
		}
	}
	for _, given := range []string{"\xff\xfea\x00", "\xfe\xff\x00a"} {
		if _, err := Text([]byte(given)); err == nil || !strings.Contains(err.Error(), "byte order mark") {
			t.Errorf("%q: %v", given, err)
		}
	}
}
