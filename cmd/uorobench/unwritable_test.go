package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run whose directory fails it at the end (a folder stands where a file should
// go; a full disk does the same) ends with status 1 and one line, but its report
// is printed: draws are dear.
func TestFiguresOutliveTheDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	spoiled := make(chan error, 1)
	go func() {
		for range 5000 {
			if _, err := os.Stat(dir); err == nil {
				spoiled <- os.MkdirAll(filepath.Join(dir, "config.toml", "full"), 0o755)
				return
			}
			time.Sleep(time.Millisecond)
		}
		spoiled <- os.ErrNotExist
	}()
	status, stdout, stderr := call(t, small(dir, "--draws", "65536", "--steps", "32")...)
	if err := <-spoiled; err != nil {
		t.Fatal(err)
	}
	if status != 1 || !strings.Contains(stdout, "cv-uoro") || !strings.Contains(stderr, "config.toml") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); !os.IsNotExist(err) {
		t.Errorf("the run looks finished: %v", err)
	}
}
