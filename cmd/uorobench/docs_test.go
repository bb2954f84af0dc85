package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/bench/config"
	"uorobench/bench/training"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/estimators.md and the tables of other pages anew")

// docs/estimators.md is what the command prints:
//
//	go test ./cmd/uorobench -run Docs -update-docs
func TestDocsListTheEstimators(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(context.Background(), []string{"estimators"}, &out, &errs); status != statusDone {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	page := "# Estimators\n\nMade by `uorobench estimators`.\n\n```\n" + out.String() + "```\n"
	same(t, filepath.Join("..", "..", "docs", "estimators.md"), page)
}

// The README's result is docs/results/default.md, the summary.md of the default
// run. That this is still what a run gives is checked by CI, which makes one.
func TestDocsShowTheDefaultResult(t *testing.T) {
	result := read(t, filepath.Join("..", "..", "docs", "results", "default.md"))
	between(t, filepath.Join("..", "..", "README.md"), "result", "`go run ./cmd/uorobench run`\n\n"+firstBlocks(result)+"\n")
}

// The table of docs/parity.md is in docs/results/covariate-training.md, the report of
// the built-in experiment (docs/results/make.sh covariate-training):
//
//	uorobench run covariate-training
func TestDocsShowTheTrainings(t *testing.T) {
	result := read(t, filepath.Join("..", "..", "docs", "results", "covariate-training.md"))
	var tables strings.Builder
	for _, block := range strings.Split("\n"+result, "\n### ")[1:] {
		title, body, _ := strings.Cut(block, "\n")
		_, training, ok := strings.Cut(body, "\nTrained covariates: ")
		_, table, ok2 := strings.Cut(training, "\n\n")
		if !ok || !ok2 {
			t.Fatalf("no table of trained covariates for %s", title)
		}
		table, _, _ = strings.Cut(table, "\n\n")
		tables.WriteString("**" + title + "**\n\n" + table + "\n\n")
	}
	if tables.Len() == 0 {
		t.Fatal("docs/results/covariate-training.md has no network")
	}
	between(t, filepath.Join("..", "..", "docs", "parity.md"), "trained", strings.TrimSuffix(tables.String(), "\n"))
}

// The tables of docs/settings.md are the tables of fields.
func TestDocsListTheSettings(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "settings.md")
	between(t, page, "run", settingsTable(bench.Default().Fields()))
	between(t, page, "train", settingsTable(training.DefaultExperiment().Fields()))
}

func settingsTable(table *config.Config) string {
	var out strings.Builder
	out.WriteString("| key | flag | default | meaning | allowed |\n|---|---|---|---|---|\n")
	for _, f := range table.Fields {
		if f.Group == "" {
			continue
		}
		allowed := strings.TrimPrefix(f.Rule.Allowed, "must be ")
		if f.Need.Key != "" && f.Need.Key != "task.name" {
			allowed += "; only with " + f.Need.Key + " = " + f.Need.Value
		}
		fmt.Fprintf(&out, "| `%s` | `--%s` | %s | %s | %s |\n", f.Key, f.Flag, strings.ReplaceAll(f.Argument(), ",", ", "), f.Help, allowed)
	}
	return out.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// between compares what stands between two marks of a page with what should.
func between(t *testing.T, path, mark, want string) {
	t.Helper()
	begin, end := "<!-- "+mark+":begin -->\n", "<!-- "+mark+":end -->"
	page := read(t, path)
	before, rest, ok := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks %q and %q", path, begin, end)
	}
	same(t, path, before+begin+want+end+after)
}

// firstBlocks takes the table of each network out of a summary and leaves the
// rest to the file that the README links to.
func firstBlocks(summary string) string {
	var out strings.Builder
	for _, block := range strings.Split("\n"+summary, "\n### ")[1:] {
		title, body, _ := strings.Cut(block, "\n\n")
		table, _, _ := strings.Cut(body, "\n\n")
		out.WriteString("**" + title + "**\n\n" + strings.TrimRight(table, "\n") + "\n\n")
	}
	return out.String() + "All of it: [docs/results/default.md](docs/results/default.md).\n"
}

// same compares a file with what it should be, or writes it.
func same(t *testing.T, path, want string) {
	t.Helper()
	if *updateDocs {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale; write it anew with go test ./cmd/uorobench -run Docs -update-docs", path)
	}
}
