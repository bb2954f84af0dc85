package oracle

import "strings"

// Members replaces every family of a list of estimators or covariates by three
// of its members: "truncated-K" by "truncated-1", "truncated-2", "truncated-3".
// A family is a name that ends in a hyphen and a capital letter. Larger members
// are left out, because on the few steps that can be enumerated they are the
// exact thing.
func Members(names []string) []string {
	var out []string
	for _, name := range names {
		prefix, last := name[:max(len(name)-1, 0)], name[max(len(name)-1, 0):]
		if !strings.HasSuffix(prefix, "-") || last < "A" || last > "Z" {
			out = append(out, name)
			continue
		}
		for _, n := range []string{"1", "2", "3"} {
			out = append(out, prefix+n)
		}
	}
	return out
}
