package bench

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"uorobench/bench/weights"
	"uorobench/estimators"
)

// whole allows whole numbers from lo to hi.
func whole(lo, hi int64) rule {
	r := rule{allowed: fmt.Sprintf("must be a whole number from %d to %s", lo, bound(hi))}
	r.check = func(v any) string {
		var n int64
		switch v := v.(type) {
		case int:
			n = int64(v)
		case int64:
			n = v
		case uint64:
			n = int64(min(v, 1<<63-1))
		}
		if n < lo || n > hi {
			return r.allowed
		}
		return ""
	}
	return r
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

// number allows finite numbers above lo and up to hi.
func number(lo, hi float64) rule {
	r := rule{allowed: fmt.Sprintf("must be a number above %g and at most %g", lo, hi)}
	r.check = func(v any) string {
		// Written so that NaN, which compares false, is refused.
		if x := v.(float64); x > lo && x <= hi {
			return ""
		}
		return r.allowed
	}
	return r
}

// oneOf allows the given words.
func oneOf(words ...string) rule {
	r := rule{allowed: "must be one of " + strings.Join(words, ", ")}
	r.check = func(v any) string {
		if slices.Contains(words, v.(string)) {
			return ""
		}
		return r.allowed
	}
	return r
}

// listOf allows lists of the given words, each at most once, at least one.
func listOf(words ...string) rule {
	r := rule{allowed: "must be a list of " + strings.Join(words, ", ")}
	r.check = func(v any) string {
		return checkList(v.([]string), func(item string) string {
			if slices.Contains(words, item) {
				return ""
			}
			return fmt.Sprintf("%q is not known; %s", item, r.allowed)
		})
	}
	return r
}

// checkList returns what is wrong with a list: an item, or a repeated or no item.
func checkList(items []string, check func(string) string) string {
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
}

var estimatorsRule = rule{
	allowed: "must be a list of name[/covariate[/scope]]",
	check: func(v any) string {
		items := v.([]string)
		if wrong := checkList(items, checkEstimator); wrong != "" {
			return wrong
		}
		return checkSpellings(items)
	},
}

func checkEstimator(label string) string {
	sel, err := estimators.Parse(label)
	if err != nil {
		return err.Error()
	}
	for i, c := range sel.Covariates {
		if slices.Contains(sel.Covariates[:i], c) {
			return fmt.Sprintf("estimator %q has covariate %q twice", label, c)
		}
	}
	return ""
}

// checkSpellings refuses two spellings of one estimator: their rows would be the
// same in every column.
func checkSpellings(labels []string) string {
	seen := map[string]string{}
	for _, label := range labels {
		full := canonicalLabel(label)
		if before, ok := seen[full]; ok {
			return fmt.Sprintf("%q and %q are the same estimator", before, label)
		}
		seen[full] = label
	}
	return ""
}

// canonicalLabel is the estimator's name with the scope spelled out. It is as
// given where the name is not valid.
func canonicalLabel(label string) string {
	sel, err := estimators.Parse(label)
	if err != nil {
		return label
	}
	return sel.Label
}

const weightsSuffix = ".safetensors"

var weightsRule = rule{
	allowed: "must be random, early, mid, late, copy, balancing or a file that ends in " + weightsSuffix,
	check: func(v any) string {
		w := v.(string)
		if w == WeightsRandom || w == WeightsBalancing || weights.IsStage(w) || isWeightsFile(w) {
			return ""
		}
		return "must be random, early, mid, late, copy, balancing or a file that ends in " + weightsSuffix
	},
}

func isWeightsFile(w string) bool { return strings.HasSuffix(w, weightsSuffix) }

const maxName = 64

// nameRule keeps names fit for a folder on every system.
var nameRule = rule{
	allowed: nameAllowed,
	check: func(v any) string {
		name := v.(string)
		if name == "" || len(name) > maxName || strings.ContainsAny(name[:1], ".-") {
			return nameAllowed
		}
		if strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(nameLetters, r) }) {
			return nameAllowed
		}
		return ""
	},
}

const (
	nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	nameAllowed = "must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter, digit or underscore"
)
