package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// title names the network and what all its rows share.
func (b block) title() string {
	k, f := b.summary[0].Key, b.most()
	parts := []string{
		fmt.Sprintf("%s, %d hidden units, %s, seed %d", k.Cell, k.Hidden, k.Task, k.Seed),
		sampled(f),
		plural(int64(b.summary[0].NSteps), "measured step"),
		"Σ‖g‖² " + significant(f.ExactNormSq, plainDigits),
	}
	if shared, ok := b.convention(); ok {
		parts = append(parts, shared)
	}
	return strings.Join(parts, " · ")
}

// most are the figures of the row with the most draws. An estimator without
// noise has none, and some may have fewer.
func (b block) most() Figures {
	most := b.summary[0].Figures
	for _, r := range b.summary {
		if r.NDraws > most.NDraws {
			most = r.Figures
		}
	}
	return most
}

// sampled says what the figures are taken of.
func sampled(f Figures) string {
	if f.Sampling == "exhaustive" {
		return "all " + plural(f.NDraws, "sign pattern") + ", so every figure is exact and has no Monte Carlo error"
	}
	return plural(f.NDraws, "draw") + " in " + plural(int64(f.NGroups), "group")
}

func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.FormatInt(n, 10) + " " + noun
}

// convention is what all rows share; ok is false where they differ, and it
// stands in a column then. Names that end in -post say theirs themselves.
func (b block) convention() (shared string, ok bool) {
	for _, r := range b.summary {
		if strings.HasSuffix(r.Estimator, "-post") {
			continue
		}
		if shared != "" && r.Convention != shared {
			return "", false
		}
		shared = r.Convention
	}
	return shared, shared != ""
}

// line puts the estimator's name, and its convention where they differ, before
// cells.
func (b block) line(k Key, cells ...string) []string {
	if _, ok := b.convention(); ok {
		return append([]string{k.Name()}, cells...)
	}
	return append([]string{k.Name(), k.Convention}, cells...)
}

func (b block) header(cells ...string) []string {
	if _, ok := b.convention(); ok {
		return append([]string{"estimator"}, cells...)
	}
	return append([]string{"estimator", "conv."}, cells...)
}

// pooled is the table over all measured steps.
func (b block) pooled() *grid {
	g := &grid{header: b.header("rel_var", "bias²/‖g‖²", "var_ratio [95 %]", "λ", "corr", "cos", "max|z| (p)")}
	for _, r := range b.summary {
		f := r.Figures
		g.rows = append(g.rows, b.line(r.Key,
			withError(f.RelVar, perNorm(f.VarTraceMCSE, f)),
			withError(perNorm(f.BiasSq, f), perNorm(f.BiasSqMCSE, f)),
			withInterval(f.VarRatio, f.VarRatioLo, f.VarRatioHi),
			withError(f.LambdaUsed, f.LambdaMCSE),
			fixed(f.Correlation, 2),
			alone(f.Cosine, f.CosineMCSE),
			withP(f.MaxZ, f.MaxZP)))
	}
	return g
}

// perNorm divides a figure by ‖g‖², which is exact, so its error is only
// scaled. It does not exist where the gradient is zero.
func perNorm(x *float64, f Figures) *float64 {
	if x == nil || f.ExactNormSq == 0 {
		return nil
	}
	y := *x / f.ExactNormSq
	return Optional(y, finite(y))
}

func fixed(x *float64, places int) string {
	if x == nil {
		return absent
	}
	return rounded(*x, places)
}

func overTitle(steps int32) string {
	return "Over the " + plural(int64(steps), "measured step") + ": smallest, median, largest"
}

// overSteps is the table of what the figures do from step to step. Estimators
// without any step are left out.
func (b block) overSteps() *grid {
	g := &grid{header: b.header("rel_var", "var_ratio", "λ", "max|z| (p) at step")}
	for _, r := range b.summary {
		rows := b.stepsOf(r.Key)
		if len(rows) == 0 {
			continue
		}
		g.rows = append(g.rows, b.line(r.Key,
			spread(rows, digits3, func(f *Figures) *float64 { return f.RelVar }),
			spread(rows, places3, func(f *Figures) *float64 { return f.VarRatio }),
			spread(rows, places3, func(f *Figures) *float64 { return f.LambdaUsed }),
			worst(rows)))
	}
	return g
}

func (b block) stepsOf(k Key) []StepRow {
	var rows []StepRow
	for _, r := range b.steps {
		if r.Key == k {
			rows = append(rows, r)
		}
	}
	return rows
}

// spread prints smallest, median and largest of a figure.
func spread(rows []StepRow, text func(float64) string, figure func(*Figures) *float64) string {
	var values []float64
	for i := range rows {
		if x := figure(&rows[i].Figures); x != nil {
			values = append(values, *x)
		}
	}
	if len(values) == 0 {
		return absent
	}
	slices.Sort(values)
	return text(values[0]) + " " + text(median(values)) + " " + text(values[len(values)-1])
}

func digits3(x float64) string { return significant(x, 3) }

// places3 keeps the columns of ratios narrow: a λ of 1e60 takes no 60 digits.
func places3(x float64) string {
	if math.Abs(x) >= 1e4 {
		return significant(x, plainDigits)
	}
	return rounded(x, 3)
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2 // halves first: no overflow
}

// worst is the step with the largest |z|.
func worst(rows []StepRow) string {
	largest, at := math.Inf(-1), -1
	for i, r := range rows {
		if r.MaxZ != nil && *r.MaxZ > largest {
			largest, at = *r.MaxZ, i
		}
	}
	if at < 0 {
		return absent
	}
	return withP(rows[at].MaxZ, rows[at].MaxZP) + " at " + strconv.Itoa(int(rows[at].Step))
}

// notes are the remarks to single rows.
func (b block) notes() []string {
	notes := append(b.doubtNote(), b.biasNote()...)
	for _, r := range b.summary {
		name := r.Name() + ": "
		if r.NNonfinite > 0 {
			notes = append(notes, name+plural(r.NNonfinite, "draw")+" left out because a value was not finite")
		}
		if r.LambdaFit == "in-sample" {
			notes = append(notes, name+"λ was fitted on the draws that it corrects (in-sample): a bias of order 1/N, and the bias test does not count")
		}
		if r.NNonfinite == 0 && r.NDraws > 0 && r.NDraws != b.most().NDraws {
			notes = append(notes, name+"from "+plural(r.NDraws, "draw"))
		}
		if r.Warning != "" {
			notes = append(notes, name+r.Warning)
		}
	}
	return notes
}

// doubtNote says once what all rows of the network have in network_warning.
func (b block) doubtNote() []string {
	if text := b.summary[0].Doubt; text != "" {
		return []string{text}
	}
	return nil
}

// biasNote says how large a bias the tests could have seen; without it "no bias
// seen" says nothing.
func (b block) biasNote() []string {
	var found []string
	for _, r := range b.summary {
		if r.BiasDetectable == nil {
			continue
		}
		text := r.Name() + " " + significant(*r.BiasDetectable, 2)
		if r.BiasBound != nil {
			text += " (at most " + significant(*r.BiasBound, 2) + ")"
		}
		found = append(found, text)
	}
	if len(found) == 0 {
		return nil
	}
	return []string{"smallest ‖bias‖/‖g‖ that these draws find with 80 % power (and its upper 95 % bound): " + strings.Join(found, "; ")}
}

// legend explains the columns, and only what the report shows.
func legend(r Report) []string {
	notes := []string{

		"rel_var: Σ variance of one draw / ‖g‖², g the exact gradient; cos: mean cosine of one draw and g. ± is one Monte Carlo standard error.",
		"bias²/‖g‖²: debiased, so it may be negative; an unbiased estimator has 0 within its error.",
		"max|z|: largest of the tests for bias; p is adjusted for their number. It is silent about a bias that is too small for this many draws.",
	}
	if len(r.Convergence) > 0 {
		notes = append(notes, "Relative deviation: of means of N draws, root mean square over the draws, cut into runs of N, and all measured steps; √(rel_var/N + bias²/‖g‖²) is expected. exponent: b of deviation ∝ N^b by least squares on the logarithms, all N = 1, 2, 4, …; the interval is the group jackknife's.")
	}
	if slices.ContainsFunc(r.Summary, func(s SummaryRow) bool { return s.Covariate != "" }) {
		notes = append(notes, "var_ratio: variance / variance of plain UORO on the same draws. λ: coefficient of the control variate; corr: its correlation with the estimate."+ofSeveral(r))
	}
	if slices.ContainsFunc(r.Summary, func(s SummaryRow) bool { return strings.HasPrefix(s.Covariate, "linear-") }) {
		notes = append(notes, "linear-*: UORO is even in its noise and these covariates are odd, so their covariance is exactly 0: they cannot reduce the variance, however they are trained.")
	}
	return notes
}
