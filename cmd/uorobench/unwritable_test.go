package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uorobench/reports"
)

// A run whose directory fails it at the end (a folder stands where a file should
// go; a full disk does the same) ends with status 1 and one line, but its report
// is printed, and what was written is kept under another name: draws are dear.
func TestFiguresOutliveTheDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	spoiled := make(chan error, 1)
	go func() {
		for range 5000 {
			if _, err := os.Stat(dir); err == nil {
				spoiled <- os.MkdirAll(filepath.Join(dir, "summary.md", "full"), 0o755)
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
	if status != 1 || !strings.Contains(stdout, "cv-uoro") || !strings.Contains(stderr, "summary.md") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the run stands under its name: %v", err)
	}
	kept := dir + reports.Unfinished
	if _, err := os.Stat(filepath.Join(kept, "summary.parquet")); err != nil || !strings.Contains(stderr, kept) {
		t.Errorf("the finished files are not kept: %v, stderr %q", err, stderr)
	}
}

// A disk that is really full.
func TestRunOnAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no right to mount a tmpfs: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	dir := filepath.Join(disk, "run")
	status, stdout, stderr := call(t, small(dir)...)
	if status != 1 || !strings.Contains(stdout, "cv-uoro") || !strings.Contains(stderr, "no space left") {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the run stands under its name: %v", err)
	}
}
