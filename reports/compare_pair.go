package reports

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/stats"
)

// figureRow is a pooled row, or one of a step.
type figureRow struct {
	subject
	step *int32 // nil where pooled
}

func (r *RunData) figureRows(steps bool) []figureRow {
	var out []figureRow
	if steps {
		for i := range r.Report.Steps {
			s := &r.Report.Steps[i]
			out = append(out, figureRow{subject{s.Key, &s.Figures}, &s.Step})
		}
		return out
	}
	for i := range r.Report.Summary {
		s := &r.Report.Summary[i]
		out = append(out, figureRow{subject: subject{s.Key, &s.Figures}})
	}
	return out
}

// pair is two rows that match. sameRun says that they are of one run.
type pair struct {
	a, b    figureRow
	sameRun bool
}

// pairs finds for every row of b the one of a, in the order of b, and notes what
// has none.
func (c *Comparison) pairs(a, b []figureRow, sameRun bool) ([]pair, error) {
	index := make(map[string][]figureRow)
	for _, r := range a {
		if base := c.Options.Baseline; base == "" || r.Name() == base {
			index[c.match(r)] = append(index[c.match(r)], r)
		}
	}
	var pairs []pair
	var alone, still, doubtful labels
	met := make(map[string]bool)
	for _, r := range b {
		if sameRun && r.Name() == c.Options.Baseline {
			continue
		}
		found := index[c.match(r)]
		met[c.match(r)] = true
		switch {
		case len(found) > 1:
			return nil, fmt.Errorf("%s of %s matches %d rows (%s): match on more columns, or give a baseline", r.label(), c.pathB(), len(found), found[0].Name()+", "+found[1].Name())
		case len(found) == 0:
			alone.add("B: " + r.label())
		case !r.varies() || !found[0].varies():
			still.add(r.label())
		default:
			pairs = append(pairs, pair{found[0], r, sameRun})
			doubtful.addWarned(found[0], r)
		}
	}
	if c.Options.Baseline == "" {
		for _, r := range a {
			if !met[c.match(r)] {
				alone.add("A: " + r.label())
			}
		}
	}
	c.note("without a partner: ", alone)
	c.note("left out, without variance: ", still)
	c.note("doubtful, as the reports of the runs say: ", doubtful)
	return pairs, nil
}

func (c *Comparison) pathB() string {
	if c.PathB == "" {
		return c.PathA
	}
	return c.PathB
}

func (c *Comparison) note(text string, n labels) {
	if len(n) > 0 {
		c.Notes = append(c.Notes, text+strings.Join(n, ", "))
	}
}

// labels are without repetition: the steps of a row have one.
type labels []string

func (n *labels) add(name string) {
	if !slices.Contains(*n, name) {
		*n = append(*n, name)
	}
}

func (n *labels) addWarned(a, b figureRow) {
	if a.Warning != "" {
		n.add("A: " + a.label())
	}
	if b.Warning != "" {
		n.add("B: " + b.label())
	}
}

func (r figureRow) label() string { return r.Cell + " " + r.Name() }

// match is what two rows must have in common.
func (c *Comparison) match(r figureRow) string {
	values := map[string]string{
		"task": r.Task, "cell": r.Cell, "hidden": fmt.Sprint(r.Hidden), "seed": fmt.Sprint(r.Seed),
		"estimator": r.Name(), "convention": r.Convention,
	}
	parts := make([]string, 0, len(c.Options.Match)+1)
	for _, m := range c.Options.Match {
		parts = append(parts, values[m])
	}
	if r.step != nil {
		parts = append(parts, fmt.Sprint(*r.step))
	}
	return strings.Join(parts, "\x00")
}

func (p pair) row() ComparedRow {
	return ComparedRow{
		Task: p.b.Task, Cell: p.b.Cell, Step: p.b.step, EstimatorA: p.a.Name(), EstimatorB: p.b.Name(),
		DrawsA: p.a.NDraws, DrawsB: p.b.NDraws,
		VarA: *p.a.VarTrace, VarAMCSE: p.a.VarTraceMCSE, VarB: *p.b.VarTrace, VarBMCSE: p.b.VarTraceMCSE,
	}
}

// ratio compares the variances; ok is false where an error is missing.
func (p pair) ratio() (ratio stats.Interval, one float64, how How, ok bool) {
	a, okA := p.a.level()
	b, okB := p.b.level()
	common := p.a.Seed == p.b.Seed
	if okA && okB && !common {
		ratio, one = b.Ratio(a)
		return ratio, one, exactOr(Independent, a, b), true
	}
	if p.sameRun && p.a.plain() == p.b.plain() {
		plainA, okPA := p.a.levelOverPlain()
		plainB, okPB := p.b.levelOverPlain()
		if okPA && okPB && (!okA || !okB || plainA.SE+plainB.SE < a.SE+b.SE) {
			ratio, one = plainB.RatioBound(plainA)
			if plainA.SE == 0 || plainB.SE == 0 {
				return ratio, one, exactOr(Paired, plainA, plainB), true
			}
			return ratio, one, Bound, true
		}
	}
	if !okA || !okB {
		return stats.Interval{}, 0, "", false
	}
	ratio, one = b.RatioBound(a)
	return ratio, one, exactOr(Bound, a, b), true
}

func exactOr(how How, a, b stats.LogLevel) How {
	if a.SE == 0 && b.SE == 0 {
		return ExactRatio
	}
	return how
}

// level is log var_trace with its error and its interval.
func (r figureRow) level() (stats.LogLevel, bool) {
	if r.VarTraceMCSE == nil {
		return stats.LogLevel{}, false
	}
	l, ok := stats.NewLogLevel(*r.VarTrace, *r.VarTraceMCSE, int(r.NGroups))
	if !ok || r.VarTraceLo == nil || r.VarTraceHi == nil {
		return l, ok
	}
	return l.Within(*r.VarTraceLo, *r.VarTraceHi)
}

// plain names the estimator that the row's var_ratio is taken against.
func (r figureRow) plain() string {
	return strings.TrimPrefix(r.Estimator, "cv-") + " " + r.Convention
}

// levelOverPlain is log var_ratio with its error; that of the plain estimator
// itself is 0 without error.
func (r figureRow) levelOverPlain() (stats.LogLevel, bool) {
	if r.Covariate == "" {
		return stats.ExactLogLevel(1), true
	}
	if r.VarRatio == nil || r.VarRatioLo == nil || r.VarRatioHi == nil {
		return stats.LogLevel{}, false
	}
	return stats.NewLogLevelCI(*r.VarRatio, *r.VarRatioLo, *r.VarRatioHi, int(r.NGroups))
}
