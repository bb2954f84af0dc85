package estimators

import (
	"fmt"
	"strconv"
	"strings"
)

// Range is the numbers that a family of estimators or covariates takes, both
// ends included. A family stands in its list under a name that ends in one
// letter, such as "truncated-K"; its members are called "truncated-8" and so on.
type Range struct{ Lo, Hi int }

// Member reads name as a member of the family called pattern. ok is false when
// the name is of another kind; the error says that it is of this kind, but its
// number is none, is out of range, or is not written the usual way: "08" and
// "+8" are refused, so that a member has one name in all tables.
func (r Range) Member(pattern, name string) (n int, ok bool, err error) {
	prefix := pattern[:len(pattern)-1]
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false, nil
	}
	n, err = strconv.Atoi(digits)
	if err != nil || strconv.Itoa(n) != digits || n < r.Lo || n > r.Hi {
		return 0, true, fmt.Errorf("%q: the %s of %s must be a whole number from %d to %d, as in %s%d",
			name, pattern[len(prefix):], pattern, r.Lo, r.Hi, prefix, min(max(r.Lo, 2), r.Hi))
	}
	return n, true, nil
}
