package reports

import (
	"cmp"
	"slices"

	"uorobench/bench"
	"uorobench/estimators"
)

// Derived are figures that follow from the rows of one network at one step (or
// over all), without any new draw. They stand in the CSV and JSON of a report,
// not in its datasets. The formulas are in docs/methods.md.
type Derived struct {
	SNR              *float64 `parquet:"snr" unit:"1" doc:"exact_norm_sq / var_trace: signal to noise of one draw; NULL without variance"`
	WorkVar          *float64 `parquet:"work_var" unit:"gradient²·multiply-adds" doc:"var_trace × draw_cost × (n_draws + pilot_draws) / n_draws: variance at equal work where many draws share the known part"`
	OnlineWorkVar    *float64 `parquet:"online_work_var" unit:"gradient²·multiply-adds" doc:"work_var with known_cost added to the work: one draw a step, which pays for the known part alone"`
	BreakEvenDraws   *float64 `parquet:"break_even_draws" unit:"draws" doc:"var_trace / bias_sq of the biased deterministic estimator of the run with the least bias: the mean of so many draws has its mean squared error. NULL where there is none"`
	BreakEvenAgainst string   `parquet:"break_even_against,optional" unit:"name" doc:"that biased estimator"`
}

// BreakEven is how many draws of an unbiased estimator must be averaged until
// their mean squared error is that of a biased deterministic one.
type BreakEven struct {
	Key
	Against   string   `parquet:"against" unit:"name" doc:"biased deterministic estimator of the same run"`
	Draws     float64  `parquet:"draws" unit:"draws" doc:"var_trace / bias_sq of the biased one; below 1 a single draw is better already"`
	DrawsMCSE *float64 `parquet:"draws_mcse" unit:"draws" doc:"Monte Carlo standard error of draws"`
}

// subject is a row without what tells a pooled one from one of a step.
type subject struct {
	Key
	*Figures
}

// subjects are the pooled rows.
func (b block) subjects() []subject {
	out := make([]subject, len(b.summary))
	for i := range out {
		out[i] = subject{b.summary[i].Key, &b.summary[i].Figures}
	}
	return out
}

// noBias is the share of ‖g‖² below which a bias is rounding: an estimator that
// is truncated later than the sequence is long gives the exact gradient, up to
// the order of its sums.
const noBias = 1e-20

// references are the biased deterministic estimators among rows, the least
// biased first.
func references(rows []subject) []subject {
	var found []subject
	for _, r := range rows {
		if r.deterministic() && r.VarTrace != nil && *r.VarTrace == 0 && r.BiasSq != nil && *r.BiasSq > noBias*r.ExactNormSq {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b subject) int { return cmp.Compare(*a.BiasSq, *b.BiasSq) })
	return found
}

// unbiased says whether more draws take the row's estimator to the exact
// gradient. A name that this program does not know is not taken for it.
func (s subject) unbiased() bool {
	sel, err := estimators.Parse(s.Name())
	return err == nil && sel.Spec.Bias == "unbiased" && s.varies()
}

// deterministic says whether the estimator draws nothing. One that draws may have no
// variance either, as on a single unit.
func (f *Figures) deterministic() bool {
	return f.NDraws == 0 || f.Sampling == bench.SamplingNone || (f.DrawCost != nil && *f.DrawCost == 0)
}

func (s subject) varies() bool { return s.VarTrace != nil && *s.VarTrace > 0 }

// breakEven is nil for two estimators that have no such number.
func breakEven(s, biased subject) *float64 {
	if !s.unbiased() {
		return nil
	}
	return quotient(*s.VarTrace, *biased.BiasSq)
}

// quotient is nil where it is not finite.
func quotient(a, b float64) *float64 {
	x := a / b
	return Optional(x, finite(x))
}

// derive computes the figures of s; rows are those of its network and step.
func derive(s subject, rows []subject) Derived {
	var d Derived
	if s.VarTrace == nil || s.deterministic() {
		return d
	}
	d.SNR = quotient(s.ExactNormSq, *s.VarTrace) // none without variance
	if s.DrawCost != nil && s.NDraws > 0 {
		work := s.workOfDraw()
		d.WorkVar = quotient(*s.VarTrace*work, 1)
		if s.KnownCost != nil {
			d.OnlineWorkVar = quotient(*s.VarTrace*(work+float64(*s.KnownCost)), 1)
		}
	}
	if r := references(rows); len(r) > 0 && s.varies() {
		if d.BreakEvenDraws = breakEven(s, r[0]); d.BreakEvenDraws != nil {
			d.BreakEvenAgainst = r[0].Name()
		}
	}
	return d
}

// workOfDraw is a draw's work with its share of the pilot draws.
func (s subject) workOfDraw() float64 {
	pilot := int64(0)
	if s.PilotDraws != nil {
		pilot = *s.PilotDraws
	}
	return float64(*s.DrawCost) * float64(s.NDraws+pilot) / float64(s.NDraws)
}

// breakEvens are all pairs of the pooled rows, network by network.
func (r Report) breakEvens() []BreakEven {
	var out []BreakEven
	for _, b := range r.blocks() {
		rows := b.subjects()
		for _, s := range rows {
			for _, ref := range references(rows) {
				if n := breakEven(s, ref); n != nil {
					out = append(out, BreakEven{Key: s.Key, Against: ref.Name(), Draws: *n, DrawsMCSE: s.relativeError(*n)})
				}
			}
		}
	}
	return out
}

// relativeError is the error of a figure that is proportional to var_trace, or
// to its inverse.
func (s subject) relativeError(of float64) *float64 {
	if s.VarTraceMCSE == nil || !s.varies() {
		return nil
	}
	return quotient(of**s.VarTraceMCSE, *s.VarTrace)
}
