package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"uorobench/bench/verify"
)

// sampleVerification has a check that holds, one that fails, one that is skipped.
func sampleVerification() Verification {
	mean := &verify.Check{Name: "E[ĝ] = g", Against: "all noise patterns", Tolerance: 1e-12}
	closed := &verify.Check{Name: "closed form", Against: "enumeration | by hand", Tolerance: 2e-11}
	loss := &verify.Check{Name: "gradient of the loss", Against: "finite differences", Tolerance: 1e-8}
	gru := verify.Subject{Cell: "gru", Estimator: "uoro", Guard: "code", Convention: "pre", Noise: "rademacher"}
	lstm := verify.Subject{Cell: "lstm", Estimator: "uoro", Covariate: "snap1", Guard: "none", Convention: "post", Noise: "gaussian"}
	return Verification{Cases: []verify.Case{
		{Check: mean, Subject: gru, Error: 3.14159e-16}, {Check: mean, Subject: lstm, Error: 1e-12},
		{Check: closed, Subject: gru, Error: 0.25}, {Check: closed, Subject: lstm, Failure: "the error is NaN"},
		{Check: loss, Subject: verify.Subject{Cell: "lif"}, Skipped: "a step function"},
	}}
}

func TestVerificationGolden(t *testing.T) {
	v := sampleVerification()
	for format, name := range map[Format]string{Table: "verification.txt", Markdown: "verification.md"} {
		var out bytes.Buffer
		if err := v.Write(&out, format); err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/"+name, out.Bytes())
	}
	v.Each = true
	var out bytes.Buffer
	if err := v.Write(&out, Table); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/verification-cases.txt", out.Bytes())
}

// CSV and JSON carry every case with all digits.
func TestVerificationExports(t *testing.T) {
	v := sampleVerification()
	var text, data bytes.Buffer
	if err := v.Write(&text, CSV); err != nil {
		t.Fatal(err)
	}
	if err := v.Write(&data, JSON); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(lines) != 1+len(v.Cases) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	want := "E[ĝ] = g,all noise patterns,gru,uoro,,code,pre,rademacher,3.14159e-16,1e-12,pass,"
	if got := strings.Join(lines[1], ","); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var rows []map[string]any
	if err := json.Unmarshal(data.Bytes(), &rows); err != nil || len(rows) != len(v.Cases) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[3]["result"] != "FAIL" || rows[3]["why"] != "the error is NaN" || rows[4]["result"] != "skip" {
		t.Errorf("got %v and %v", rows[3], rows[4])
	}
}

// A broken build does not fill the screen.
func TestVerificationListsSomeFailures(t *testing.T) {
	check := &verify.Check{Name: "c"}
	v := Verification{}
	for i := range 3 * maxListed {
		v.Cases = append(v.Cases, verify.Case{Check: check, Error: float64(i + 1)})
	}
	var out bytes.Buffer
	if err := v.Write(&out, Table); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "FAIL c:"); n != maxListed || !strings.Contains(out.String(), fmt.Sprintf("and %d more", 2*maxListed)) {
		t.Errorf("%d failures listed:\n%s", n, out.String())
	}
}

func TestVerificationRefusesFormat(t *testing.T) {
	if err := (Verification{}).Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("no error")
	}
}
