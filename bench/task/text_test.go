package task

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func textOptions(t testing.TB, content, unit string, offset int) Options {
	o := Defaults()
	o.File, o.Unit, o.Offset = writeFile(t, content), unit, offset
	return o
}

func TestText(t *testing.T) {
	tests := []struct {
		name, content, unit string
		offset, steps       int
		symbols             []string
		input, target       []int
	}{
		{"bytes", "hello\n", UnitByte, 0, 5, []string{`\n`, "e", "h", "l", "o"}, []int{2, 1, 3, 3, 4}, []int{1, 3, 3, 4, 0}},
		{"the alphabet is the file's, not the window's", "zzabab", UnitByte, 2, 3, []string{"a", "b", "z"}, []int{0, 1, 0}, []int{1, 0, 1}},
		{"runes", "aéa€", UnitRune, 0, 3, []string{"a", "é", "€"}, []int{0, 1, 0}, []int{1, 0, 2}},
		{"runes as bytes", "aé", UnitByte, 0, 2, []string{"a", `\xa9`, `\xc3`}, []int{0, 2}, []int{2, 1}},
		{"invisible and quotes", "\x00\t '\"\\", UnitByte, 0, 5, []string{`\x00`, `\t`, " ", `"`, "'", `\\`}, []int{0, 1, 2, 4, 3}, []int{1, 2, 4, 3, 5}},
		{"offset counts symbols", "€€ab", UnitRune, 2, 1, []string{"a", "b", "€"}, []int{0}, []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task, err := NewText(textOptions(t, tt.content, tt.unit, tt.offset))
			if err != nil {
				t.Fatal(err)
			}
			s, err := task.Sequence(nil, tt.steps)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Symbols, tt.symbols) || !slices.Equal(s.Input, tt.input) || !slices.Equal(s.Target, tt.target) {
				t.Errorf("got %q %v %v, want %q %v %v", s.Symbols, s.Input, s.Target, tt.symbols, tt.input, tt.target)
			}
		})
	}
}

// manyRunes is a text of n distinct characters.
func manyRunes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4e00 + i))
	}
	return b.String()
}

func TestTextErrors(t *testing.T) {
	dir := t.TempDir()
	missing := Defaults()
	missing.File = filepath.Join(dir, "none.txt")
	folder := Defaults()
	folder.File = dir
	tests := []struct {
		name    string
		options Options
		want    []string // parts of the message
	}{
		{"missing", missing, []string{"none.txt", "no such file"}},
		{"a directory", folder, []string{dir, "is a directory"}},
		{"empty", textOptions(t, "", UnitByte, 0), []string{"in.txt", "the file is empty"}},
		{"one symbol", textOptions(t, "aaaa", UnitByte, 0), []string{"in.txt", "only one distinct symbol"}},
		{"not UTF-8", textOptions(t, "abc\xffd", UnitRune, 0), []string{"in.txt", "byte 3 (0xff) is not UTF-8", `unit = "byte"`}},
		{"too many symbols", textOptions(t, manyRunes(257), UnitRune, 0), []string{"in.txt", "257 distinct symbols", "at most 256"}},
		{"too long", textOptions(t, strings.Repeat("ab", MaxTextBytes/2)+"a", UnitByte, 0), []string{"in.txt", "too large (allowed: 16777216 bytes)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewText(tt.options)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if n := strings.Count(err.Error(), tt.options.File); n != 1 {
				t.Errorf("error %q names the file %d times", err, n)
			}
		})
	}
}

func TestTextUnreadable(t *testing.T) {
	o := textOptions(t, "abc", UnitByte, 0)
	if err := os.Chmod(o.File, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(o.File); err == nil {
		f.Close()
		t.Skip("this user may read any file")
	}
	if _, err := NewText(o); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

func TestTextTooShort(t *testing.T) {
	tests := []struct {
		offset, steps int
		ok            bool
	}{{0, 5, true}, {0, 6, false}, {4, 1, true}, {5, 1, false}, {6, 1, false}, {99, 1, false}}
	for _, tt := range tests {
		task, err := NewText(textOptions(t, "abcabc", UnitByte, tt.offset))
		if err != nil {
			t.Fatal(err)
		}
		_, err = task.Sequence(nil, tt.steps)
		if (err == nil) != tt.ok {
			t.Errorf("offset %d, %d steps: error %v, want ok %v", tt.offset, tt.steps, err, tt.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "in.txt") {
			t.Errorf("error %q does not name the file", err)
		}
	}
}

// The full 256 bytes are allowed, and their names differ.
func TestTextAllBytes(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	task, err := NewText(textOptions(t, string(all), UnitByte, 0))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(slices.Values(task.Alphabet()))
	if n := len(slices.Compact(names)); n != 256 {
		t.Errorf("%d different names of 256 bytes", n)
	}
}

// Whatever the file holds: an error, or a task that spells the file again.
func FuzzText(f *testing.F) {
	f.Add([]byte("hello, world\n"), false)
	f.Add([]byte("h\xc3\xa9llo"), true)
	f.Add([]byte("bad \xff rune"), true)
	f.Add([]byte{}, false)
	f.Add([]byte("\ufffd replacement"), true)
	f.Fuzz(func(t *testing.T, data []byte, runes bool) {
		o := Defaults()
		if runes {
			o.Unit = UnitRune
		}
		task, err := parseText(data, o)
		if err != nil {
			return
		}
		if runes && !utf8.Valid(data) {
			t.Fatal("a text that is not UTF-8 is accepted")
		}
		s, err := task.Sequence(nil, len(task.runes)-1)
		if err != nil {
			t.Fatal(err)
		}
		if got := rebuild(task, s, runes); got != string(data) {
			t.Fatalf("the sequence spells %q, the file is %q", got, data)
		}
	})
}

// rebuild spells a sequence in the file's own bytes.
func rebuild(task *Text, s Sequence, runes bool) string {
	symbol := make([]rune, len(task.code))
	for r, c := range task.code {
		symbol[c] = r
	}
	var out []byte
	for _, c := range append(s.Input[:1:1], s.Target...) {
		if runes {
			out = utf8.AppendRune(out, symbol[c])
		} else {
			out = append(out, byte(symbol[c]))
		}
	}
	return string(out)
}
