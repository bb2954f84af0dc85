package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"
)

// kitchen is an experiment with a field of every type.
type kitchen struct {
	Name    string
	Count   int
	Draws   int64
	Seed    uint64
	Rate    float64
	Noise   string
	Words   []string
	Marks   []int
	Goals   []float64
	Method  string
	Depth   int // has a meaning with Method "deep" alone
	Updates int // has a meaning with Depth above 1 alone
	Pairs   pairs
	places  Places
}

// pairs is a Parser.
type pairs []string

func (p *pairs) Parse(items []string) error {
	*p = nil
	for _, item := range items {
		if !strings.Contains(item, "=") {
			return fmt.Errorf("no pair: %q", item)
		}
		*p = append(*p, item)
	}
	return nil
}

func newKitchen() *kitchen {
	return &kitchen{Name: "k", Count: 3, Draws: 100, Rate: 0.5, Noise: "signs", Words: []string{"b"}, Goals: []float64{1}, Method: "flat", Depth: 1, Updates: 7}
}

func (k *kitchen) fields() *Config {
	c := &Config{
		Canonical: "name draws count? seed rate words marks goals part.method part.depth",
		Tables:    map[string]string{"part": `method = "deep"`},
		Places:    &k.places,
		Defaults:  func() *Config { return newKitchen().fields() },
	}
	c.Add("Top",
		Field{Key: "name", Value: &k.Name, Rule: Rule{Allowed: "must be text"}},
		Field{Key: "count", Value: &k.Count, Rule: Whole(-1<<62, 1<<62)},
		Field{Key: "draws", Value: &k.Draws, Rule: Whole(1, 1<<40).Or("all"), Words: map[string]string{"all": "noise"}},
		Field{Key: "seed", Value: &k.Seed, Rule: Whole(0, math.MaxInt64)},
		Field{Key: "rate", Value: &k.Rate, Rule: Above(0, math.MaxFloat64)},
		Field{Key: "noise", Value: &k.Noise, Rule: OneOf("signs", "all")},
		Field{Key: "words", Value: &k.Words, Rule: List("must be a list of words", func(string) string { return "" })},
		Field{Key: "marks", Value: &k.Marks, Rule: Rising(1)},
		Field{Key: "goals", Value: &k.Goals, Rule: ListBetween(-1e300, 1e300)},
	)
	c.Add("Part",
		Field{Key: "part.method", Flag: "method", Value: &k.Method, Rule: OneOf("flat", "deep")},
		Field{Key: "part.depth", Value: &k.Depth, Need: Need{Key: "part.method", Value: "deep"}, Rule: Whole(1, 9)},
		Field{Key: "part.late_updates", Value: &k.Updates, Need: Need{Met: func() bool { return k.Depth > 1 }, Want: "where depth is above 1"}, Rule: Whole(1, 9)},
	)
	c.Add("", Field{Key: "pairs", Value: &k.Pairs, Rule: Rule{Allowed: "must be a list of pairs"}})
	return c
}

// anyKitchen draws values of every type that their rules allow.
var anyKitchen = rapid.Custom(func(t *rapid.T) *kitchen {
	k := newKitchen()
	k.Name = rapid.String().Draw(t, "name")
	k.Count = rapid.IntRange(-1<<62, 1<<62).Draw(t, "count")
	k.Draws = rapid.Int64Range(1, 1<<40).Draw(t, "draws")
	k.Seed = rapid.Uint64Range(0, math.MaxInt64).Draw(t, "seed")
	k.Rate = rapid.Float64Range(math.SmallestNonzeroFloat64, math.MaxFloat64).Draw(t, "rate")
	k.Noise = rapid.SampledFrom([]string{"signs", "all"}).Draw(t, "noise")
	k.Words = rapid.SliceOfNDistinct(rapid.String(), 1, 4, rapid.ID[string]).Draw(t, "words")
	for range rapid.IntRange(0, 3).Draw(t, "marks") {
		last := 0
		if n := len(k.Marks); n > 0 {
			last = k.Marks[n-1]
		}
		k.Marks = append(k.Marks, last+rapid.IntRange(1, 1<<40).Draw(t, "rise"))
	}
	k.Goals = rapid.SliceOfN(rapid.Float64Range(-1e300, 1e300), 0, 3).Draw(t, "goals")
	k.Method = rapid.SampledFrom([]string{"flat", "deep"}).Draw(t, "method")
	k.Depth, k.Updates = rapid.IntRange(1, 9).Draw(t, "depth"), rapid.IntRange(1, 9).Draw(t, "updates")
	return k
})

// What is encoded is read as the same values, which the ordinary TOML decoder
// finds there too.
func TestEncodedIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := anyKitchen.Draw(t, "kitchen")
		text := k.fields().Encode()
		again := newKitchen()
		if err := again.fields().Read(text, "again.toml"); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := Differences(k.fields(), again.fields()); len(d) > 0 {
			t.Fatalf("%v of\n%s", d, text)
		}
		var plain struct {
			Name  string
			Rate  float64
			Words []string
			Marks []int
			Goals []float64
			Part  struct{ Method string }
		}
		if err := toml.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		if plain.Name != k.Name || plain.Rate != k.Rate || !reflect.DeepEqual(plain.Words, k.Words) || len(plain.Marks) != len(k.Marks) ||
			plain.Part.Method != k.Method || len(k.Goals) > 0 && !reflect.DeepEqual(plain.Goals, k.Goals) {
			t.Fatalf("%+v of\n%s", plain, text)
		}
	})
}

// Reset twice is Reset once, and what it leaves passes Check.
func TestResolvedStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := anyKitchen.Draw(t, "kitchen")
		k.fields().Reset()
		k.fields().Reset() // Depth may have fallen, and with it Updates
		first := string(k.fields().Encode())
		if err := k.fields().Check(); err != nil {
			t.Fatal(err)
		}
		if k.fields().Reset(); string(k.fields().Encode()) != first {
			t.Fatal("Reset has something left to do")
		}
	})
}

// The order of the canonical form, what it leaves out, and that a field which
// came later does not move it.
func TestCanonicalForm(t *testing.T) {
	k := newKitchen()
	const plain = "name = 'k'\ndraws = 100\nseed = 0\nrate = 0.5\nwords = ['b']\nmarks = []\ngoals = [1.0]\n\n[part]\nmethod = 'flat'\ndepth = 1\n"
	if got := string(k.fields().Encode()); got != plain {
		t.Errorf("got\n%s\nwant\n%s", got, plain)
	}
	k.Count, k.Noise, k.Updates, k.Rate = 4, "all", 8, 1e-7
	const more = "name = 'k'\ndraws = 100\ncount = 4\nseed = 0\nrate = 0.0000001\nwords = ['b']\nmarks = []\ngoals = [1.0]\nnoise = 'all'\n\n[part]\nmethod = 'flat'\ndepth = 1\nlate_updates = 8\n"
	if got := string(k.fields().Encode()); got != more {
		t.Errorf("got\n%s\nwant\n%s", got, more)
	}
}

func TestDifferences(t *testing.T) {
	a, b := newKitchen(), newKitchen()
	a.Marks = []int{}
	if d := Differences(a.fields(), b.fields()); len(d) > 0 {
		t.Errorf("an empty list is no list: %v", d)
	}
	b.Draws, b.Method, b.Goals, b.Updates = 7, "deep", []float64{1, 2}, 9
	want := []Difference{{"draws", "100", "7"}, {"goals", "[1.0]", "[1.0, 2.0]"}, {"part.method", "'flat'", "'deep'"}, {"part.late_updates", "7", "9"}}
	if d := Differences(a.fields(), b.fields()); !reflect.DeepEqual(d, want) {
		t.Errorf("%v, want %v", d, want)
	}
}

// A value without an effect is refused, unless a later source took its meaning.
func TestNeeds(t *testing.T) {
	for _, c := range []struct{ file, flag, want string }{
		{"[part]\ndepth = 2", "", `k.toml:2: part.depth = 2: has a meaning only with part.method = "deep", and part.method is "flat"`},
		{"[part]\nmethod = \"deep\"\ndepth = 2", "", ""},
		{"[part]\nmethod = \"deep\"\ndepth = 2", "flat", ""},
		{"[part]\nmethod = \"deep\"\nlate_updates = 2", "", "k.toml:3: part.late_updates = 2: has a meaning only where depth is above 1"},
	} {
		k := newKitchen()
		err := k.fields().Read([]byte(c.file), "k.toml")
		if err == nil && c.flag != "" {
			err = k.fields().Set("part.method", c.flag)
		}
		if err == nil {
			err = k.fields().Check()
		}
		if text := ""; err != nil {
			if text = err.Error(); text != c.want {
				t.Errorf("%q: %s, want %s", c.file, text, c.want)
			}
		} else if c.want != "" {
			t.Errorf("%q: no error, want %s", c.file, c.want)
		}
	}
}

// An error that was made elsewhere gets the place of its key, or of one beside it.
func column(err *FieldError) int {
	_, _, column, _ := err.Where()
	return column
}

func TestLocate(t *testing.T) {
	k := newKitchen()
	if err := k.fields().Read([]byte("\n  draws = 5\nseed = 1"), "k.toml"); err != nil {
		t.Fatal(err)
	}
	var at *FieldError
	err := k.fields().Locate(&FieldError{Key: "count", Others: []string{"draws"}, Allowed: "must be less"})
	if !errors.As(err, &at) || err.Error() != "k.toml:2: draws = 5: must be less" || column(at) != 3 {
		t.Errorf("%v, %+v", err, at)
	}
	if err := k.fields().Locate(&FieldError{Key: "words", Allowed: "must be none"}); err.Error() != `words = ["b"]: must be none` {
		t.Error(err)
	}
	other := errors.New("other")
	if got := k.fields().Locate(other); got != other {
		t.Error(got)
	}
	if err := k.fields().Locate(at); err != at {
		t.Error("an error that has its place got another")
	}
}
