//go:build mutation

package verify

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/verification.md")

// The oracles of the oracles: every fault, put into the program by itself, must
// be seen by the verification and by the test that claims to see it. It takes
// minutes, so it stands behind a tag:
//
//	go test -tags mutation -timeout 60m -run TestMutations -v ./bench/verify -update
//
// The program on disk is not touched: the compiler reads the broken file in its
// place (go build -overlay).
func TestMutations(t *testing.T) {
	checkBaseline(t)
	var lines []string
	for _, f := range allFaults() {
		t.Run(f.name, func(t *testing.T) { lines = append(lines, mutate(t, &f)) })
	}
	if t.Failed() {
		return
	}
	got := document(lines)
	name := filepath.Join(root, "docs", "verification.md")
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(name); err != nil || string(want) != got {
		t.Errorf("%s is not what was found; -update writes it (%v)", name, err)
	}
}

// checkBaseline: what is to fail with a fault must hold without one.
func checkBaseline(t *testing.T) {
	t.Helper()
	done := map[string]bool{}
	for _, f := range allFaults() {
		if f.test == "" || done[f.pkg+f.test] {
			continue
		}
		done[f.pkg+f.test] = true
		out, err := command("go", "test", "-vet=off", "-run", f.pattern(), "-v", "./"+f.pkg)
		if err != nil || !strings.Contains(out, "--- PASS: "+f.test) {
			t.Fatalf("%s does not hold without a fault: %v\n%s", f.test, err, out)
		}
	}
	if red, err := verifyWith(t, "", nil); err != nil || len(red) > 0 {
		t.Fatalf("the verification does not hold without a fault: %v %v", red, err)
	}
}

// pattern is the test's name for go test -run.
func (f *fault) pattern() string { return "^" + strings.ReplaceAll(f.test, "/", "$/^") + "$" }

// mutate builds the program with the fault and returns its line of the table.
func mutate(t *testing.T, f *fault) string {
	t.Helper()
	overlay := f.overlay(t)
	red, err := verifyWith(t, overlay, f.args)
	if err != nil {
		t.Fatal(err)
	}
	if len(red) == 0 {
		t.Errorf("uorobench verify %s holds", strings.Join(f.args, " "))
	}
	if f.test != "" {
		out, err := command("go", "test", "-vet=off", "-overlay", overlay, "-run", f.pattern(), "./"+f.pkg)
		if err == nil || !strings.Contains(out, "--- FAIL: "+f.test) {
			t.Errorf("%s holds: %v\n%s", f.test, err, out)
		}
	}
	t.Logf("red: %v", red)
	return fmt.Sprintf("| %s | `%s` | %s | %s |", f.name, f.file, append(red, "none")[0], f.named())
}

// overlay writes the broken file and the overlay that puts it in place.
func (f *fault) overlay(t *testing.T) string {
	t.Helper()
	text, n, err := f.broken()
	if err != nil || n != 1 {
		t.Fatalf("the fault's text stands %d times in %s (%v)", n, f.file, err)
	}
	place, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(f.file)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	broken, overlay := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	data, err := json.Marshal(map[string]map[string]string{"Replace": {place: broken}})
	if err = errors.Join(err, os.WriteFile(broken, []byte(text), 0o644), os.WriteFile(overlay, data, 0o644)); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// verifyWith builds the command with an overlay ("" for none) and returns the
// checks that fail. A program that does not build is an error, and so is an exit
// status that does not fit the table.
func verifyWith(t *testing.T, overlay string, args []string) (red []string, err error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "uorobench")
	build := []string{"build", "-o", program}
	if overlay != "" {
		build = append(build, "-overlay", overlay)
	}
	if out, err := command("go", append(build, "./cmd/uorobench")...); err != nil {
		return nil, fmt.Errorf("the program does not build: %w\n%s", err, out)
	}
	out, err := command(program, append([]string{"verify", "--format", "csv"}, args...)...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, fmt.Errorf("uorobench verify: %w\n%s", err, out)
	}
	rows, csvErr := csv.NewReader(strings.NewReader(out)).ReadAll()
	if csvErr != nil {
		return nil, csvErr
	}
	for _, row := range rows {
		if row[10] == "FAIL" && !slices.Contains(red, row[0]) {
			red = append(red, row[0])
		}
	}
	if (err != nil) != (len(red) > 0) {
		return nil, fmt.Errorf("uorobench verify: %w, and its table has the failures %v", err, red)
	}
	return red, nil
}

// command runs a program in the module's folder and returns its standard output.
func command(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil && stdout.Len() == 0 {
		return stderr.String(), err
	}
	return stdout.String(), err
}

const head = `# Verification

` + "`uorobench verify`" + ` checks the program that you have built, on your machine, before you trust a figure of it: every estimator, covariate,
guard, convention and noise law on small networks of every cell, each against an oracle that shares no code with it. Nothing is left to chance:
means and variances are taken over all patterns of the noise, so a failure is a fault and not bad luck. It takes a minute and a half of one core.
The exit status is 1 if anything fails; ` + "`--cell`, `--estimator`, `--check`" + ` narrow it, ` + "`--cases`" + ` shows a line per case, ` + "`--format csv`" + ` tells what
was skipped and why.

` + "`uorobench verify RUNDIR`" + ` checks a finished run: the files against the manifest's digests, exact_norm_sq against backpropagation on the trajectory
made again from the kept weights and sequence, the summary against the rows of steps, and those against the rows of draws, where they were kept.
Where the draws are few enough they are made again, one by one, and every column (errors, intervals and tests too) is formed from them by two passes; the
report is written again and compared byte for byte. Larger runs are held by the relations among their columns.

` + "`uorobench verify TRAININGDIR`" + ` checks a training: its files, report, curves, trainings, goals and weights; a small one is done again by a dense trainer.

` + "`uorobench verify SWEEPDIR`" + ` checks every point of a sweep so, in order, a line each, and then the sweep itself: its files against the digests in sweep.json; the list
of points against the axes and the experiment, with no run missing, unfinished, of another configuration or too many; and summary.md, written again from the
points' summary.parquet and compared byte for byte. The figure is drawn again; where another version draws it otherwise, its digest vouches for it.

## The checks

| check | against | what is compared | tolerance |
|---|---|---|---|
`

const middle = `
The Gaussian law is enumerated by the three-point Gauss–Hermite rule (values −√3, 0, √3 with weights ⅙, ⅔, ⅙). It has the normal law's moments up to
the fifth, so means, variances at deterministic ρ and κ = 3 are exactly the normal law's.

## Can the checks see a fault?

An oracle that never failed may be blind. Each line is a slip put into the program on purpose (the compiler reads a broken copy of one file), the
first check of ` + "`uorobench verify`" + ` that turns red, and the test that fails too. Written by

` + "```sh" + `
go test -tags mutation -timeout 60m -run TestMutations ./bench/verify -update
` + "```" + `

| fault | in | first check that fails | test that fails |
|---|---|---|---|
`

// document is docs/verification.md.
func document(lines []string) string {
	return head + checkTable() + middle + strings.Join(lines, "\n") + "\n"
}
