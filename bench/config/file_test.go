package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A byte order mark, which some editors write, is none of the document's.
func TestByteOrderMark(t *testing.T) {
	k := newKitchen()
	if err := k.fields().Read([]byte("\ufeffname = 'x'\n[part]\ndepth = 2"), "bom.toml"); err != nil || k.Name != "x" || k.Depth != 2 {
		t.Errorf("%+v, %v", k, err)
	}
	if err := newKitchen().fields().Read([]byte("\xff\xfed\x00"), "wide.toml"); err == nil || !strings.HasPrefix(err.Error(), "wide.toml:1: not valid TOML: it begins with the byte order mark ff fe of UTF-16") {
		t.Errorf("UTF-16: %v", err)
	}
	err := newKitchen().fields().Read([]byte("\ufeffdraws = 0"), "bom.toml")
	if err == nil || !strings.HasPrefix(err.Error(), "bom.toml:1: draws = 0: ") {
		t.Errorf("%v", err)
	}
	if err := newKitchen().fields().Read([]byte("name = 'x'\n\ufeffdraws = 1"), "bom.toml"); err == nil || !strings.HasPrefix(err.Error(), "bom.toml:2: not valid TOML") {
		t.Errorf("a mark within the document: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"drawz = 1":                      `f.toml:1: unknown key "drawz"; did you mean "draws"?`,
		"temperature = 1":                `f.toml:1: unknown key "temperature"; allowed: name, count, draws, `,
		"depth = 1":                      `f.toml:1: unknown key "depth"; did you mean "part.depth"?`,
		strings.Repeat("x", 99) + " = 1": `f.toml:1: unknown key "` + strings.Repeat("x", 80) + `…"; allowed: `,
		"[parts]":                        `f.toml:1: unknown key "parts"; did you mean "part"?`,
		"[[part]]":                       `f.toml:1: part = a list of tables: must be a table: [part] with method = "deep"`,
		"part = 3":                       `f.toml:1: part = 3: must be a table: [part] with method = "deep"`,
		"part = { depht = 1 }":           `f.toml:1: unknown key "part.depht"; did you mean "part.depth"?`,
		"draws = { n = 1 }":              "f.toml:1: draws = a table: must be a whole number",
		"[draws]":                        "f.toml:1: draws = a table: must be a whole number",
		`"part.depth" = 1`:               `f.toml:1: unknown key "\"part.depth\""; did you mean "part.depth"?`,
		"draws = 1\ndraws = 1":           "f.toml:2: not valid TOML: ",
		"draws 1":                        "f.toml:1: not valid TOML: ",
		"words = 'a'":                    `f.toml:1: words = 'a': must be a list of words`,
		"words = \"\"\"a\nb\"\"\"":       `f.toml:1: words = "\"\"\"a\nb\"\"\"": must be a list of words`,
		"words = [[1]]":                  `f.toml:1: words = [[1]]: must be a list of words`,
		"name = 2026-01-01":              "f.toml:1: name = 2026-01-01: must be text",
		"count = true":                   "f.toml:1: count = true: must be a whole number",
		"late-updates = 1":               `f.toml:1: unknown key "late-updates"; did you mean "part.late_updates"?`,
	} {
		err := newKitchen().fields().Read([]byte(file), "f.toml")
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

// Copies of an experiment do not share their places.
func TestPlacesAreCopied(t *testing.T) {
	a := newKitchen()
	if err := a.fields().Read([]byte("draws = 5"), "a.toml"); err != nil {
		t.Fatal(err)
	}
	b := *a
	if err := b.fields().Set("draws", "6"); err != nil {
		t.Fatal(err)
	}
	if err := a.fields().Refuse("is wrong", "draws"); err.Error() != "a.toml:1: draws = 5: is wrong" {
		t.Error(err)
	}
	if err := b.fields().Refuse("is wrong", "count", "draws"); err.Error() != "--draws 6: is wrong" {
		t.Error(err)
	}
}

func TestLibrary(t *testing.T) {
	l := Library{Kind: "thing"}
	big := filepath.Join(t.TempDir(), "big.toml")
	if err := os.WriteFile(big, make([]byte, MaxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"absent": `thing "absent": no such file, and not one of the built-in experiments `,
		big:      "thing: " + big + ": too large (allowed: 65536 bytes): not an experiment file",
		".":      "thing: read .: is a directory",
	} {
		if err := l.Load(path, newKitchen().fields()); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"kitten", "sitting", 3}, {"draws", "draws", 0}, {"flaw", "lawn", 2}} {
		if got := editDistance(c.a, c.b); got != c.want || editDistance(c.b, c.a) != c.want {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Whatever the bytes: an error of one line with its place, or values that are
// read again from their canonical form.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeff", "draws = 5\n", "name = \"a\\nb\"\nrate = 1e-3", "words = [ 'a', # c\n \"b\" ]", "[part]\nmethod = 'deep'\ndepth = 2",
		"part = { depth = 2 }", "part.depth = 2", "[[part]]", "\"\" = 1", "draws = 1e5", "marks = [1, 2]\ngoals = [nan]", "draws = 'all'",
		"pairs = ['a=b']", "name = \"\xff\"", "draws = 1\r\nseed = 2\r\n", "seed = 0b11", "rate = inf",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k := newKitchen()
		if err := k.fields().Read(data, "f.toml"); err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "f.toml:") || strings.ContainsAny(text, "\r\n") {
				t.Fatalf("not one line with a place: %q", text)
			}
			return
		}
		again := newKitchen()
		if err := again.fields().Read(k.fields().Encode(), "again.toml"); err != nil {
			t.Fatalf("%v\n%s", err, k.fields().Encode())
		}
		if d := Differences(k.fields(), again.fields()); len(d) > 0 {
			t.Fatalf("%v of\n%s", d, k.fields().Encode())
		}
	})
}
