package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rooms says which rooms a room may import, in the one direction of the
// project: cmd → reports → bench → estimators, stats.
var rooms = map[string][]string{
	"cmd":        {"cmd", "reports", "bench", "estimators", "stats"},
	"reports":    {"reports", "bench", "estimators", "stats"},
	"bench":      {"bench", "estimators", "stats"},
	"estimators": {"estimators"},
	"stats":      {"stats"},
}

// owners says which rooms alone may import a package from outside.
var owners = map[string][]string{
	"github.com/alecthomas/kong":        {"cmd"},
	"github.com/vbauerster/mpb":         {"cmd"},
	"os/signal":                         {"cmd"},
	"runtime/trace":                     {"cmd"},
	"flag":                              {"cmd"},
	"github.com/parquet-go/parquet-go":  {"reports"},
	"github.com/olekukonko/tablewriter": {"reports"},
	"gonum.org/v1/plot":                 {"reports"},
	"github.com/pelletier/go-toml":      {"bench"},
	"uorobench/bench/noise":             {"bench"},
	"golang.org/x/sys/cpu":              {"estimators"},
	"gonum.org/v1/gonum/stat":           {"stats"},
	"math/rand":                         {},
	"math/rand/v2":                      {},
}

func TestImportsGoOneWay(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "uorobench/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		place := strings.TrimPrefix(fields[0], "uorobench/")
		room := strings.SplitN(place, "/", 2)[0]
		if rooms[room] == nil {
			t.Errorf("%s: no such room; the rooms are cmd, reports, bench, estimators, stats", fields[0])
			continue
		}
		seen[room] = true
		for _, imported := range fields[1:] {
			checkImport(t, place, room, imported)
		}
	}
	if len(seen) != len(rooms) {
		t.Errorf("saw only the rooms %v", seen)
	}
}

func checkImport(t *testing.T, place, room, imported string) {
	if path, ok := strings.CutPrefix(imported, "uorobench/"); ok && !among(rooms[room], path) {
		t.Errorf("%s imports %s: against the direction", place, imported)
	}
	for path, allowed := range owners {
		if (imported == path || strings.HasPrefix(imported, path+"/")) && !among(allowed, place) {
			t.Errorf("%s imports %s, which only %v may", place, imported, allowed)
		}
	}
}

// among says whether path is one of the folders or lies in one.
func among(folders []string, path string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}

// Files stay readable in one go. Generated assembly and its data are not Go.
func TestFilesStayShort(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if n := bytes.Count(text, []byte("\n")); n > 400 && !bytes.HasPrefix(text, []byte("// Code generated")) {
			t.Errorf("%s has %d lines, at most 400 are allowed", path, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
