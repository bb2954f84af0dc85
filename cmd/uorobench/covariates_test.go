package main

import (
	"path/filepath"
	"strings"
	"testing"

	"uorobench/reports"
)

// Several covariates together, from the command line to the rows: two that say
// the same are worth as much as one, with a warning, and three that differ are
// worth more than the first. truncated-1 is instant by another way.
func TestSeveralCovariates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	status, stdout, stderr := call(t, "run", "quick", "--quiet", "--out", dir, "--estimators",
		"uoro,cv-uoro/snap1,cv-uoro/instant,cv-uoro/instant+truncated-1,cv-uoro/snap1+truncated-4+block-4")
	if status != statusDone {
		t.Fatalf("status %d: %s", status, stderr)
	}
	report, err := reports.ReadReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	ratio, warning := map[string]float64{}, map[string]string{}
	for _, r := range report.Summary {
		if r.VarRatio != nil {
			ratio[r.Covariate], warning[r.Covariate] = *r.VarRatio, r.Warning
		}
	}
	if ratio["instant+truncated-1"] != ratio["instant"] {
		t.Errorf("var_ratio %v with the same covariate twice, %v with it once", ratio["instant+truncated-1"], ratio["instant"])
	}
	const want = "4 coefficients were set to 0, because the covariates before explain all of one of instant+truncated-1"
	if !strings.Contains(warning["instant+truncated-1"], want) || !strings.Contains(strings.Join(strings.Fields(stdout), " "), want) {
		t.Errorf("warning %q, report\n%s", warning["instant+truncated-1"], stdout)
	}
	if all := ratio["snap1+truncated-4+block-4"]; !(all < 0.7*ratio["snap1"]) || strings.Contains(warning["snap1+truncated-4+block-4"], "set to 0") {
		t.Errorf("var_ratio %v of three, %v of snap1 alone, warning %q", all, ratio["snap1"], warning["snap1+truncated-4+block-4"])
	}
}

// Influence balancing as a user asks for it, without a file: the flags make the
// very system of the built-in experiment.
func TestInfluenceBalancingByFlags(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	status, stdout, stderr := call(t, "run", "--quiet", "--out", dir, "--task", "influence-balancing", "--cell", "linear", "--hidden", "23",
		"--weights", "balancing", "--steps", "400", "--stride", "400", "--draws", "512", "--estimators", "rtrl,uoro,tbptt-10")
	if status != statusDone {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"tbptt-10", "wrong", "1 of 1", "right", "24.00"} { // 24: see the task
		if !strings.Contains(stdout, want) {
			t.Errorf("the report lacks %q\n%s", want, stdout)
		}
	}
	status, _, stderr = call(t, "run", "--quiet", "--out", filepath.Join(t.TempDir(), "no"), "--task", "influence-balancing", "--cell", "linear", "--hidden", "23")
	if status == statusDone || !strings.Contains(stderr, `--weights balancing`) {
		t.Errorf("without weights: status %d, stderr %q; it should say which weights there are", status, stderr)
	}
}
