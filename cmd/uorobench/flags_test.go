package main

import (
	"os"
	"strings"
	"testing"
)

// resolved is the canonical form of the run that the arguments ask for.
func resolved(t *testing.T, args ...string) string {
	t.Helper()
	chosen, err := parse(append([]string{"run"}, args...), output{os.Stdout, os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	e, err := chosen.(*runCommand).experiment()
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return string(e.Encode())
}

// A file, with a byte order mark or without, flags, and --set by key or by flag
// say the same.
func TestThreeWaysToSayIt(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "hidden = 4\ncell = [\"gru\", \"lstm\"]\nweights = \"random\"\nscale = 0.5\ndraws = 1e5\nwarm_up = 2\n[task]\nname = \"copy\"\ndelay = 3\n"
	for name, text := range map[string]string{"plain.toml": file, "bom.toml": "\ufeff" + file} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := resolved(t, "plain.toml")
	for _, args := range [][]string{
		{"bom.toml"},
		strings.Fields("--hidden 4 --cell gru,lstm --weights random --scale 5e-1 --draws 1e5 --warm-up 2 --task copy --delay 3"),
		strings.Fields(`--hidden 4e0 --cell ["gru",'lstm'] --weights "random" --scale 0.5 --draws 100_000 --warm-up 2 --task copy --delay 3`),
		strings.Fields(`--set hidden=4 --set cell=gru,lstm --set weights=random --set scale=.5 --set draws=1e5 --set warm-up=2 --set task.name=copy --set delay=3`),
		strings.Fields(`--set hidden=8 --set hidden=4 --set cell=['gru',lstm] --weights random --set scale=0.5 --set draws=0x186a0 --set warm_up=2 --task copy --set task.delay=3`),
	} {
		if got := resolved(t, args...); got != want {
			t.Errorf("%q gives\n%s\nwant\n%s", args, got, want)
		}
	}
}

// The last value of a field is the one that counts for --set alone; a flag and
// --set for one field are refused, and so is an axis of what no field is.
func TestSetBadUse(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"run quick --hidden 4 --set hidden=4":               "uorobench: --set hidden=4: --hidden gives it as well: use one of them",
		"run quick --set draws=1e-1":                        "uorobench: --set draws=1e-1: must be a whole number from 1 to 2^40, or exhaustive",
		"run quick --set drawz=1":                           `uorobench: --set: unknown key "drawz"; did you mean "draws"?`,
		"run quick --set draws":                             `uorobench: --set "draws": want KEY=VALUE on one line`,
		"run quick --set stride=33":                         "uorobench: --set stride=33: no step would be measured: stride = 33 is larger than steps = 32",
		"run quick --set over=hidden=4,8":                   `uorobench: --set: over: axis "hidden=4": want at least two values`,
		"run quick --set over='hidden=4,8'":                 `uorobench: the experiment is a sweep, over hidden`,
		"sweep quick --set hidden=0 --over seed=1..2":       "uorobench: --set hidden=0: must be a whole number from 1 to 4096",
		"sweep quick --set delay=3 --over seed=1,2 --out x": "uorobench: sweep at seed=1: task.delay = 3: has a meaning only with task.name",
		"train --out x --delay 3":                           `uorobench: --delay 3: has a meaning only with task.name = "copy"`,
	} {
		status, stdout, stderr := call(t, strings.Fields(args)...)
		if status != 2 || stdout != "" || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("uorobench %s: status %d\ngot  %swant %s", args, status, stderr, want)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("bad use left %v, %v", left, err)
	}
}

// One option of a task is a flag of every command that takes a task.
func TestTaskOptionsAreFlagsEverywhere(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	for _, command := range []string{"run", "sweep", "train"} {
		_, help, _ := call(t, command, "--help")
		for _, want := range []string{"--delay=8 ", "copy: blanks before the recall", "--set=KEY=VALUE"} {
			if !strings.Contains(help, want) {
				t.Errorf("%s --help lacks %q", command, want)
			}
		}
	}
}
