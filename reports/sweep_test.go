package reports

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// sampleSweep has rel_var = a·H^1.5 and a ratio of one half exactly, with a bias
// that is the same everywhere.
func sampleSweep() SweepReport {
	r := SweepReport{Name: "x", Axes: []SweepAxis{{"hidden", []string{"4", "8", "16"}}, {"weight_seed", []string{"1", "2"}}}}
	for _, h := range []int{4, 8, 16} {
		for seed := 1; seed <= 2; seed++ {
			for i, name := range []string{"uoro", "residual"} {
				v := float64(seed) * math.Pow(float64(h), 1.5) / float64(1+i)
				mcse, work := v/50, v*100*float64(1+i)
				bias := 0.25
				r.Rows = append(r.Rows, SweepRow{
					Values: []string{fmt.Sprint(h), fmt.Sprint(seed)},
					Key:    Key{Task: "anbn", Cell: "gru", Hidden: int32(h), Seed: 1, Estimator: name, Convention: "pre"},
					NSteps: 4, Derived: Derived{OnlineWorkVar: &work},
					Figures: Figures{NDraws: 64, Sampling: "random", NGroups: 4, ExactNormSq: 1, VarTrace: &v, RelVar: &v, VarTraceMCSE: &mcse, BiasSq: &bias},
				})
			}
		}
	}
	return r
}

func TestSweepGolden(t *testing.T) {
	for format, name := range map[Format]string{Table: "sweep.txt", Markdown: "sweep.md", CSV: "sweep.csv", JSON: "sweep.json"} {
		var out bytes.Buffer
		if err := sampleSweep().Write(&out, format); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", name), out.Bytes())
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(line); format == Table && n > 121 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestSweepFigures(t *testing.T) {
	r := sampleSweep()
	b := r.blocks()
	if len(b) != 1 || b[0].repeats != 2 {
		t.Fatalf("%d blocks, %d repetitions", len(b), b[0].repeats)
	}
	columns := b[0].columns()
	numbers, ok := b[0].numbers(columns)
	if !ok {
		t.Fatal("no numbers")
	}
	for figure, want := range map[int]float64{0: 1.5, 1: 0, 2: 0} {
		i := b[0].exponent(sweepFigures[figure], "residual", columns, numbers)
		if !i.HasCI || math.Abs(i.Value-want) > 1e-12 {
			t.Errorf("%s: exponent %+v, want %g", sweepFigures[figure].title, i, want)
		}
	}
	ratio := b[0].values(sweepFigures[1], b[0].of("residual", "8"))
	if len(ratio) != 2 || ratio[0] != 0.5 || ratio[1] != 0.5 {
		t.Errorf("variance / uoro's: %v, want 0.5 twice", ratio)
	}
	if b[0].base(r.Rows[1]).Values[1] != r.Rows[1].Values[1] {
		t.Error("the ratio is not of the same repetition")
	}
}

func TestSweepManifestRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadSweep(dir); err == nil || !strings.Contains(err.Error(), "is not a finished sweep") {
		t.Errorf("an empty directory: %v", err)
	}
	for text, want := range map[string]string{
		"{":                     "is damaged",
		`{}`:                    "schema version 0",
		sweepOf(`"../x"`, ""):   "lies outside of it",
		sweepOf(`"x"`, `"1"`):   "has 1 values for 0 axes",
		sweepOf(`"absent"`, ""): "absent",
	} {
		if err := os.WriteFile(filepath.Join(dir, SweepName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSweep(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func sweepOf(dir, values string) string {
	return fmt.Sprintf(`{"schema_version": %d, "axes": [], "points": [{"dir": %s, "values": [%s]}]}`, SchemaVersion, dir, values)
}
