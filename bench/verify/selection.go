package verify

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// Selection narrows a verification. Empty lists let everything through; else a
// case is in when its own name is listed, so that a case about no estimator is
// out as soon as estimators are chosen.
type Selection struct {
	Cells      []string
	Estimators []string
	Checks     []string // names of Checks
}

// Select makes a selection of names as a user writes them: cells, and
// estimators or families of estimators (tbptt-K stands for its small members),
// and checks.
// more are the checks of other rooms. It refuses a name that is not known, and an estimator's member that the small
// networks do not hold.
func Select(cells, names, checks []string, more ...*Check) (Selection, error) {
	s := Selection{Cells: cells, Checks: checks}
	all := checkNames(more)
	for _, name := range checks {
		if !slices.Contains(all, name) {
			return s, fmt.Errorf("unknown check %q; allowed: %s", name, strings.Join(all, ", "))
		}
	}
	for _, name := range cells {
		if !slices.Contains(cell.Names(), name) {
			return s, fmt.Errorf("unknown cell %q; allowed: %s", name, strings.Join(cell.Names(), ", "))
		}
	}
	known := estimatorNames()
	for _, name := range names {
		members := oracle.Members([]string{name})
		for _, m := range members {
			if !slices.Contains(known, m) {
				return s, fmt.Errorf("estimator %q is not verified by that name; allowed: %s", name, strings.Join(listed(), ", "))
			}
		}
		s.Estimators = append(s.Estimators, members...)
	}
	return s, nil
}

func checkNames(more []*Check) []string {
	var names []string
	for _, c := range append(Checks(), more...) {
		names = append(names, c.Name)
	}
	return names
}

// listed are the names of the list and the members of its families that are
// verified.
func listed() []string {
	var names []string
	for _, s := range estimators.All {
		names = append(names, s.Name)
		if s.Of != nil {
			names = append(names, oracle.Members([]string{s.Name})...)
		}
	}
	return names
}

// estimatorNames are all estimators that are verified.
func estimatorNames() []string {
	var names []string
	for _, s := range estimators.All {
		names = append(names, s.Name)
	}
	return oracle.Members(names)
}

// admits says whether a case is in.
func (s *Selection) admits(c *Case) bool {
	return among(s.Checks, c.Check.Name) && among(s.Cells, c.Cell) && among(s.Estimators, c.Estimator)
}

// mayAdmit says whether some case of a job may be in: a job that leaves a name
// empty may find cases of any, and one of covariateMeanCheck finds those of
// parityCheck.
func (s *Selection) mayAdmit(check *Check, subject Subject) bool {
	wanted := among(s.Checks, check.Name) || (check == covariateMeanCheck && among(s.Checks, parityCheck.Name))
	return wanted && (subject.Cell == "" || among(s.Cells, subject.Cell)) &&
		(subject.Estimator == "" || among(s.Estimators, subject.Estimator))
}

// among is true for an empty list.
func among(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
