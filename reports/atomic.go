package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// atomicFile is a file that gets its name only by commit. Until then it lives
// beside its place under a hidden name, so that the rename stays inside one
// file system. (The usual library for this does not sync the folder, and a
// rename that is not synced can be lost with the power.)
type atomicFile struct {
	final string
	temp  *os.File
	out   io.Writer // temp, or a wrapper of it in tests
	sum   hash.Hash
	bytes int64
	err   error // the first failed write; it stays
}

// createAtomic starts the file that will be called path. The caller must end
// it with commit or abort.
func createAtomic(path string) (*atomicFile, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", path, err)
	}
	return &atomicFile{final: path, temp: temp, out: temp, sum: sha256.New()}, nil
}

// Write implements io.Writer. After an error every later call fails too: a
// caller that drops one error cannot commit a file with a hole.
func (f *atomicFile) Write(b []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.out.Write(b)
	f.sum.Write(b[:n])
	f.bytes += int64(n)
	if err != nil {
		f.err = fmt.Errorf("writing %s: %w", f.final, err)
	}
	return n, f.err
}

// commit puts the file on the disk and gives it its name. On an error nothing
// stays behind, and what had the name before keeps it.
func (f *atomicFile) commit() error {
	err := f.err
	if err == nil {
		err = f.temp.Chmod(0o644) // CreateTemp gives 0600
	}
	if err == nil {
		err = f.temp.Sync()
	}
	if closeErr := f.temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.temp.Name(), f.final)
	}
	if err != nil {
		return errors.Join(wrapPath("writing", f.final, err), removeIfThere(f.temp.Name()))
	}
	return syncDir(filepath.Dir(f.final))
}

// abort drops the file. It may follow a failed commit.
func (f *atomicFile) abort() error {
	_ = f.temp.Close() // closed already after a failed commit; the file goes anyway
	return removeIfThere(f.temp.Name())
}

// digest is the SHA-256 of what was written, in hex.
func (f *atomicFile) digest() string { return hex.EncodeToString(f.sum.Sum(nil)) }

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return wrapPath("syncing folder", path, err)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// wrapPath adds what was done to which path, once.
func wrapPath(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
