package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/estimators.md and the README's result anew")

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
	const begin, end = "<!-- result:begin -->\n", "<!-- result:end -->"
	path := filepath.Join("..", "..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := os.ReadFile(filepath.Join("..", "..", "docs", "results", "default.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md lacks the marks %q and %q", begin, end)
	}
	same(t, path, before+begin+"`go run ./cmd/uorobench run`\n\n"+firstBlocks(string(result))+"\n"+end+after)
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
