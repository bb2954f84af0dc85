package reports

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/stats"
)

// CompareOptions say which rows are compared.
type CompareOptions struct {
	// Match lists the columns that two rows must agree in, of Matches(); nil is
	// all but hidden and seed, and with a baseline task and cell.
	Match []string
	// Baseline, if not empty, is the estimator of A that all others of B are
	// compared with.
	Baseline string
	// Steps compares step by step instead of the pooled rows.
	Steps bool
	// Force compares runs whose trajectories differ.
	Force bool
}

// Matches lists the columns that rows can be matched on; "estimator" is the whole
// name with covariate and scope.
func Matches() []string { return []string{"task", "cell", "hidden", "seed", "estimator", "convention"} }

// How says where the error of a ratio comes from. See docs/methods.md.
type How string

// The ways to an error, from the rows alone.
const (
	Independent How = "independent" // other draws: errors add in squares
	Paired      How = "paired"      // the same draws, measured as var_ratio
	Bound       How = "bound"       // the same draws: errors add at most
	ExactRatio  How = "exact"       // neither has an error
)

// Verdicts of a compared row at the family-wise level of 5 %.
const (
	Less    = "less" // B varies less than A
	More    = "more"
	Unknown = "~"
)

// ComparedRow is the ratio of the variances of two rows, B over A.
type ComparedRow struct {
	Task       string   `parquet:"task"`
	Cell       string   `parquet:"cell"`
	Step       *int32   `parquet:"step"` // nil over all measured steps
	EstimatorA string   `parquet:"estimator_a"`
	EstimatorB string   `parquet:"estimator_b"`
	DrawsA     int64    `parquet:"n_draws_a"`
	DrawsB     int64    `parquet:"n_draws_b"`
	VarA       float64  `parquet:"var_trace_a"`
	VarAMCSE   *float64 `parquet:"var_trace_a_mcse"`
	VarB       float64  `parquet:"var_trace_b"`
	VarBMCSE   *float64 `parquet:"var_trace_b_mcse"`
	Ratio      *float64 `parquet:"ratio"`
	RatioLo    *float64 `parquet:"ratio_lo"` // 95 %, of this row alone
	RatioHi    *float64 `parquet:"ratio_hi"`
	P          *float64 `parquet:"p"`
	PHolm      *float64 `parquet:"p_holm"` // adjusted for all rows of the comparison
	How        string   `parquet:"how,optional"`
	Verdict    string   `parquet:"verdict"`
}

// Comparison is what two runs, or the rows of one, have to say about each other.
type Comparison struct {
	PathA, PathB string // PathB is empty for one run
	Options      CompareOptions
	Differences  []string // of the trajectories, under Force
	Settings     []string // of the configurations
	Rows         []ComparedRow
	Notes        []string // what was left out, and what is doubtful
}

// TrajectoryError refuses a comparison of runs that were not measured on one
// trajectory.
type TrajectoryError struct {
	PathA, PathB string
	Differences  []string
}

func (e *TrajectoryError) Error() string {
	return fmt.Sprintf("%s and %s were not measured on one trajectory: %s; their variances say nothing about the estimators (--force compares them all the same)",
		e.PathA, e.PathB, strings.Join(e.Differences, "; "))
}

// Compare compares the rows of b with those of a; b may be a itself or nil, for
// the rows of one run against its baseline. The error is a *TrajectoryError where
// the runs differ in their trajectories, and else says what is wrong with the
// options or that nothing matches.
func Compare(a, b *RunData, o CompareOptions) (*Comparison, error) {
	c := &Comparison{PathA: a.Path, Options: o}
	if b == nil {
		b = a
	}
	if err := c.check(a, b); err != nil {
		return nil, err
	}
	if a != b {
		c.PathB = b.Path
		var err error
		if c.Settings, err = a.settings(b); err != nil {
			c.Notes = append(c.Notes, "settings are not compared: "+err.Error())
		}
		c.Differences = a.differences(b)
		if !o.Steps {
			c.Differences = append(c.Differences, a.stepsDifference(b)...)
		}
		if len(c.Differences) > 0 && !o.Force {
			return nil, &TrajectoryError{a.Path, b.Path, c.Differences}
		}
	}
	pairs, err := c.pairs(a.figureRows(o.Steps), b.figureRows(o.Steps), a == b)
	if err != nil {
		return nil, err
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("nothing to compare: %s", strings.Join(append(c.Notes, "no two rows with a variance match in "+strings.Join(c.Options.Match, ", ")), "; "))
	}
	c.fill(pairs)
	return c, nil
}

// check completes the options and refuses those that make no sense.
func (c *Comparison) check(a, b *RunData) error {
	o := &c.Options
	if a == b && o.Baseline == "" {
		return fmt.Errorf("one run has nothing to be compared with: give a second run, or --baseline ESTIMATOR")
	}
	if o.Match == nil {
		o.Match = []string{"task", "cell", "estimator", "convention"}
		if o.Baseline != "" {
			o.Match = []string{"task", "cell"}
		}
	}
	for _, m := range o.Match {
		if !slices.Contains(Matches(), m) {
			return fmt.Errorf("match %q: allowed are %s", m, strings.Join(Matches(), ", "))
		}
	}
	if names := a.names(); o.Baseline != "" && !slices.Contains(names, o.Baseline) {
		return fmt.Errorf("baseline %q is not in %s; it has %s", o.Baseline, a.Path, strings.Join(names, ", "))
	}
	return nil
}

func (r *RunData) names() []string {
	var names []string
	for _, s := range r.Report.Summary {
		if !slices.Contains(names, s.Name()) {
			names = append(names, s.Name())
		}
	}
	return names
}

// stepsDifference says where pooled rows are over other steps.
func (r *RunData) stepsDifference(o *RunData) []string {
	var out []string
	for _, cell := range r.cells() {
		a, b := r.gradients(cell), o.gradients(cell)
		if !slices.Contains(o.cells(), cell) {
			continue
		}
		common := 0
		for step := range a {
			if _, ok := b[step]; ok {
				common++
			}
		}
		if common != len(a) || common != len(b) {
			out = append(out, fmt.Sprintf("measured steps of %s: %d and %d, of which %d are the same (--steps compares those)", cell, len(a), len(b), common))
		}
	}
	return out
}

// fill computes the ratios and adjusts their p.
func (c *Comparison) fill(pairs []pair) {
	var p []float64
	for _, pr := range pairs {
		row := pr.row()
		ratio, one, how, ok := pr.ratio()
		if ok {
			row.Ratio, row.RatioLo, row.RatioHi = &ratio.Value, &ratio.Lo, &ratio.Hi
			row.P, row.How = &one, string(how)
			p = append(p, one)
		}
		c.Rows = append(c.Rows, row)
	}
	adjusted := stats.Holm(p)
	for i := range c.Rows {
		if c.Rows[i].P != nil {
			c.Rows[i].PHolm = &adjusted[0]
			adjusted = adjusted[1:]
		}
		c.Rows[i].Verdict = c.Rows[i].verdict()
	}
}

// level is that of the verdicts, for all rows together.
const level = 0.05

func (r *ComparedRow) verdict() string {
	switch {
	case r.PHolm == nil || *r.PHolm >= level:
		return Unknown
	case *r.Ratio < 1:
		return Less
	}
	return More
}
