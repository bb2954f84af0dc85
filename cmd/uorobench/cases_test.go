package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"uorobench/bench/weights"
	"uorobench/estimators/cell"
	"uorobench/reports"
)

// Runs of which one figure or another overflows, vanishes or is 0/0: variances below
// 1e-54 and above 1e51, whose cubes are none; saturated networks; sums of squares beyond
// 1e308. They are written, agree with themselves and say what is wrong with them.
func TestNoFigureLosesARun(t *testing.T) {
	for name, args := range map[string]string{
		"tiny gradient":    "--cell linear --hidden 6 --steps 12 --scale 3",
		"counted":          "--cell linear --hidden 6 --steps 12 --scale 3 --nonfinite count",
		"without guard":    "--cell linear --hidden 6 --steps 64 --stride 16 --scale 4 --guard none --estimators rtrl,uoro",
		"saturated tanh":   "--cell rnn --hidden 6 --steps 12 --scale 300 --estimators rtrl,uoro,cv-uoro/snap1,residual,split-uoro-6",
		"saturated lstm":   "--cell lstm --hidden 6 --steps 12 --scale 300",
		"Kronecker":        "--cell rnn --hidden 6 --steps 24 --scale 300 --estimators rtrl,uoro,kf-rtrl,ok-2,preuoro",
		"squares of 1e308": "--cell linear --hidden 6 --steps 128 --scale 40 --guard none --nonfinite count --estimators rtrl,uoro,residual,cv-uoro/snap1/trace,cv-uoro/instant/coordinate --detail steps,total,coordinates,draws,convergence",
		"and Gaussian":     "--cell linear --hidden 6 --steps 64 --scale 20 --guard none --noise gaussian --nonfinite count --estimators rtrl,uoro,cv-uoro/snap1/trace,cv-uoro/linear-dense/trace --detail steps,total,draws",
	} {
		dir := filepath.Join(t.TempDir(), "run")
		args := append(strings.Fields("run -q --weights random --draws 128 --groups 8 --format csv --out "+dir), strings.Fields(args)...)
		status, stdout, stderr := call(t, args...)
		if status != 0 || strings.Contains(stdout, "NaN") || strings.Contains(stdout, "Inf") {
			t.Errorf("%s: status %d, stderr %q, stdout\n%s", name, status, stderr, stdout)
			continue
		}
		if status, stdout, _ := call(t, "verify", dir); status != 0 {
			t.Errorf("%s: its own verify fails:\n%s", name, stdout)
		}
		for _, row := range csvRows(t, stdout) {
			if v := row["var_trace"]; v != "" && v != "0" && row["n_groups"] == "8" && (row["var_trace_mcse"] == "" || row["var_trace_mcse"] == "0") {
				t.Errorf("%s: %s at %s has var_trace %s without an error", name, row["estimator"], row["step"], v)
			}
		}
		m, err := reports.ReadManifest(dir)
		if err != nil || m.Exit != reports.Complete {
			t.Errorf("%s: %v, %+v", name, err, m)
		}
		if name == "squares of 1e308" && (m.NotFinite["steps"] == 0 || !strings.Contains(stdout, "no finite number")) {
			t.Errorf("%s: %v; the case does not test what it is for", name, m.NotFinite)
		}
	}
}

// csvRows are the rows by the names of their columns.
func csvRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%v, %d rows", err, len(all))
	}
	var out []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		out = append(out, row)
	}
	return out
}

// A network of zeros has no gradient, spikes nothing and knows nothing: 0 = 0 in every
// check, and the report says once that it is an empty subject.
func TestZeroGradientIsValid(t *testing.T) {
	for _, name := range []string{"rnn", "lif"} {
		dir := t.TempDir()
		file, out := filepath.Join(dir, "zero.safetensors"), filepath.Join(dir, "run")
		c, err := cell.New(name, 3, 6)
		if err != nil {
			t.Fatal(err)
		}
		var named []weights.Tensor
		for _, x := range cell.NewParams(c.Layout(), 3).Tensors(c.Layout()) {
			clear(x.Data)
			named = append(named, weights.Tensor{Name: x.Name, Shape: x.Shape, Data: x.Data})
		}
		var text bytes.Buffer
		if err := weights.Write(&text, named, nil, weights.F64); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := call(t, "run", "-q", "--cell", name, "--hidden", "6", "--steps", "12", "--draws", "512", "--weights", file,
			"--estimators", "rtrl,uoro,cv-uoro/snap1", "--detail", "steps,draws", "--out", out)
		if status != 0 {
			t.Fatal(stderr)
		}
		for _, want := range []string{"gradient is 0 at every measured step", "network is silent", "network is untrained"} {
			if flat := strings.Join(strings.Fields(stdout), " "); strings.Count(flat, want) != 1 {
				t.Errorf("%s: %q stands %d times in\n%s", name, want, strings.Count(flat, want), stdout)
			}
		}
		if status, stdout, stderr := call(t, "verify", out); status != 0 || !strings.Contains(stdout, " 0 fail") {
			t.Errorf("%s: status %d, stderr %q\n%s", name, status, stderr, stdout)
		}
	}
}

// In a sweep 0 is 0: estimators that are exact on one unit stand in the tables with it,
// and no exponent goes through the two points that are left.
func TestSweepTellsZeros(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	status, stdout, stderr := call(t, "sweep", "quick", "--steps", "12", "--draws", "512", "--cell", "gru", "-q", "--weights", "random",
		"--over", "hidden=1,2,3", "--estimators", "rtrl,uoro,cv-uoro/snap1,snap1,residual", "--out", dir)
	if status != 0 {
		t.Fatal(stderr)
	}
	zeros := 0
	for line := range strings.Lines(stdout) {
		if cells := strings.Fields(line); len(cells) == 5 && cells[1] == "0" && (cells[0] == "residual" || cells[0] == "cv-uoro/snap1/trace") {
			zeros++
			if cells[4] != "–" {
				t.Errorf("an exponent of two points: %s", line)
			}
		}
	}
	if zeros != 6 { // of three figures
		t.Errorf("%d lines with a zero, want 6:\n%s", zeros, stdout)
	}
	plane, err := os.ReadFile(filepath.Join(dir, "plane.svg"))
	if err != nil || !strings.Contains(string(plane), "not shown: cv-uoro/snap1/trace, residual") {
		t.Errorf("%v: the plane does not name the estimators without error", err)
	}
	if status, stdout, stderr := call(t, "verify", dir); status != 0 {
		t.Errorf("status %d, stderr %q\n%s", status, stderr, stdout)
	}
}

// The estimators that multiply Gaussian noise over all steps are unbiased, and the tests
// say the contrary of nearly every seed: their tails are not drawn. What rests on them is
// withheld, and UORO's figures are not.
func TestProductsOfGaussiansAreNotCalledBiased(t *testing.T) {
	withheld, rejected, uoro := 0, 0, 0
	const seeds = 6
	for seed := range seeds {
		status, stdout, stderr := call(t, append(strings.Fields("run -q --cell lif --hidden 4 --steps 50 --stride 50 --weights random --scale 3 --draws 4096 --noise gaussian --estimators rtrl,uoro,kf-rtrl,ok-1 --sequence-seed 1 --format csv"),
			"--seed", fmt.Sprint(501+seed), "--out", filepath.Join(t.TempDir(), "run"))...)
		if status != 0 {
			t.Fatal(stderr)
		}
		for _, row := range csvRows(t, stdout) {
			switch {
			case row["estimator"] == "uoro":
				if row["max_z_p"] != "" && row["bias_sq_lo"] != "" && row["along_exact"] != "" {
					uoro++
				}
			case row["estimator"] == "rtrl":
			case row["max_z_p"] == "":
				withheld++
				for _, name := range []string{"bias_sq", "bias_sq_mcse", "bias_sq_lo", "bias_p", "max_z", "max_z_holm", "bias_bound", "bias_detectable", "along_exact"} {
					if row[name] != "" {
						t.Errorf("%s: %s = %s rests on a tail that was not drawn", row["estimator"], name, row[name])
					}
				}
				if row["var_trace"] == "" || !strings.Contains(row["warning"], "tail was not drawn") {
					t.Errorf("%s: warning %q", row["estimator"], row["warning"])
				}
			default:
				if p, err := strconv.ParseFloat(row["max_z_p"], 64); err != nil || p < 0.05 {
					rejected++
				}
			}
		}
	}
	if rejected > 1 || withheld < 4*seeds-2 || uoro != 2*seeds {
		t.Errorf("%d rows reject, %d are withheld, %d of uoro are told", rejected, withheld, uoro)
	}
}

// With two groups the family of nine tests counts as one, and rejects 30 %.
func TestFewGroupsHaveNoMaxZ(t *testing.T) {
	for groups, want := range map[string]bool{"2": false, "4": false, "5": false, "6": true} {
		status, stdout, stderr := call(t, append(strings.Fields("run -q --cell gru --hidden 3 --steps 8 --stride 8 --weights random --draws 1024 --estimators rtrl,uoro,cv-uoro/snap1 --format csv --groups"),
			groups, "--out", filepath.Join(t.TempDir(), "run"))...)
		if status != 0 {
			t.Fatal(stderr)
		}
		for _, row := range csvRows(t, stdout) {
			if row["estimator"] == "rtrl" {
				continue
			}
			if (row["max_z_p"] != "") != want || strings.Contains(row["warning"], "too few") == want {
				t.Errorf("%s groups: max_z_p %q, warning %q", groups, row["max_z_p"], row["warning"])
			}
		}
	}
}
