package config

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Rule says what a value must be, and what is wrong with one: Check returns ""
// for a good value of the field's type. A nil Check takes all.
type Rule struct {
	Allowed string
	Check   func(v any) string
}

func (r Rule) wrong(v any) string {
	if r.Check == nil {
		return ""
	}
	return r.Check(v)
}

// Where is the rule that takes what good says, and else repeats what is allowed.
func Where[T any](good func(T) bool, format string, args ...any) Rule {
	r := Rule{Allowed: fmt.Sprintf(format, args...)}
	r.Check = func(v any) string {
		if good(v.(T)) {
			return ""
		}
		return r.Allowed
	}
	return r
}

// Whole allows whole numbers from lo to hi.
func Whole(lo, hi int64) Rule {
	return Where(func(v any) bool {
		var n int64
		switch v := v.(type) {
		case int:
			n = int64(v)
		case int64:
			n = v
		case uint64:
			if n = int64(v); n < 0 { // above 2^63-1, which TOML cannot hold
				return false
			}
		}
		return lo <= n && n <= hi
	}, "must be a whole number from %d to %s", lo, bound(hi))
}

// bound writes large powers of two, and numbers one below them, as such.
func bound(n int64) string {
	u := uint64(n)
	switch {
	case n < 1<<16:
		return strconv.FormatInt(n, 10)
	case bits.OnesCount64(u) == 1:
		return "2^" + strconv.Itoa(bits.Len64(u)-1)
	case bits.OnesCount64(u+1) == 1:
		return "2^" + strconv.Itoa(bits.Len64(u)) + "-1"
	}
	return strconv.FormatInt(n, 10)
}

// Above allows finite numbers above lo and up to hi. Like Between it is written so
// that NaN, which compares false, is refused.
func Above(lo, hi float64) Rule {
	return Where(func(x float64) bool { return x > lo && x <= hi }, "must be a number above %g and at most %g", lo, hi)
}

// Between allows numbers from lo to hi.
func Between(lo, hi float64) Rule {
	return Where(func(x float64) bool { return x >= lo && x <= hi }, "must be a number from %g to %g", lo, hi)
}

// ListBetween allows lists of numbers from lo to hi, the empty list as well.
func ListBetween(lo, hi float64) Rule {
	return Where(func(list []float64) bool {
		return !slices.ContainsFunc(list, func(x float64) bool { return !(x >= lo && x <= hi) })
	}, "must be a list of numbers from %g to %g", lo, hi)
}

// Rising allows lists of whole numbers from lo on that rise, the empty list as
// well.
func Rising(lo int) Rule {
	return Where(func(list []int) bool {
		for i, n := range list {
			if n < lo || i > 0 && n <= list[i-1] {
				return false
			}
		}
		return true
	}, "must be a list of whole numbers from %d on that rises", lo)
}

// OneOf allows the given words, of a field that is a string.
func OneOf[S ~string](words ...S) Rule {
	list := strings.Trim(fmt.Sprint(words), "[]")
	return Where(func(v string) bool { return slices.Contains(words, S(v)) }, "must be one of %s", strings.ReplaceAll(list, " ", ", "))
}

// Or names one more thing that the field takes, which is not for the rule to check.
func (r Rule) Or(more string) Rule {
	return Rule{Allowed: r.Allowed + ", or " + more, Check: func(v any) string {
		if wrong := r.Check(v); wrong != "" {
			return wrong + ", or " + more
		}
		return ""
	}}
}

// ListOf allows lists of the given words, each at most once, at least one.
func ListOf(words ...string) Rule {
	allowed := "must be a list of " + strings.Join(words, ", ")
	return List(allowed, func(item string) string {
		if slices.Contains(words, item) {
			return ""
		}
		return fmt.Sprintf("%q is not known; %s", item, allowed)
	})
}

// List allows lists with at least one entry and none twice, in which check finds
// nothing wrong with any entry.
func List(allowed string, check func(item string) string) Rule {
	return Rule{Allowed: allowed, Check: func(v any) string {
		items := v.([]string)
		if len(items) == 0 {
			return "must have at least one entry"
		}
		for i, item := range items {
			if wrong := check(item); wrong != "" {
				return wrong
			}
			if slices.Contains(items[:i], item) {
				return fmt.Sprintf("%q is listed twice", item)
			}
		}
		return ""
	}}
}

const maxName = 64

// Name allows labels that are fit for a folder on every system.
var Name = Where(func(name string) bool {
	return name != "" && len(name) <= maxName && !strings.ContainsAny(name[:1], ".-") &&
		!strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(nameLetters, r) })
}, "must be 1 to %d letters, digits, dots, dashes or underscores, the first a letter, digit or underscore", maxName)

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
