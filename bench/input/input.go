// Package input reads the files that an experiment names: a text, a network's
// weights, the experiment itself.
//
// A path is read once. A pipe gives its bytes once, and an experiment looks at its
// files often: when it is checked, for every cell, for every point of a sweep. All
// of them then see the same bytes, also where the file changes meanwhile, and the
// digest that stands in the manifest is of those.
package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// Files keeps what was read. The zero value is ready; a nil *Files reads and keeps
// nothing. It is safe for concurrent use.
type Files struct {
	mu   sync.Mutex
	kept []file
}

type file struct {
	path string
	data []byte
}

// Digest tells which bytes a path gave.
type Digest struct {
	Path   string `json:"path"` // as it was given
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

// Read returns the content of the file or pipe at path, of at most so many bytes,
// the one of the first call in every later call. The slice is shared: it must not
// be changed. Errors name the path; they are not kept.
func (f *Files) Read(path string, most int64) ([]byte, error) {
	if f == nil {
		return Read(path, most)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.kept {
		if k.path == path {
			return k.data, nil
		}
	}
	data, err := Read(path, most)
	if err == nil {
		f.kept = append(f.kept, file{path, data})
	}
	return data, err
}

// Digests lists what was read, ordered by path.
func (f *Files) Digests() []Digest {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Digest
	for _, k := range f.kept {
		sum := sha256.Sum256(k.data)
		all = append(all, Digest{k.path, int64(len(k.data)), hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(all, func(a, b Digest) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// ErrTooLarge is the error of a file that has more bytes than its reader takes.
var ErrTooLarge = errors.New("too large")

// Read reads the file or pipe at path, of at most so many bytes. The size is taken
// from what is read: a pipe has no size to ask for.
func Read(path string, most int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() && mode&os.ModeNamedPipe == 0 && !mode.IsDir() { // of a folder the system says it
		return nil, fmt.Errorf("%s is neither a regular file nor a pipe", path)
	}
	data, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: %w (allowed: %d bytes)", path, ErrTooLarge, most)
	}
	return data, err
}

var (
	markUTF8  = []byte("\xef\xbb\xbf")
	marksWide = [][]byte{{0xff, 0xfe}, {0xfe, 0xff}}
)

// Text takes the byte order mark off a text, which editors of some systems put
// before UTF-8; it says nothing there and is no part of the text. Wider encodings,
// which it would also tell, are refused.
func Text(data []byte) ([]byte, error) {
	for _, mark := range marksWide {
		if bytes.HasPrefix(data, mark) {
			return nil, fmt.Errorf("it begins with the byte order mark % x of UTF-16: save it as UTF-8", mark)
		}
	}
	return bytes.TrimPrefix(data, markUTF8), nil
}
