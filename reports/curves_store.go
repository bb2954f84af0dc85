package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"uorobench/bench/training"
)

// checkpointFolder holds the checkpoints of a training directory until it is
// finished.
const checkpointFolder = "checkpoints"

// CheckpointStore keeps the checkpoints of a training in a folder, one file per
// method and seed. It implements training.Store. Nothing of it is in the
// manifest: a finished training directory has none.
type CheckpointStore struct{ folder string }

// Load returns the checkpoint of a run, nil where there is none.
func (s CheckpointStore) Load(_ int, c training.Config) ([]byte, error) {
	data, err := os.ReadFile(s.file(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Save replaces the checkpoint of a run; the old one stays until the new one is
// whole and on the disk.
func (s CheckpointStore) Save(_ int, c training.Config, checkpoint []byte) error {
	f, err := createAtomic(s.file(c))
	if err != nil {
		return err
	}
	if _, err := f.Write(checkpoint); err != nil {
		return errors.Join(err, f.abort())
	}
	return f.commit()
}

func (s CheckpointStore) file(c training.Config) string {
	return filepath.Join(s.folder, fmt.Sprintf("%s-%d.ckpt", methodInFile(c.Method), c.Seed))
}

// methodInFile is a method's name without slashes.
func methodInFile(method string) string { return strings.ReplaceAll(method, "/", "-") }
