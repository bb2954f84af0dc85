package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/estimators"
)

func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"train", "--help"}, {"report", "--help"}, {"compare", "--help"}, {"estimators", "--help"}} {
		status, stdout, stderr := call(t, args...)
		if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: uorobench ") {
			t.Errorf("%v: status %d, stderr %q, stdout\n%s", args, status, stderr, stdout)
		}
		checkWidth(t, stdout, 80)
	}
}

func checkWidth(t *testing.T, text string, most int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := columns(strings.TrimSuffix(line, "\n")); n > most {
			t.Errorf("%d columns, at most %d:\n%s", n, most, line)
		}
	}
}

// Every field of an experiment has its flag, with its default, under its
// heading.
func TestHelpShowsEveryField(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	_, help, _ := call(t, "run", "--help")
	for _, f := range bench.Default().Fields().Fields {
		if f.Group == "" {
			continue
		}
		at := strings.Index(help, "\n"+f.Group+":\n")
		if at < 0 || !strings.Contains(help[at:], "--"+f.Flag+"="+placeholder(f)+" ") {
			t.Errorf("no --%s=%s under %q in\n%s", f.Flag, placeholder(f), f.Group, help)
		}
	}
	for _, heading := range []string{groupOutput, groupProfile} {
		if !strings.Contains(help, "\n"+heading+":\n") {
			t.Errorf("no heading %q", heading)
		}
	}
}

func TestEstimatorsListsAll(t *testing.T) {
	status, stdout, stderr := call(t, "estimators")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	flat := strings.Join(strings.Fields(stdout), " ")
	wants := func(texts ...string) {
		for _, text := range texts {
			if !strings.Contains(flat, strings.Join(strings.Fields(text), " ")) {
				t.Errorf("the list lacks %q", text)
			}
		}
	}
	for _, s := range estimators.All {
		wants(s.Name, s.Formula, s.Citation, s.Bias)
	}
	for _, c := range estimators.Covariates {
		wants(c.Name, c.Formula, c.Citation)
	}
	for _, s := range estimators.Scopes {
		if scopeMeanings[s] == "" {
			t.Errorf("scope %q has no meaning in the list", s)
		}
	}
	checkWidth(t, stdout, 100)
}

// The list's cost is what the constructor counts: for UORO on a GRU with 3
// inputs and 32 units, S² + 4P = 1024 + 4·3552 multiply-adds, ĝ among them, and a few
// short vectors (see the estimator's own account).
func TestEstimatorsCost(t *testing.T) {
	cost, err := costOf(memberOf(estimators.All[1]), shownCell)
	if err != nil {
		t.Fatal(err)
	}
	if least := int64(32*32 + 4*3552); cost.PerDraw < least || cost.PerDraw > least*11/10 || cost.Numbers != 32+3552 {
		t.Errorf("uoro: %+v, want a little over %d per draw and %d numbers", cost, least, 32+3552)
	}
}

func TestVersion(t *testing.T) {
	status, stdout, _ := call(t, "version")
	if !regexp.MustCompile(`^uorobench \S+, revision \S+( \(modified\))?, go1\.\S+, \w+/\w+\n$`).MatchString(stdout) || status != 0 {
		t.Errorf("status %d, %q", status, stdout)
	}
}

func TestOneLine(t *testing.T) {
	err := errors.Join(errors.New("first"), fmt.Errorf("second: %w", errors.New("cause\r\nof it")))
	if got, want := oneLine(err), "first; second: cause; of it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The commands that the README shows are understood as they stand there, and
// their experiments can be run.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.Open(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer readme.Close()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("my.toml", []byte("hidden = 32\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(readme); lines.Scan(); {
		if args, ok := readmeCommand(lines.Text()); ok {
			seen++
			checkRunnable(t, args)
		}
	}
	if seen < 2 {
		t.Errorf("found %d commands in the README", seen)
	}
}

// readmeCommand returns the arguments of a line that calls the program.
func readmeCommand(line string) ([]string, bool) {
	line, _, _ = strings.Cut(line, " #")
	for _, call := range []string{"uorobench ", "go run ./cmd/uorobench "} {
		if args, ok := strings.CutPrefix(line, call); ok {
			return strings.Fields(args), true
		}
	}
	return nil, false
}

func checkRunnable(t *testing.T, args []string) {
	t.Helper()
	chosen, err := parse(args, output{os.Stdout, os.Stderr})
	if err != nil {
		t.Errorf("uorobench %s: %v", strings.Join(args, " "), err)
		return
	}
	if c, ok := chosen.(*runCommand); ok {
		if _, err := c.experiment(); err != nil {
			t.Errorf("uorobench %s: %v", strings.Join(args, " "), err)
		}
	}
}
