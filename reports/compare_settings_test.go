package reports

import (
	"slices"
	"strings"
	"testing"
)

// Settings are compared as values, however they are written; a configuration that
// this program cannot read is said to be one.
func TestSettingsAreValues(t *testing.T) {
	a, b := sampleRuns()
	a.Manifest.ConfigTOML = "seed = 1\nname = 'x'\ndraws = 163_840 # the default\ncell = [\n 'gru', 'rnn' ]\n[task]\nlayout = \"run\"\n"
	b.Manifest.ConfigTOML = "draws = 0x28000\nscale = 1\nestimators = ['uoro', 'a = b']\n"
	if _, err := a.settings(b); err == nil || !strings.Contains(err.Error(), "config.toml:3: estimators = ") {
		t.Errorf("an unknown estimator: %v", err)
	}
	b.Manifest.ConfigTOML = "draws = 0x28000\nscale = 1\nseed = 2\nestimators = ['uoro']\n"
	a.Manifest.ConfigTOML += "file = ''\n"
	got, err := a.settings(b)
	want := []string{"seed 1 and 2", "estimators ['rtrl', 'uoro', ", "task.layout 'run' and 'newline'"}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%q, %v", got, err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("difference %d: %s, want %s", i, got[i], want[i])
		}
	}
	b.Manifest.ConfigTOML = "unheard = 1\n"
	if made, err := Compare(a, b, CompareOptions{}); err != nil || !slices.ContainsFunc(made.Notes, func(n string) bool {
		return strings.HasPrefix(n, "settings are not compared: ") && strings.Contains(n, `unknown key "unheard"`)
	}) {
		t.Errorf("%+v, %v", made, err)
	}
}
