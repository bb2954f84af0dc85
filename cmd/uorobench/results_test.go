package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/reports"
)

// Every built-in experiment but quick has a page of its result, and the page is of
// the experiment as it is today: docs/results/make.sh writes it with the digest of
// what was measured. (The default's is compared with a run by CI.)
func TestResultsAreOfTheExperiments(t *testing.T) {
	for _, name := range bench.BuiltIn() {
		if name == "quick" || name == "default" {
			continue
		}
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", "results", name+".md"))
		if err != nil {
			t.Errorf("%v; make it by docs/results/make.sh %s", err, name)
			continue
		}
		if want := "<!-- config_sha256 " + digestOf(t, name) + " -->"; !strings.Contains(string(page), want) {
			t.Errorf("docs/results/%s.md lacks %q: the experiment has changed since; docs/results/make.sh %s", name, want, name)
		}
	}
}

// digestOf is the digest in the manifest of a run or sweep of the experiment.
func digestOf(t *testing.T, name string) string {
	t.Helper()
	e, err := bench.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Over) > 0 {
		points, err := bench.Sweep(e, e.Over)
		if err != nil {
			t.Fatal(err)
		}
		return reports.NewSweepManifest(e, e.Over, points).ConfigSHA256
	}
	resolved, err := e.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return reports.Digest(string(resolved.Encode()))
}
