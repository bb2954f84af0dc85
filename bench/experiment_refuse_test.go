package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uorobench/bench/config"
)

// refusals are experiment files that cannot be run, and what is said about them:
// the line, the key, what was given and what is allowed.
var refusals = []struct{ name, file, want string }{
	// One key.
	{"zero draws", "draws = 0", `my.toml:1: draws = 0: must be a whole number from 1 to 2^40`},
	{"negative draws", "\n\ndraws = -5", `my.toml:3: draws = -5: must be a whole number from 1 to 2^40`},
	{"too many draws", "draws = 1_099_511_627_777", `my.toml:1: draws = 1_099_511_627_777: must be a whole number from 1 to 2^40`},
	{"more than 64 bits", "draws = 99999999999999999999", `my.toml:1: draws = 99999999999999999999: must be a whole number from 1 to 2^40`},
	{"draws not whole", "draws = 4096.5", `my.toml:1: draws = 4096.5: must be a whole number from 1 to 2^40`},
	{"draws quoted", `draws = "4096"`, `my.toml:1: draws = "4096": must be a whole number from 1 to 2^40`},
	{"draws a list", "draws = [4096]", `my.toml:1: draws = [4096]: must be a whole number from 1 to 2^40`},
	{"draws a table", "[draws]\nn = 1", `my.toml:1: draws = a table: must be a whole number from 1 to 2^40`},
	{"hidden a date", "hidden = 2024-01-01", `my.toml:1: hidden = 2024-01-01: must be a whole number from 1 to 4096`},
	{"hidden a truth", "hidden = true", `my.toml:1: hidden = true: must be a whole number from 1 to 4096`},
	{"negative seed", "seed = -1", `my.toml:1: seed = -1: must be a whole number from 0 to 2^63-1`},
	{"one group", "groups = 1", `my.toml:1: groups = 1: must be a whole number from 2 to 4096`},
	{"scale nan", "weights = \"random\"\nscale = nan", `my.toml:2: scale = nan: must be a number above 0 and at most 1e+06`},
	{"scale inf", "weights = \"random\"\nscale = +inf", `my.toml:2: scale = +inf: must be a number above 0 and at most 1e+06`},
	{"scale zero", "weights = \"random\"\nscale = 0", `my.toml:2: scale = 0: must be a number above 0 and at most 1e+06`},
	{"noise", `noise = "normal"`, `my.toml:1: noise = "normal": must be one of rademacher, gaussian`},
	{"guard", `guard = "fix"`, `my.toml:1: guard = "fix": must be one of code, paper, none, fixed`},
	{"convention", `convention = "Pre"`, `my.toml:1: convention = "Pre": must be one of pre, post`},
	{"lambda_fit", `lambda_fit = "insample"`, `my.toml:1: lambda_fit = "insample": must be one of pilot, cross, in-sample`},
	{"nonfinite", `nonfinite = "ignore"`, `my.toml:1: nonfinite = "ignore": must be one of stop, count`},
	{"weights", `weights = "middle"`, `my.toml:1: weights = "middle": must be random, early, mid, late, copy, balancing or a file that ends in .safetensors`},
	{"name with a slash", `name = "a/b"`, `my.toml:1: name = "a/b": must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter, digit or underscore`},
	{"name empty", `name = ""`, `my.toml:1: name = "": must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter, digit or underscore`},

	// Lists.
	{"cell a string", `cell = "gru"`, `my.toml:1: cell = "gru": must be a list of rnn, gru, lstm, linear, lif, alif`},
	{"no cell", "cell = []", `my.toml:1: cell = []: must have at least one entry`},
	{"unknown cell", `cell = ["gru", "elman"]`, `my.toml:1: cell = ["gru", "elman"]: "elman" is not known; must be a list of rnn, gru, lstm, linear, lif, alif`},
	{"cell twice", `cell = ["gru", "gru"]`, `my.toml:1: cell = ["gru", "gru"]: "gru" is listed twice`},
	{"list of numbers", "estimators = [1, 2]", `my.toml:1: estimators = [1, 2]: must be a list of name[/covariate[/scope]]`},
	{"list of lists", `detail = [["steps"]]`, `my.toml:1: detail = [["steps"]]: must be a list of steps, coordinates, draws`},
	{"detail twice", `detail = ["draws", "draws"]`, `my.toml:1: detail = ["draws", "draws"]: "draws" is listed twice`},
	{"covariate missing", `estimators = ["cv-uoro"]`, `my.toml:1: estimators = ["cv-uoro"]: estimator "cv-uoro": want cv-uoro/covariate[/scope]; covariates: `},
	{"covariate unknown", `estimators = ["cv-uoro/snap9"]`, `my.toml:1: estimators = ["cv-uoro/snap9"]: estimator "cv-uoro/snap9": unknown covariate "snap9"; allowed: snap1, `},
	{"covariate twice", `estimators = ["cv-uoro/snap1+snap1"]`, `my.toml:1: estimators = ["cv-uoro/snap1+snap1"]: estimator "cv-uoro/snap1+snap1" has covariate "snap1" twice`},
	{"scope unknown", `estimators = ["cv-uoro/snap1/step"]`, `my.toml:1: estimators = ["cv-uoro/snap1/step"]: estimator "cv-uoro/snap1/step": unknown λ scope "step"; allowed: one, trace, pooled, unit, coordinate`},
	{"estimator unknown", `estimators = ["adam"]`, `my.toml:1: estimators = ["adam"]: unknown estimator "adam"; allowed: rtrl, uoro, cv-uoro, `},
	{"covariate of rtrl", `estimators = ["cv-rtrl/snap1"]`, `my.toml:1: estimators = ["cv-rtrl/snap1"]: unknown estimator "cv-rtrl"; allowed: `},
	{"one estimator, two spellings", `estimators = ["cv-uoro/snap1", "cv-uoro/snap1/trace"]`,
		`my.toml:1: estimators = ["cv-uoro/snap1", "cv-uoro/snap1/trace"]: "cv-uoro/snap1" and "cv-uoro/snap1/trace" are the same estimator`},

	// Keys and tables.
	{"unknown key", "drawz = 1", `my.toml:1: unknown key "drawz"; did you mean "draws"?`},
	{"unknown key, nothing near", "temperature = 1", `my.toml:1: unknown key "temperature"; allowed: task.name, task.lo, `},
	{"key of the task outside it", "lo = 1", `my.toml:1: unknown key "lo"; did you mean "task.lo"?`},
	{"key of the run inside the task", "[task]\nlo = 1\ndraws = 5000", `my.toml:3: unknown key "task.draws"; did you mean `},
	{"unknown table", "[tasks]\nlo = 1", `my.toml:1: unknown key "tasks"; did you mean "task"?`},
	{"quoted dot", `"task.lo" = 1`, `my.toml:1: unknown key "\"task.lo\""; did you mean "task.lo"?`},
	{"task a string", `task = "anbn"`, `my.toml:1: task = "anbn": must be a table: [task] with name = "anbn"`},
	{"two tasks", "[[task]]\nname = \"anbn\"", `my.toml:1: task = a list of tables: must be a table: [task] with name = "anbn"`},
	{"inline table", "seed = 3\ntask = { lo = 1, high = 2 }", `my.toml:2: unknown key "task.high"; did you mean "task.hi"?`},
	{"key twice", "draws = 4096\ndraws = 4096", `my.toml:2: not valid TOML: key draws is already defined`},
	{"syntax", "draws = 4096\nhidden 32", `my.toml:2: not valid TOML: `},
	{"not UTF-8", "name = \"\xff\"", `my.toml:1: not valid TOML: `},

	// Combinations.
	{"stride above steps", "steps = 100\nstride = 200", `my.toml:2: stride = 200: no step would be measured: stride = 200 is larger than steps = 100`},
	{"steps below the default stride", "steps = 3", `my.toml:1: steps = 3: no step would be measured: stride = 4 is larger than steps = 3`},
	{"draws for fewer groups", "draws = 100", `my.toml:1: draws = 100: draws must be at least 512, 16 for each of the groups = 32`},
	{"groups for more draws", "groups = 1000", `my.toml:1: groups = 1000: plain_draws must be at least 16000, 16 for each of the groups = 1000`},
	{"too few pilot draws", "pilot_draws = 10", `my.toml:1: pilot_draws = 10: pilot_draws must be at least 512, 16 for each of the groups = 32`},
	{"too few plain draws", "plain_draws = 10", `my.toml:1: plain_draws = 10: plain_draws must be at least 512, 16 for each of the groups = 32`},
	{"more folds than groups", "lambda_fit = \"cross\"\nfolds = 40", `my.toml:2: folds = 40: folds = 40 is larger than groups = 32, and a fold is a set of groups`},
	{"pilot draws not used", "lambda_fit = \"cross\"\npilot_draws = 1024", `my.toml:2: pilot_draws = 1024: has a meaning only with lambda_fit = "pilot", and lambda_fit is "cross"`},
	{"scale not used", "scale = 2.0", `my.toml:1: scale = 2.0: has a meaning only with weights = "random", and weights is "mid"`},
	{"another task's option", "[task]\nname = \"anbn\"\ndelay = 3", `my.toml:3: task.delay = 3: has a meaning only with task.name = "copy", and task.name is "anbn"`},
	{"trajectory", "steps = 1_000_000\nhidden = 4096\nweights = \"random\"", `my.toml:1: steps = 1_000_000: the trajectory would take 125000 GiB (steps = 1000000 times the square of 4096 state entries), allowed 8 GiB`},
	{"weights file, two cells", "weights = \"w.safetensors\"\ncell = [\"gru\", \"rnn\"]", `my.toml:1: weights = "w.safetensors": a weights file fits one cell, and there are 2`},
	{"weights file missing", "weights = \"absent.safetensors\"\ncell = [\"gru\"]", `my.toml:1: weights = "absent.safetensors": weights: open absent.safetensors: no such file or directory`},
	{"balancing for a gru", `weights = "balancing"`, `my.toml:1: weights = "balancing": weights "balancing" are a system of their own: task.name = "influence-balancing", cell = ["linear"], hidden = 23; these are task anbn, cell gru, hidden 32`},
	{"balancing of another size", "weights = \"balancing\"\ncell = [\"linear\"]\nhidden = 22\nestimators = [\"uoro\"]\ntask.name = \"influence-balancing\"", `my.toml:1: weights = "balancing": weights "balancing" are a system of their own: task.name = "influence-balancing", cell = ["linear"], hidden = 23; these are task influence-balancing, cell linear, hidden 22`},
	{"no embedded linear", `cell = ["linear"]`, `my.toml:1: cell = ["linear"]: no embedded weights for cell "linear" at stage "mid"; there are: `},
	{"estimator the cell cannot have", "cell = [\"rnn\"]\nestimators = [\"rflo\"]", `my.toml:2: estimators = ["rflo"]: cell rnn cannot have "rflo": `},

	// Training of covariates.
	{"training method", "[covariate_training]\nmethod = \"sgd\"", `my.toml:2: covariate_training.method = "sgd": must be one of none, bptt, rtrl, uoro`},
	{"training a string", `covariate_training = "bptt"`, `my.toml:1: covariate_training = "bptt": must be a table: [covariate_training] with method = "bptt"`},
	{"nothing to train", "estimators = [\"cv-uoro/snap1\"]\ncovariate_training.method = \"bptt\"", `my.toml:2: covariate_training.method = "bptt": it trains nothing: the covariates that have weights are linear-dense, linear-rowwise, learned-diagonal, and no listed estimator has one`},
	{"all name their own", "estimators = [\"cv-uoro/linear-dense@uoro\"]\ncovariate_training.method = \"bptt\"", `my.toml:2: covariate_training.method = "bptt": it trains nothing: `},
	{"rate without training", "[covariate_training]\nrate = 0.5", `my.toml:2: covariate_training.rate = 0.5: has a meaning only where a covariate is trained: `},
	{"updates of none", "estimators = [\"cv-uoro/linear-dense@uoro\"]\ncovariate_training.updates = 0", `my.toml:2: covariate_training.updates = 0: must be a whole number from 1 to 2^20`},
	{"covariate that cannot be trained", `estimators = ["cv-uoro/snap1@bptt"]`, `my.toml:1: estimators = ["cv-uoro/snap1@bptt"]: estimator "cv-uoro/snap1@bptt": covariate "snap1@bptt": "snap1" has no weights to train; those that have: `},
	{"two names made one", "estimators = [\"cv-uoro/linear-dense@bptt\", \"cv-uoro/linear-dense\"]\ncovariate_training.method = \"bptt\"", `my.toml:2: covariate_training.method = "bptt": with covariate_training.method = bptt, "cv-uoro/linear-dense@bptt/trace" is listed twice`},

	// Tasks.
	{"unknown task", "[task]\nname = \"parity\"", `my.toml:2: task.name = "parity": must be one of anbn, copy, text, adding, influence-balancing`},
	{"lo zero", "[task]\nlo = 0", `my.toml:2: task.lo = 0: must be a whole number from 1 to 2^20`},
	{"lo above hi", "[task]\nlo = 5\nhi = 4", `my.toml:3: task.hi = 4: must be 5 to 1048576`},
	{"layout", "[task]\nlayout = \"spaces\"", `my.toml:2: task.layout = "spaces": must be one of newline, run`},
	{"one copied symbol", "[task]\nname = \"copy\"\nsymbols = 1", `my.toml:3: task.symbols = 1: must be a whole number from 2 to 64`},
	{"copy longer than the window", "steps = 20\n[task]\nname = \"copy\"\nlength = 16", `my.toml:1: steps = 20: task copy: 20 steps have no recall step: length 16 and delay 8 need at least 25`},
	{"stride misses the recall", "steps = 20\nstride = 16\n[task]\nname = \"copy\"\nlength = 8\ndelay = 8", `my.toml:2: stride = 16: no step would be measured: of the steps 16, 32, … up to 20 none has a loss`},
	{"text without a file", "[task]\nname = \"text\"", `my.toml:2: task.name = "text": task text needs a file: must be the path of a text file`},
	{"text's file missing", "[task]\nname = \"text\"\nfile = \"absent.txt\"", `my.toml:3: task.file = "absent.txt": task text: open absent.txt: no such file or directory`},
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			e, err := Parse([]byte(c.file), "my.toml")
			if err == nil {
				err = e.Validate()
			}
			// Where a list of names that will grow follows, its start is enough.
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("file:\n%s\ngot  %v\nwant %s", c.file, err, c.want)
			}
		})
	}
}

// Flags say their name instead of a line, and win over the file as the place of
// a combination's error.
func TestRefusedFlags(t *testing.T) {
	for _, c := range []struct{ file, key, value, want string }{
		{"", "draws", "0", `--draws 0: must be a whole number from 1 to 2^40`},
		{"", "draws", "1.5e0", `--draws 1.5e0: must be a whole number from 1 to 2^40`},
		{"", "draws", "1e13", `--draws 1e13: must be a whole number from 1 to 2^40`},
		{"", "draws", `"4096"`, `--draws "4096": must be a whole number from 1 to 2^40`},
		{"", "draws", "010000", `--draws 010000: must be a whole number from 1 to 2^40`},
		{"", "draws", "", `--draws "": must be a whole number from 1 to 2^40`},
		{"", "seed", "10000000000000000000", `--seed 10000000000000000000: must be a whole number from 0 to 2^63-1`},
		{"", "scale", "NaN", `--scale NaN: must be a number above 0 and at most 1e+06`},
		{"", "scale", "-Inf", `--scale -Inf: must be a number above 0 and at most 1e+06`},
		{"", "cell", "gru,", `--cell gru,: "" is not known; must be a list of rnn, gru, lstm, linear, lif, alif`},
		{"", "cell", "gru, rnn ,gru", `--cell "gru, rnn ,gru": "gru" is listed twice`},
		{"", "name", "a\nb", `--name "a\nb": must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter, digit or underscore`},
		{"", "warm_up", "-1", `--warm-up -1: must be a whole number from 0 to 2^20`},
		{"", "warm_up", "1048577", `--warm-up 1048577: must be a whole number from 0 to 2^20`},
		{"", "task.layout", "runs", `--layout runs: must be one of newline, run`},
		{"", "task.hi", "0", `--hi 0: must be a whole number from 1 to 2^20`},
		{"", "task.delay", "3", `--delay 3: has a meaning only with task.name = "copy", and task.name is "anbn"`},
		{"stride = 100", "steps", "64", `--steps 64: no step would be measured: stride = 100 is larger than steps = 64`},
		{"[task]\nlo = 5", "task.hi", "4", `--hi 4: must be 5 to 1048576`},
		{"", "task.name", "text", `--task text: task text needs a file: must be the path of a text file`},
		{"", "nothing", "1", `unknown key "nothing"; allowed: task.name, `},
	} {
		e, err := Parse([]byte(c.file), "my.toml")
		if err != nil {
			t.Fatal(err)
		}
		if err = e.Set(c.key, c.value); err == nil {
			err = e.Validate()
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q, --%s %q\ngot  %v\nwant %s", c.file, c.key, c.value, err, c.want)
		}
	}
}

// An experiment built in code has no line to point at.
func TestRefusedInCode(t *testing.T) {
	e := Default()
	e.Draws = 0
	err := e.Validate()
	want := "draws = 0: must be a whole number from 1 to 2^40, or exhaustive"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var field *config.FieldError
	if !errors.As(err, &field) || field.Key != "draws" {
		t.Errorf("got %#v, want a *config.FieldError of draws without a place", err)
	} else if file, line, column, flag := field.Where(); file != "" || line != 0 || column != 0 || flag != "" {
		t.Errorf("an experiment built in code was set at %s:%d:%d or %s", file, line, column, flag)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, make([]byte, config.MaxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"absent", `experiment "absent": no such file, and not one of the built-in experiments ` + strings.Join(BuiltIn(), ", ")},
		{dir, "experiment: read " + dir + ": is a directory"},
		{big, "experiment: " + big + ": too large (allowed: 65536 bytes): not an experiment file"},
	} {
		if _, err := Load(c.path); err == nil || err.Error() != c.want {
			t.Errorf("Load(%q)\ngot  %v\nwant %s", c.path, err, c.want)
		}
	}
}
