package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// estimatorsCommand lists what can stand in an experiment's list of estimators.
type estimatorsCommand struct{}

// Costs are told for the default experiment's network.
const (
	shownCell   = "gru"
	shownInputs = 3
	shownHidden = 32
)

func (c *estimatorsCommand) execute(_ context.Context, out output) error {
	layout, err := layoutOf(shownCell)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "An estimator is named name[/covariate[/scope]]. A capital at the end of a name is a number.\n")
	fmt.Fprintf(&b, "Costs are multiply-adds a step for a %s with %d inputs and H = %d: per draw + shared by all.\n",
		shownCell, shownInputs, shownHidden)
	fmt.Fprintf(&b, "%s\n", costConvention)
	fmt.Fprintf(&b, "\nESTIMATORS\n\n")
	for _, s := range estimators.All {
		if err := writeEstimator(&b, s); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "COVARIATES, for cv-NAME/covariate; several are joined by +\n\n")
	for _, s := range estimators.Covariates {
		writeCovariate(&b, layout, s)
	}
	fmt.Fprintf(&b, "SCOPES of λ, for cv-NAME/covariate/scope\n\n")
	for _, s := range estimators.Scopes {
		fmt.Fprintf(&b, "  %-12s %s\n", s, scopeMeanings[s])
	}
	_, err = b.WriteTo(out.stdout)
	return err
}

// costConvention is that of estimators.Cost.
const costConvention = `Counted for all alike, up to ĝ as P numbers: a product, a sum or both at once is one, for every
number. A draw pays for its state, norms and scalar, and P for forming its ĝ; shared are the
direct term, exact influences and the covariates' means. Not counted: the trajectory (q too),
the noise, and what is done for a single number (a root, ρ0, λ). Measured seconds of the same
step: uorobench bench --estimators NAME,…`

var scopeMeanings = map[string]string{
	"one":        "λ = 1, not fitted",
	"trace":      "one per step, for the trace of the covariance (the default)",
	"pooled":     "one for all steps",
	"unit":       "one per hidden unit and step",
	"coordinate": "one per parameter and step",
}

func layoutOf(name string) (*cell.Layout, error) {
	c, err := cell.New(name, shownInputs, shownHidden)
	if err != nil {
		return nil, err
	}
	return c.Layout(), nil
}

// writeEstimator writes one entry. Formulas stand on lines of their own: they
// are too long, and their accents too wide, for a table's column.
func writeEstimator(w io.Writer, s estimators.Spec) error {
	names := s.Name
	if s.Variates {
		names += ", cv-" + s.Name + "/…"
	}
	fmt.Fprintf(w, "  %-42s %s\n", names, s.Bias)
	writeFormula(w, s.Formula)
	writeFormula(w, s.Citation)
	member := memberOf(s)
	cells := admitted(member)
	if len(cells) == 0 {
		return fmt.Errorf("estimator %s: no cell admits it", s.Name)
	}
	on := shownCell
	if !slices.Contains(cells, on) {
		on = cells[0]
	}
	cost, err := costOf(member, on)
	if err != nil {
		return fmt.Errorf("estimator %s: %w", s.Name, err)
	}
	fmt.Fprintf(w, "    cost %s%s, state %d numbers per draw\n", costText(cost), whose(member.Name, s.Name, on), cost.Numbers)
	fmt.Fprintf(w, "    cells: %s\n\n", strings.Join(cells, ", "))
	return nil
}

func costOf(s estimators.Spec, cellName string) (estimators.Cost, error) {
	l, err := layoutOf(cellName)
	if err != nil {
		return estimators.Cost{}, err
	}
	chain, err := s.New(l, shownOptions(s))
	if err != nil {
		return estimators.Cost{}, err
	}
	return chain.Cost, nil
}

func costText(c estimators.Cost) string {
	return fmt.Sprintf("%d per draw + %d", c.PerDraw, c.Shared)
}

// whose says what a cost belongs to, where that is not the entry on the shown cell.
func whose(member, entry, cellName string) string {
	var notes []string
	if member != entry {
		notes = append(notes, member)
	}
	if cellName != shownCell {
		notes = append(notes, "on a "+cellName)
	}
	if notes == nil {
		return ""
	}
	return " (" + strings.Join(notes, " ") + ")"
}

// shownOptions are the defaults; costs do not depend on the covariates' weights.
func shownOptions(s estimators.Spec) estimators.Options {
	o := estimators.Options{Guard: estimators.GuardCode, Normals: func(_ string, dst []float64) { clear(dst) }}
	if s.Convention != nil {
		o.Convention = *s.Convention
	}
	return o
}

// memberOf is the estimator itself, or the first member of a family.
func memberOf(s estimators.Spec) estimators.Spec {
	if s.Of == nil {
		return s
	}
	member := s.Of(s.Numbers.Lo)
	member.Name = memberName(s.Name, s.Numbers)
	return member
}

// memberName puts the first number in the place of a family's last letter.
func memberName(family string, numbers estimators.Range) string {
	return family[:len(family)-1] + strconv.Itoa(numbers.Lo)
}

// admitted lists the cells that the estimator can be had for.
func admitted(s estimators.Spec) []string {
	var names []string
	for _, name := range cell.Names() {
		if l, err := layoutOf(name); err == nil && s.Check(l) == nil {
			names = append(names, name)
		}
	}
	return names
}

func writeCovariate(w io.Writer, l *cell.Layout, s estimators.CovariateSpec) {
	member := s
	if s.Of != nil {
		member = s.Of(s.Numbers.Lo)
		member.Name = memberName(s.Name, s.Numbers)
	}
	shares := "shares UORO's θ̃"
	if !member.SharesTheta() {
		shares = "odd in the noise: λ = 0"
	}
	fmt.Fprintf(w, "  %-42s %s\n", s.Name, shares)
	writeFormula(w, s.Formula)
	writeFormula(w, s.Citation)
	if slices.Contains(estimators.Trainable, s.Name) {
		mark := estimators.TrainingMark
		writeFormula(w, "trained as "+s.Name+mark+strings.Join(estimators.TrainingMethods, ", "+mark))
	}
	fmt.Fprintf(w, "    adds %s%s\n\n", costText(member.Cost(l)), whose(member.Name, s.Name, shownCell))
}

// formulaWidth leaves room for the indent in 96 columns.
const formulaWidth = 92

// writeFormula writes a formula or a source, broken at spaces where it is long.
func writeFormula(w io.Writer, formula string) {
	line, width := "   ", 0
	for word := range strings.FieldsSeq(formula) {
		if n := columns(word); width > 0 && width+1+n > formulaWidth {
			fmt.Fprintln(w, line)
			line, width = "   ", 0
		}
		line += " " + word
		width += 1 + columns(word)
	}
	fmt.Fprintln(w, line)
}

// columns counts what a terminal shows: combining marks take no room.
func columns(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Mn, r) {
			n++
		}
	}
	return n
}
