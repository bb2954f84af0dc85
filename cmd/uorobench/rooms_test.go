package main

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
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
	eachFile(t, func(path string, text []byte) {
		if n := bytes.Count(text, []byte("\n")); n > 600 && !bytes.HasPrefix(text, []byte("// Code generated")) {
			t.Errorf("%s has %d lines, at most 600 are allowed", path, n)
		}
	})
}

// size is what a type may have.
type size struct{ methods, files int }

// A type that one can keep in mind has few methods, and they are in few files.
var typeLimit = size{20, 3}

// larger are the types that are over the limit, with what they may have until they
// are divided. The list only shrinks.
var larger = map[string]size{
	"bench.Experiment":       {38, 10},
	"bench/task.Sequence":    {7, 4},
	"bench/verify.sample":    {18, 4},
	"bench/config.Config":    {19, 5},
	"bench/noise.Stream":     {4, 4},
	"bench/task.ANBN":        {9, 4},
	"bench/training.Trainer": {21, 5},

	"bench/verify.replay": {19, 4},
	"bench/verify.row":    {21, 4},

	"estimators.Engine":          {31, 4},
	"estimators.Plan":            {44, 8},
	"estimators.linearWeights":   {8, 4},
	"estimators/cell.Layout":     {17, 4},
	"estimators/kernel/asm.isa":  {22, 6},
	"estimators/oracle.Textbook": {5, 4},

	"reports.Figures":       {5, 5},
	"reports.Report":        {20, 10},
	"reports.SweepManifest": {17, 4},
	"reports.block":         {30, 12},
	"reports.runRows":       {39, 6},
	"reports.RunWriter":     {20, 4},
	"reports.sweepBlock":    {22, 4},

	"stats.Errors":  {22, 7},
	"stats.Moments": {15, 4},
}

func TestTypesStaySmall(t *testing.T) {
	methods := map[string]map[string]int{} // by type, then by file
	eachFile(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		folder, _ := filepath.Rel(filepath.Join("..", ".."), filepath.Dir(path))
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				name := filepath.ToSlash(folder) + "." + receiver(f.Recv.List[0].Type)
				if methods[name] == nil {
					methods[name] = map[string]int{}
				}
				methods[name][path]++
			}
		}
	})
	for name, files := range methods {
		is := size{0, len(files)}
		for _, n := range files {
			is.methods += n
		}
		checkSize(t, name, is)
	}
	for name := range larger {
		if methods[name] == nil {
			t.Errorf("there is no type %s; take it off the list", name)
		}
	}
	if len(methods) < 100 {
		t.Errorf("saw %d types with methods", len(methods))
	}
}

// checkSize wants a type within the limit, or on the list for as long as it is over it.
func checkSize(t *testing.T, name string, is size) {
	t.Helper()
	allowed, listed := larger[name]
	if !listed {
		allowed = typeLimit
	}
	switch {
	case is.methods > allowed.methods || is.files > allowed.files:
		t.Errorf("%s has %d methods in %d files, allowed are %d in %d: divide it", name, is.methods, is.files, allowed.methods, allowed.files)
	case listed && is.methods <= typeLimit.methods && is.files <= typeLimit.files:
		t.Errorf("%s has %d methods in %d files: take it off the list of larger types", name, is.methods, is.files)
	}
}

// receiver is the name of a method's type.
func receiver(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// eachFile reads every Go file of the module.
func eachFile(t *testing.T, see func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		see(path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
