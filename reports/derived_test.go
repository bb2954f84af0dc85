package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// deriveRows is a network whose figures are easy to reckon with: ‖g‖² = 2.
func deriveRows() []SummaryRow {
	row := func(name, covariate string, f Figures) SummaryRow {
		f.ExactNormSq, f.NDraws, f.NGroups = 2, 1000, 10
		scope := ""
		if covariate != "" {
			scope = "trace"
		}
		return SummaryRow{Key: key("rnn", name, covariate, scope, "pre"), NSteps: 1, Figures: f}
	}
	noisy := func(variance float64, pilot *int64) Figures {
		return Figures{VarTrace: some(variance), VarTraceMCSE: some(variance / 20), BiasSq: some(-0.1), DrawCost: some(int64(100)), KnownCost: some(int64(30)), PilotDraws: pilot}
	}
	biased := func(bias float64) Figures {
		return Figures{VarTrace: some(0.0), VarTraceMCSE: some(0.0), BiasSq: some(bias), DrawCost: some(int64(0)), KnownCost: some(int64(70))}
	}
	return []SummaryRow{
		row("rtrl", "", biased(0)),
		row("uoro", "", noisy(50, nil)),
		row("cv-uoro", "snap1", noisy(10, some(int64(250)))),
		row("rflo", "", biased(0.5)),
		row("snap1", "", biased(0.4)),
		row("tbptt-500", "", biased(1e-22)), // longer than the sequence: rounding
		row("secret", "", noisy(50, nil)),   // of another program
	}
}

func TestDerivedByHand(t *testing.T) {
	type figures struct {
		name                     string
		snr, work, online, draws *float64
		against                  string
	}
	got := Report{Summary: deriveRows()}.exportedSummary()
	for i, want := range []figures{
		{"rtrl", nil, nil, nil, nil, ""},
		// 2/50; 50·100; 50·(100+30); 50/0.4
		{"uoro", some(0.04), some(5000.0), some(6500.0), some(125.0), "snap1"},
		// 2/10; 10·100·(1250/1000); 10·(125+30); 10/0.4
		{"cv-uoro/snap1/trace", some(0.2), some(1250.0), some(1550.0), some(25.0), "snap1"},
		{"rflo", nil, nil, nil, nil, ""},
		{"snap1", nil, nil, nil, nil, ""},
		{"tbptt-500", nil, nil, nil, nil, ""},
		{"secret", some(0.04), some(5000.0), some(6500.0), nil, ""},
	} {
		d := got[i].Derived
		if got[i].Name() != want.name || d.BreakEvenAgainst != want.against {
			t.Fatalf("row %d is %s against %q, want %s against %q", i, got[i].Name(), d.BreakEvenAgainst, want.name, want.against)
		}
		same(t, want.name+" snr", d.SNR, want.snr)
		same(t, want.name+" work_var", d.WorkVar, want.work)
		same(t, want.name+" online_work_var", d.OnlineWorkVar, want.online)
		same(t, want.name+" break_even_draws", d.BreakEvenDraws, want.draws)
	}
}

// same allows for one rounding.
func same(t *testing.T, what string, got, want *float64) {
	t.Helper()
	switch {
	case (got == nil) != (want == nil):
		t.Errorf("%s: there %v, want %v", what, got != nil, want != nil)
	case got != nil && (*got < *want*(1-1e-15) || *got > *want*(1+1e-15)):
		t.Errorf("%s: %v, want %v", what, *got, *want)
	}
}

// Every unbiased estimator meets every biased one; the error is that of
// var_trace, in proportion.
func TestBreakEvenPairs(t *testing.T) {
	var lines []string
	for _, b := range (Report{Summary: deriveRows()}).breakEvens() {
		if *b.DrawsMCSE < b.Draws/20*(1-1e-12) || *b.DrawsMCSE > b.Draws/20*(1+1e-12) {
			t.Errorf("%s against %s: %v ± %v, want a twentieth", b.Name(), b.Against, b.Draws, *b.DrawsMCSE)
		}
		lines = append(lines, b.Name()+" "+b.Against+" "+significant(b.Draws, 4))
	}
	want := "uoro snap1 125.0; uoro rflo 100.0; cv-uoro/snap1/trace snap1 25.00; cv-uoro/snap1/trace rflo 20.00"
	if got := strings.Join(lines, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A step is measured by the bias of the same step.
func TestDerivedOfSteps(t *testing.T) {
	var steps []StepRow
	for step := int32(1); step <= 2; step++ {
		for _, r := range deriveRows() {
			*r.BiasSq *= float64(step)
			steps = append(steps, StepRow{Key: r.Key, Step: step, Figures: r.Figures})
		}
	}
	n := len(steps) / 2
	got := Report{Steps: steps}.exportedSteps()
	same(t, "step 1", got[1].BreakEvenDraws, some(125.0))
	same(t, "step 2", got[n+1].BreakEvenDraws, some(62.5))
}

func TestCostTable(t *testing.T) {
	g := block{summary: deriveRows()}.costs()
	if got, want := strings.Join(g.header, "|"), "estimator|per draw|shared|SNR|work·var|of uoro's|N* snap1|N* rflo"; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	if got, want := strings.Join(g.rows[2], "|"), "cv-uoro/snap1/trace|100|30|0.200|1550|0.238|25.0|20.0"; got != want {
		t.Errorf("row %s, want %s", got, want)
	}
	// Exact estimators alone have nothing to weigh.
	if g := (block{summary: deriveRows()[3:6]}).costs(); len(g.rows) > 0 {
		t.Errorf("a table of %d rows without any variance", len(g.rows))
	}
}

// Many biased estimators with long names must not break the terminal.
func TestCostTableFitsTheTerminal(t *testing.T) {
	rows := deriveRows()
	long := rows[2]
	long.Covariate = "linear-rowwise"
	rows = append(rows, long)
	for _, name := range []string{"tbptt-32", "tbptt-64", "snap-16"} {
		r := deriveRows()[3]
		r.Estimator = name
		rows = append(rows, r)
	}
	var out bytes.Buffer
	if err := (Report{Summary: rows}).Write(&out, Table); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(out.String(), "N* against tbptt-64, snap-16, with more bias") {
		t.Errorf("the report does not say what it left out:\n%s", out.String())
	}
	out.Reset()
	if err := (Report{Summary: rows}).Write(&out, JSON); err != nil {
		t.Fatal(err)
	}
	var object struct {
		BreakEven []struct{ Against string } `json:"break_even"`
	}
	if err := json.Unmarshal(out.Bytes(), &object); err != nil || len(object.BreakEven) != 3*5 {
		t.Errorf("%d pairs in the JSON, want 3·5 (%v)", len(object.BreakEven), err)
	}
}
