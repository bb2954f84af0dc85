package config

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// One syntax: a value that TOML takes means the same in a file, as a flag and to
// --set, and those two take it without quotes and brackets as well.
func TestOneSyntax(t *testing.T) {
	for _, c := range []struct {
		key, value string
		bare       bool // only on a command line
		want       any
	}{
		{"draws", "4096", false, int64(4096)},
		{"draws", "4_096", false, int64(4096)},
		{"draws", "0x10", false, int64(16)},
		{"draws", "1e5", false, int64(100000)},
		{"draws", "1.5e3", false, int64(1500)},
		{"draws", "4096.0", false, int64(4096)},
		{"draws", "+7", false, int64(7)},
		{"count", "-2e3", false, -2000},
		{"count", "0", false, 0},
		{"seed", "9007199254740993", false, uint64(1<<53 + 1)},
		{"rate", "1", false, 1.0},
		{"rate", "1e-3", false, 1e-3},
		{"rate", ".5", true, 0.5},
		{"goals", "-.5,+.25", true, []float64{-0.5, 0.25}},
		{"name", `"a\tb"`, false, "a\tb"},
		{"name", `'a\tb'`, false, `a\tb`},
		{"name", `a,b`, true, "a,b"},
		{"name", `it's`, true, "it's"},
		{"name", `[x]`, true, "[x]"},
		{"words", `["rnn", 'gru']`, false, []string{"rnn", "gru"}},
		{"words", `["a,b", "c]",]`, false, []string{"a,b", "c]"}},
		{"words", `["a\"b"]`, false, []string{`a"b`}},
		{"words", `rnn,gru`, true, []string{"rnn", "gru"}},
		{"words", `rnn, "gru"`, true, []string{"rnn", "gru"}},
		{"words", `[rnn,gru]`, true, []string{"rnn", "gru"}},
		{"words", `it's,b`, true, []string{"it's", "b"}},
		{"words", `cv-uoro/a[1,2],b`, true, []string{"cv-uoro/a[1,2]", "b"}},
		{"marks", `[1, 2e1]`, false, []int{1, 20}},
		{"marks", `1,20`, true, []int{1, 20}},
		{"marks", `[]`, false, []int{}},
		{"goals", `[0.5, 1]`, false, []float64{0.5, 1}},
		{"goals", `0.5`, true, []float64{0.5}},
	} {
		read := map[string]func(*Config) error{
			"flag":  func(f *Config) error { return f.Set(c.key, c.value) },
			"--set": func(f *Config) error { return f.Assign(c.key + " = " + c.value) },
			"file":  func(f *Config) error { return f.Read([]byte(c.key+" = "+c.value), "f.toml") },
		}
		if c.bare {
			delete(read, "file")
		}
		for how, read := range read {
			k := newKitchen()
			if err := read(k.fields()); err != nil {
				t.Errorf("%s by %s: %v", c.value, how, err)
			} else if got := k.fields().field(c.key).value(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s by %s is %#v, want %#v", c.value, how, got, c.want)
			}
		}
	}
}

// What is no value is none anywhere; the message says where it stands.
func TestRefusedValues(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"draws", "1e-1", "must be a whole number from 1 to 2^40, or all"},
		{"draws", "1.5", "must be a whole number from 1 to 2^40, or all"},
		{"draws", "1e13", "must be a whole number"},
		{"draws", "1e300", "must be a whole number"},
		{"draws", "1e999999999", "must be a whole number"},
		{"draws", "1e-999999999", "must be a whole number"},
		{"count", "9007199254740993.0", "must be a whole number"},
		{"draws", "010", "must be a whole number"},
		{"draws", "99999999999999999999", "must be a whole number"},
		{"draws", "[4096]", "must be a whole number"},
		{"draws", `"4096"`, "must be a whole number"},
		{"draws", "0", "must be a whole number"},
		{"seed", "-1", "must be a whole number from 0 to 2^63-1"},
		{"seed", "1e19", "must be a whole number"},
		{"count", "5e18", "must be a whole number"},
		{"rate", `"1"`, "must be a number above 0"},
		{"rate", "nan", "must be a number above 0"},
		{"marks", "[1, 2.5]", "must be a list of whole numbers from 1 on that rises"},
		{"marks", `["1"]`, "must be a list of whole numbers"},
		{"marks", "[2, 2]", "must be a list of whole numbers"},
		{"goals", "[1, inf]", "must be a list of numbers"},
		{"words", "[]", "must have at least one entry"},
		{"words", `["a", "a"]`, `"a" is listed twice`},
		{"noise", `"none"`, "must be one of signs, all"},
		{"pairs", `["a=b", "c"]`, `pairs: no pair: "c"`},
	} {
		for how, read := range map[string]func(*Config) error{
			"--" + c.key: func(f *Config) error { return f.Set(c.key, c.value) },
			"--set":      func(f *Config) error { return f.Assign(c.key + "=" + c.value) },
			"f.toml:2: ": func(f *Config) error { return f.Read([]byte("\n"+c.key+" = "+c.value), "f.toml") },
		} {
			if how == "f.toml:2: " && c.value == "010" {
				continue // it is no TOML at all
			}
			err := read(newKitchen().fields())
			if err == nil || !strings.HasPrefix(err.Error(), how) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s = %s by %s: %v, want %s", c.key, c.value, how, err, c.want)
			}
		}
	}
}

// A decimal is a whole number where its digits say so: 12.30e2 is 1230, 12.34e1
// is none. The expected number is put together from the digits.
func TestWholeDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(1, 1<<53-1).Draw(t, "n")
		digits := strconv.FormatInt(want, 10)
		zeros, point := rapid.IntRange(1, 4).Draw(t, "zeros"), rapid.IntRange(1, len(digits)).Draw(t, "point")
		text := digits[:point] + "." + digits[point:] + strings.Repeat("0", zeros) + "e" + strconv.Itoa(len(digits)-point)
		var got int64
		if !store(text, &got) || got != want {
			t.Fatalf("%s is %d; want %d", text, got, want)
		}
		if digits[len(digits)-1] != '0' && len(digits) > point {
			short := digits[:point] + "." + digits[point:] + "e" + strconv.Itoa(len(digits)-point-1)
			if store(short, &got) {
				t.Fatalf("%s is %d", short, got)
			}
		}
	})
}

// A word of one field may be the value of another.
func TestWordOfAnotherField(t *testing.T) {
	k := newKitchen()
	if err := k.fields().Set("draws", "all"); err != nil || k.Noise != "all" || k.Draws != 100 {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestAssign(t *testing.T) {
	for text, want := range map[string]string{
		"draws":            `--set "draws": want KEY=VALUE on one line, such as steps=5000 or task.hi=8`,
		"draws=":           `--set "draws=": want KEY=VALUE on one line`,
		"a b=1":            `--set "a b=1": want KEY=VALUE on one line`,
		"draws=1\n2":       `--set "draws=1\n2": want KEY=VALUE on one line`,
		"drawz=1":          `--set: unknown key "drawz"; did you mean "draws"?`,
		"draws=0":          `--set draws=0: must be a whole number`,
		"late-updates=0":   `--set late-updates=0: must be a whole number from 1 to 9`,
		"part.depth = 10":  `--set part.depth=10: must be a whole number from 1 to 9`,
		"count=1":          `--set count=1: --count gives it as well: use one of them`,
		`pairs=["a=b"]`:    "",
		"pairs=a=b,c=d":    "",
		"late-updates = 3": "",
	} {
		k := newKitchen()
		if err := k.fields().Set("count", "2"); err != nil {
			t.Fatal(err)
		}
		err := k.fields().Assign(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if err := newKitchen().fields().Set("cuont", "1"); err == nil || err.Error() != `unknown key "cuont"; did you mean "count"?` {
		t.Error(err)
	}
}

func TestAxisOfLists(t *testing.T) {
	key, values, err := newKitchen().fields().Axis("words=[a,b],[a],c")
	if err != nil || key != "words" || !reflect.DeepEqual(values, []string{"[a,b]", "[a]", "c"}) {
		t.Errorf("%s %q %v", key, values, err)
	}
	k := newKitchen()
	if err := k.fields().Set(key, values[0]); err != nil || len(k.Words) != 2 {
		t.Errorf("%q, %v", k.Words, err)
	}
	if _, _, err := newKitchen().fields().Axis("pairs=a,b"); err == nil || !strings.Contains(err.Error(), "unknown key") {
		t.Errorf("an axis of a field without a flag: %v", err)
	}
}

// What Argument writes, Set reads.
func TestArgument(t *testing.T) {
	k := newKitchen()
	k.Goals, k.Marks, k.Rate = []float64{0.25, -1e-9}, []int{3, 40}, 1e-300
	for key, want := range map[string]string{"goals": "0.25,-1e-09", "marks": "3,40", "rate": "1e-300", "words": "b", "part.method": "flat"} {
		if got := k.fields().field(key).Argument(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		k := anyKitchen.Draw(t, "kitchen")
		for _, f := range k.fields().ordered() {
			again := newKitchen()
			if err := again.fields().Set(f.Key, f.Argument()); err != nil || !again.fields().field(f.Key).equal(f) {
				t.Fatalf("%s %q: %v", f.Key, f.Argument(), err)
			}
		}
	})
}

func FuzzArgument(f *testing.F) {
	for _, seed := range []string{"", "a,b", `["a\"", 'b']`, "[[", "]", `"`, `"\`, "1e5", "[1,]", ",", "'a'b,c", "-0x_1", "1e-400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, field := range newKitchen().fields().Fields {
			k := newKitchen()
			c := k.fields()
			if err := c.Set(field.Key, text); err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("%s %q: an error of several lines: %q", field.Key, text, err)
				}
				continue
			}
			if _, parsed := field.Value.(Parser); parsed {
				continue
			}
			again := newKitchen()
			if err := again.fields().Read(c.Encode(), "again.toml"); err != nil || len(Differences(c, again.fields())) > 0 {
				t.Errorf("%s %q: %v, %v", field.Key, text, err, Differences(c, again.fields()))
			}
		}
	})
}
