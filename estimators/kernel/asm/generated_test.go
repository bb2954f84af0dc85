package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGenerated: the assembly that is checked in is what this program writes.
func TestGenerated(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "kernel_amd64.s")
	if out, err := exec.Command("go", "run", ".", "-out", fresh, "-pkg", "kernel").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	// The first line quotes the command, and with it the temporary path.
	if !bytes.Equal(afterFirstLine(got), afterFirstLine(want)) {
		t.Error("../kernel_amd64.s is not what the generator writes; run go generate in the parent folder")
	}
}

func afterFirstLine(b []byte) []byte {
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	return rest
}
