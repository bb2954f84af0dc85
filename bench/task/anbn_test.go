package task

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustANBN(t testing.TB, lo, hi int, layout string) *ANBN {
	t.Helper()
	o := Defaults()
	o.Lo, o.Hi, o.Layout = lo, hi, layout
	a, err := NewANBN(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// spell writes codes as text.
func spell(codes []int) string {
	var b strings.Builder
	for _, c := range codes {
		b.WriteByte("ab\n"[c])
	}
	return b.String()
}

// write is the definition of a string, written the plain way.
func write(n int, layout string) string {
	a, b := strings.Repeat("a", n), strings.Repeat("b", n)
	if layout == LayoutNewline {
		return a + "\n" + b + "\n"
	}
	return a + b
}

var layoutPattern = map[string]*regexp.Regexp{
	LayoutNewline: regexp.MustCompile(`a+\nb+\n`),
	LayoutRun:     regexp.MustCompile(`a+b+`),
}

// The stream is a row of whole strings with n in lo..hi, every n as often as the
// others.
func TestStream(t *testing.T) {
	for layout, pattern := range layoutPattern {
		t.Run(layout, func(t *testing.T) {
			const lo, hi, symbols = 2, 7, 60000
			stream := mustANBN(t, lo, hi, layout).Stream(numbers(5))
			codes := make([]int, symbols)
			for i := range codes {
				codes[i] = stream.Next()
			}
			text := spell(codes)
			found := pattern.FindAllString(text, -1)
			found = found[:len(found)-1] // the last one may be cut
			var count [hi + 1]float64
			for _, s := range found {
				n := strings.Count(s, "a")
				if n < lo || n > hi || s != write(n, layout) {
					t.Fatalf("string %q", s)
				}
				count[n]++
			}
			if whole := strings.Join(found, ""); !strings.HasPrefix(text, whole) {
				t.Fatal("there is something between the strings")
			}
			// Binomial counts, five standard deviations.
			total := float64(len(found))
			want := total / (hi - lo + 1)
			for n := lo; n <= hi; n++ {
				if math.Abs(count[n]-want) > 5*math.Sqrt(want) {
					t.Errorf("n = %d comes %v times, want %v", n, count[n], want)
				}
			}
		})
	}
}

func TestStreamAllocatesNothing(t *testing.T) {
	stream := mustANBN(t, 1, 32, LayoutNewline).Stream(numbers(1))
	if got := testing.AllocsPerRun(1000, func() { stream.Next() }); got != 0 {
		t.Errorf("%v allocations per symbol", got)
	}
}

// Known levels of the default task: 5 bits of choice per 35 symbols, and the
// published 0.14 bits per character of Tallec & Ollivier 2017.
func TestLevelsOfTheDefault(t *testing.T) {
	got := mustANBN(t, 1, 32, LayoutNewline).Levels()
	if math.Abs(got.Unigram-1.259) > 5e-4 || math.Abs(got.Bigram-0.368) > 5e-4 || got.Perfect != 5.0/35 {
		t.Errorf("levels %+v, want 1.259, 0.368, 5/35", got)
	}
}

// The closed forms against counting over all strings: unigram and bigram counts
// of the texts of every n, and for the perfect level a predictor that counts how
// many of the strings with the same start go on in each way.
func TestLevelsAgainstCounting(t *testing.T) {
	for layout := range layoutPattern {
		for _, r := range [][2]int{{1, 1}, {1, 2}, {1, 32}, {3, 3}, {4, 9}, {2, 17}} {
			got := mustANBN(t, r[0], r[1], layout).Levels()
			want := countLevels(r[0], r[1], layout)
			for _, v := range []struct {
				name      string
				got, want float64
			}{
				{"unigram", got.Unigram, want.Unigram},
				{"bigram", got.Bigram, want.Bigram},
				{"perfect", got.Perfect, want.Perfect},
			} {
				if math.Abs(v.got-v.want) > 1e-12 {
					t.Errorf("%s %v: %s %v, want %v", layout, r, v.name, v.got, v.want)
				}
			}
		}
	}
}

// countLevels counts over a text in which every n comes once. Each string is
// closed by the first letter of the next, always an a.
func countLevels(lo, hi int, layout string) Levels {
	one, two := map[string]float64{}, map[string]float64{}
	prefix := map[string]float64{}
	length := 0.0
	for n := lo; n <= hi; n++ {
		s := write(n, layout)
		length += float64(len(s))
		s += "a"
		for i := range s[1:] {
			one[s[i:i+1]]++
			two[s[i:i+2]]++
		}
		for i := range len(s) + 1 {
			prefix[s[:i]]++
		}
	}
	var l Levels
	for _, c := range one {
		l.Unigram += c / length * math.Log2(length/c)
	}
	for pair, c := range two {
		l.Bigram += c / length * math.Log2(one[pair[:1]]/c)
	}
	for p, c := range prefix {
		if p != "" {
			l.Perfect += c / length * math.Log2(prefix[p[:len(p)-1]]/c)
		}
	}
	return l
}

// sequenceOf is the next-symbol sequence of a text.
func sequenceOf(a *ANBN, text string) Sequence {
	codes := make([]int, len(text))
	for i := range text {
		codes[i] = strings.IndexByte("ab\n", text[i])
	}
	return nextSymbol(codes, a.alphabet)
}

// Steps counted by hand.
func TestCorrectEnding(t *testing.T) {
	tests := []struct {
		name, layout string
		text         string // one symbol more than there are steps
		want         []Ending
	}{
		{"two strings", LayoutNewline, "aaa\nbbb\naa\nbb\n", []Ending{{5, 6}, {11, 12}}},
		{"n = 1", LayoutNewline, "a\nb\naa\nbb\n", []Ending{{-1, 2}, {7, 8}}},
		{"last string cut before its end", LayoutNewline, "a\nb\naaa\nbbb", []Ending{{-1, 2}}},
		{"nothing complete", LayoutNewline, "aaaa", nil},
		{"runs", LayoutRun, "aabbaaabbba", []Ending{{2, 3}, {8, 9}}},
		{"runs, end not seen", LayoutRun, "aabbaaabbb", []Ending{{2, 3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := mustANBN(t, 1, 3, tt.layout)
			s := sequenceOf(a, tt.text)
			got := a.CorrectEnding(s)
			if !slices.Equal(got, tt.want) {
				t.Fatalf("endings %v, want %v", got, tt.want)
			}
			for _, e := range got {
				if e.Continue >= 0 && s.Target[e.Continue] != codeB || s.Target[e.Stop] == codeB {
					t.Errorf("ending %+v: targets do not fit", e)
				}
			}
		})
	}
}

// The endings against the regular expression of the layout: after every string
// that is there to its end comes one ending, at its last two b's.
func TestCorrectEndingAgainstPattern(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		layout := rapid.SampledFrom([]string{LayoutNewline, LayoutRun}).Draw(r, "layout")
		lo := rapid.IntRange(1, 4).Draw(r, "lo")
		a := mustANBN(t, lo, lo+rapid.IntRange(0, 5).Draw(r, "more"), layout)
		steps := rapid.IntRange(1, 80).Draw(r, "steps")
		s, err := a.Sequence(numbers(rapid.Uint64().Draw(r, "seed")), steps)
		if err != nil {
			r.Fatal(err)
		}
		text := spell(append(s.Input[:1:1], s.Target...))
		got := a.CorrectEnding(s)
		ends := regexp.MustCompile(`b[a\n]`).FindAllStringIndex(text, -1)
		if len(got) != len(ends) {
			r.Fatalf("%q: %d endings, want %d", text, len(got), len(ends))
		}
		for i, e := range got {
			want := Ending{Continue: ends[i][0] - 1, Stop: ends[i][0]}
			if text[want.Continue] != 'b' {
				want.Continue = -1
			}
			if e != want {
				r.Fatalf("%q: ending %d at %+v, want %+v", text, i, e, want)
			}
		}
	})
}
