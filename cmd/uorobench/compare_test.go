package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two runs that differ in their guard share trajectory and draws, two that differ
// in the seed of the noise alone share the trajectory only; a run of another seed
// has another sequence too and is refused, unless forced.
func TestCompare(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, flags := range map[string][]string{
		"code": nil, "paper": {"--guard", "paper"}, "seed": {"--seed", "7"}, "noise": {"--seed", "7", "--sequence-seed", "1"},
	} {
		if status, _, stderr := call(t, small(name, append(flags, "--quiet")...)...); status != 0 {
			t.Fatal(stderr)
		}
	}
	status, stdout, stderr := call(t, "compare", "code", "paper")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "guard 'code' and 'paper'") || !strings.Contains(stdout, "bound: draws in common") {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	status, stdout, stderr = call(t, "compare", "code", "noise")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "independent: draws of other seeds") {
		t.Errorf("status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	status, stdout, stderr = call(t, "compare", "code", "--baseline", "uoro", "--steps", "--format", "json")
	var object struct{ Rows []map[string]any }
	if err := json.Unmarshal([]byte(stdout), &object); status != 0 || stderr != "" || err != nil || len(object.Rows) == 0 || object.Rows[0]["step"] == nil {
		t.Errorf("status %d, stderr %q, %v, stdout\n%s", status, stderr, err, stdout)
	}
	status, stdout, stderr = call(t, "compare", "code", "seed", "--force")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "the trajectories differ: sequence: ") {
		t.Errorf("--force: status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	compareRefusals(t)
}

func compareRefusals(t *testing.T) {
	t.Helper()
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join("paper", "params-gru.safetensors")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"compare", 2, `uorobench: expected "<a>"`},
		{"compare code", 2, "uorobench: one run has nothing to be compared with: give a second run, or --baseline ESTIMATOR"},
		{"compare code seed", 2, "uorobench: code and seed were not measured on one trajectory: sequence: "},
		{"compare code --baseline uro", 2, `uorobench: baseline "uro" is not in code; it has `},
		{"compare code seed --match cell,hiden", 2, `uorobench: match "hiden": allowed are task, cell, hidden, seed, estimator, convention`},
		{"compare code --baseline uoro --format pdf", 2, "uorobench: --format: "},
		{"compare code empty", 1, "uorobench: empty is not a finished run directory: it has no manifest.json"},
		{"compare code paper", 1, "uorobench: open paper/params-gru.safetensors: no such file"},
	} {
		status, stdout, stderr := call(t, strings.Fields(c.args)...)
		if status != c.status || stdout != "" || !strings.HasPrefix(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("uorobench %s: status %d\nstdout %q\ngot    %swant   %s", c.args, status, stdout, stderr, c.want)
		}
	}
}
