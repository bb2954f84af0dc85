package reports

import (
	"math"
	"slices"
	"strings"

	"uorobench/bench"
	"uorobench/bench/verify"
	"uorobench/estimators"
)

// relationsCheck needs no draws.
var relationsCheck = &verify.Check{
	Name: "relations", Against: "the other columns of the row, of the estimator's other rows, and the configuration",
	Claim:     "keys, counts and the names of choices; quotients, sums over the steps, Holm's p, z of the exact variance; that ends of intervals hold their figure and quantiles rise; relative",
	Tolerance: 1e-9,
}

// figureColumns are the columns of Figures.
var figureColumns = columnsOf(reflectFigures)

// relation is what must hold of the figures of a row of steps, summary or total.
type relation struct {
	f       *finding
	dataset string
	key     Key
	row     *Figures
	e       *bench.Experiment
	plain   *Figures // of the row without the control variate; nil where it is not reported
	doubt   string   // network_warning of the cell's first row
}

// recheckRelations looks at all rows, a case per estimator, and at the order and
// the keys of all datasets.
func (r *runRows) recheckRelations(again *recomputed, seen map[string]int) []verify.Case {
	all := &finding{check: relationsCheck, seen: seen}
	keys, err := r.keys()
	if err != nil {
		all.fail("%v", err)
		return []verify.Case{all.verdict()}
	}
	r.checkKeys(all, keys)
	r.checkHolm(all)
	r.checkSequence(all)
	r.checkScales(all, again)
	cases := []verify.Case{all.verdict()}
	for i := range r.Summary {
		s := &r.Summary[i]
		f := &finding{check: relationsCheck, subject: subjectOf(s.Key), seen: seen}
		r.checkRows(f, s)
		cases = append(cases, f.verdict())
	}
	return cases
}

func (r *runRows) checkRows(f *finding, s *SummaryRow) {
	base := plainOf(s.Key)
	doubt := r.Summary[slices.IndexFunc(r.Summary, func(o SummaryRow) bool { return o.Cell == s.Cell })].Doubt
	find := func(rows []SummaryRow) *Figures {
		if at := slices.IndexFunc(rows, func(o SummaryRow) bool { return o.Key == base }); at >= 0 {
			return &rows[at].Figures
		}
		return nil
	}
	check := func(dataset string, row, plain *Figures) {
		(&relation{f, dataset, s.Key, row, r.experiment, plain, doubt}).all()
	}
	check("summary", &s.Figures, find(r.Summary))
	steps, plain := r.stepsOf(s.Key), r.stepsOf(base)
	for m, row := range steps {
		if m < len(plain) {
			check("steps", &row.Figures, &plain[m].Figures)
		} else {
			check("steps", &row.Figures, nil)
		}
		f.holds(row.NDraws+row.NNonfinite == s.NDraws+s.NNonfinite, "steps: step %d: n_draws + n_nonfinite = %d, in summary %d", row.Step, row.NDraws+row.NNonfinite, s.NDraws+s.NNonfinite)
	}
	for i := range r.Total {
		if t := &r.Total[i]; t.Key == s.Key {
			f.holds(t.NSteps == s.NSteps, "total: n_steps = %d, in summary %d", t.NSteps, s.NSteps)
			check("total", &t.Figures, find(r.Total))
		}
	}
	r.checkSums(f, s, steps)
}

// checkSums compares what is a sum, or a mean, over the steps.
func (r *runRows) checkSums(f *finding, s *SummaryRow, steps []*StepRow) {
	got := numbersOf(s.Figures)
	for _, name := range []string{"var_trace_exact", "var_exact_spatial", "var_exact_temporal", "var_exact_k1", "var_exact_k3",
		"yardstick_time", "yardstick_unit", "shared_exact", "shared", "cosine", "lambda_exact", "along_exact"} {
		sum, weight := 0.0, 0.0
		for _, row := range steps {
			of, w := numbersOf(row.Figures), 1.0
			if name == "along_exact" {
				w = of["exact_norm_sq"]
			}
			if v, ok := of[name]; ok {
				sum, weight = sum+w*v, weight+w
			}
		}
		want := sum
		switch name {
		case "cosine", "lambda_exact", "along_exact":
			want = sum / weight
		}
		if g, ok := got[name]; ok && weight > 0 && s.NNonfinite == 0 && (name != "cosine" || weight == float64(len(steps))) {
			f.compare("summary", name, g, want, math.Abs(sum)+1e-3)
		}
	}
}

func (q *relation) all() {
	q.choices()
	q.counts()
	q.quotients()
	q.order()
	q.tests()
	q.undefined()
	q.exact()
	q.tails()
}

// hasNoise says whether the estimator draws; unknown names are taken to.
func (q *relation) hasNoise() bool { return q.row.Sampling != "none" }

// choices are the names and counts that the configuration gives.
func (q *relation) choices() {
	row, f := q.row, q.f
	sampling := "random"
	sel, err := estimators.Parse(q.key.Name())
	switch {
	case err != nil:
		f.fail("%v", err)
		return
	case q.row.NDraws+q.row.NNonfinite == 0:
		sampling = "none"
	case q.e.Noise == bench.NoiseExhaustive:
		sampling = "exhaustive"
	}
	f.holds(row.Sampling == sampling, "%s: sampling is %q, must be %q", q.dataset, row.Sampling, sampling)
	fit := ""
	if sel.Scope != "" && sel.Scope != "one" {
		if fit = q.e.LambdaFit; sampling == "exhaustive" {
			fit = "exact"
		}
	}
	f.holds(row.LambdaFit == fit, "%s: lambda_fit is %q, must be %q", q.dataset, row.LambdaFit, fit)
	f.holds((row.LambdaUsed != nil) == (sel.Scope != ""), "%s: lambda_used is there or not against the scope %q", q.dataset, sel.Scope)
	f.holds(sel.Scope != "one" || (row.LambdaMCSE == nil && numberOf(row.LambdaUsed) == 1), "%s: lambda_used of scope one is not 1 without an error", q.dataset)
	pilot := int64(0)
	if fit == bench.FitPilot {
		pilot = q.pilotDraws(sel)
	}
	given := int64(0)
	if row.PilotDraws != nil {
		given = *row.PilotDraws
	}
	f.holds(given == pilot, "%s: pilot_draws = %d, must be %d", q.dataset, given, pilot)
}

// draws are those of the configuration, and at most plain_draws of what the engine
// does not carry: other estimators, and the sum over the steps.
func (q *relation) draws() int64 {
	sel, err := estimators.Parse(q.key.Name())
	if err != nil || !q.engine(sel) || (q.dataset == "total" && !q.e.HasDetail(bench.DetailDraws)) {
		return min(q.e.Draws, q.e.PlainDraws)
	}
	return q.e.Draws
}

// engine says whether the engine covers the estimator with what is asked of it.
func (q *relation) engine(sel estimators.Selection) bool {
	all, onTheta := estimators.Covers(sel.Covariates)
	byBin := sel.Scope == "unit" || sel.Scope == "coordinate" || q.e.HasDetail(bench.DetailCoordinates)
	return sel.Spec.Engine && all && (onTheta || !byBin)
}

// pilotDraws are those of the configuration; of what plain batches carry, the same
// share of plain_draws, at least a chunk per group.
func (q *relation) pilotDraws(sel estimators.Selection) int64 {
	e := q.e
	if q.engine(sel) || e.Draws <= e.PlainDraws {
		return e.Pilot
	}
	return max(int64(float64(e.Pilot)/float64(e.Draws)*float64(e.PlainDraws)), int64(e.Groups)*estimators.Lanes)
}

// counts are draws and groups.
func (q *relation) counts() {
	row, e := q.row, q.e
	drawn := row.NDraws + row.NNonfinite
	if q.hasNoise() && row.Sampling == "random" && e.Precision == 0 {
		asked := q.draws()
		q.f.holds(drawn == asked, "%s: n_draws + n_nonfinite = %d, the configuration asks for %d", q.dataset, drawn, asked)
	}
	groups := min(int64(e.Groups), (drawn+estimators.Lanes-1)/estimators.Lanes)
	q.f.holds(int64(row.NGroups) == groups || (row.NNonfinite > 0 && int64(row.NGroups) < groups), "%s: n_groups = %d of %d draws in %d groups", q.dataset, row.NGroups, drawn, e.Groups)
	q.f.holds(row.NNonfinite >= 0 && (row.NNonfinite == 0 || strings.Contains(row.Warning, "left the finite numbers")), "%s: n_nonfinite = %d without its warning", q.dataset, row.NNonfinite)
}

// undefined: what is withheld is NULL, and what could not be a number is named.
func (q *relation) undefined() {
	row := q.row
	if row.tailNotDrawn() {
		for name := range numbersOf(*row) {
			q.f.holds(!ofBias[name], "%s: %s is there, and the tail was not drawn", q.dataset, name)
		}
	}
	q.f.holds(row.NUndefined >= 0 && (row.NUndefined > 0) == strings.Contains(row.Warning, "no finite number, and NULL"), "%s: n_nonfinite_figures = %d does not fit the warning", q.dataset, row.NUndefined)
	q.f.holds(row.Doubt == q.doubt, "%s: network_warning is not that of the cell's other rows", q.dataset)
}

// numberOf is NaN for NULL.
func numberOf(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// is compares a column that exists with a figure of other columns that exist.
func (q *relation) is(name string, got *float64, want, size float64) {
	if got != nil && finite(want) {
		q.f.compare(q.dataset, name, *got, want, size)
	}
}

func (q *relation) quotients() {
	row := q.row
	size := math.Abs(numberOf(row.VarTrace)) + row.ExactNormSq
	q.f.holds(row.ExactNormSq >= 0 && !(numberOf(row.VarTrace) < 0), "%s: a square is negative", q.dataset)
	q.is("rel_var", row.RelVar, numberOf(row.VarTrace)/row.ExactNormSq, 1e-9)
	q.is("mse", row.MSE, numberOf(row.BiasSq)+numberOf(row.VarTrace), size)
	if q.plain != nil && *orOne(q.plain.VarTrace) > 0 && q.plain.NDraws == row.NDraws {
		q.is("var_ratio", row.VarRatio, numberOf(row.VarTrace)/numberOf(q.plain.VarTrace), 1e-3)
	}
}

func orOne(x *float64) *float64 {
	if x == nil {
		return some1
	}
	return x
}

var some1 = Optional(1.0, true)

// within says whether an interval holds its figure; NULL is held by anything.
func (q *relation) within(name string, lo, value, hi *float64) {
	slack := 1e-12 * (math.Abs(numberOf(value)) + 1e-300)
	q.f.holds(!(numberOf(lo) > numberOf(value)+slack) && !(numberOf(value) > numberOf(hi)+slack), "%s: %s = %.6g is not within %.6g to %.6g", q.dataset, name, numberOf(value), numberOf(lo), numberOf(hi))
	q.f.holds((lo == nil) == (hi == nil), "%s: %s has one end of its interval", q.dataset, name)
}

func (q *relation) order() {
	row, f := q.row, q.f
	q.within("bias_sq", row.BiasSqLo, row.BiasSq, row.BiasSqHi)
	q.within("var_trace", row.VarTraceLo, row.VarTrace, row.VarTraceHi)
	q.within("var_ratio", row.VarRatioLo, row.VarRatio, row.VarRatioHi)
	q.within("median cosine", row.CosineQ05, row.CosineQ50, row.CosineQ95)
	for name, x := range map[string]*float64{"cosine": row.Cosine, "cosine_q05": row.CosineQ05, "cosine_q95": row.CosineQ95, "correlation": row.Correlation} {
		f.holds(x == nil || math.Abs(*x) <= 1+1e-9, "%s: %s = %v", q.dataset, name, numberOf(x))
	}
	for name, x := range map[string]*float64{"bias_sq_mcse": row.BiasSqMCSE, "var_trace_mcse": row.VarTraceMCSE, "cosine_mcse": row.CosineMCSE, "along_exact_mcse": row.AlongMCSE,
		"shared_mcse": row.SharedMCSE, "lambda_mcse": row.LambdaMCSE, "bias_detectable": row.BiasDetectable} {
		f.holds(x == nil || *x >= 0, "%s: %s = %v is negative", q.dataset, name, numberOf(x))
	}
	f.holds(row.Correlation == nil || q.key.Covariate != "", "%s: correlation of an estimator without covariate", q.dataset)
	q.logWidth()
}

// logWidth: neither end of var_trace's interval is nearer than Student's at groups
// − 1 degrees of freedom, of which the normal point is a bound.
func (q *relation) logWidth() {
	row := q.row
	if row.Sampling != "random" || row.VarTraceLo == nil || row.VarTraceHi == nil || row.VarTraceMCSE == nil || !(numberOf(row.VarTrace) > 0) {
		return
	}
	least := 1.9599 * *row.VarTraceMCSE / *row.VarTrace
	below, above := math.Log(*row.VarTrace / *row.VarTraceLo), math.Log(*row.VarTraceHi / *row.VarTrace)
	q.f.holds(below >= least && above >= least, "%s: the ends of var_trace lie nearer than its standard error allows", q.dataset)
}

func (q *relation) tests() {
	row, f := q.row, q.f
	for name, p := range map[string]*float64{"bias_p": row.BiasP, "max_z_p": row.MaxZP, "max_z_holm": row.MaxZHolm} {
		f.holds(p == nil || (*p >= 0 && *p <= 1), "%s: %s = %v", q.dataset, name, numberOf(p))
	}
	if row.BiasSq != nil && row.ExactNormSq > 0 {
		f.holds(!(numberOf(row.BiasBound) < math.Sqrt(math.Max(0, *row.BiasSq)/row.ExactNormSq)*(1-1e-9)), "%s: bias_bound = %v lies below the bias itself", q.dataset, numberOf(row.BiasBound))
	}
	if row.MaxZ != nil && row.MaxZP != nil {
		one := math.Erfc(*row.MaxZ / math.Sqrt2) // of one test alone
		f.holds(*row.MaxZP >= one*(1-1e-6) && *row.MaxZP <= math.Min(1, 10*one)*(1+1e-6), "%s: max_z_p = %v does not fit max_z = %v", q.dataset, *row.MaxZP, *row.MaxZ)
	}
}

// exactOverflows says whether the closed form may be no float64: its products of adjoints
// and influences, which are in all its figures but the part within each time and the
// yardsticks, are as large as the square of ‖g‖² where nothing bounds the noise, and
// 0 times infinity where the last adjoint vanished.
func (f *Figures) exactOverflows() bool {
	beyond := func(x *float64) bool { return x == nil || *x > 1e-9*math.MaxFloat64 }
	return (f.ExactNormSq == 0 || f.ExactNormSq > 1e-20*math.Sqrt(math.MaxFloat64)) && f.VarTraceZ == nil && beyond(f.VarExactTemporal) && (beyond(f.VarExactK1) || beyond(f.VarExactK3))
}

// exact are the relations of the closed form.
func (q *relation) exact() {
	row, f := q.row, q.f
	v := numberOf(row.VarTraceExact)
	f.holds(row.VarTraceExact != nil || (row.VarTraceZ == nil && row.VarExactSpatial == nil && row.VarExactK1 == nil && row.VarRatioExact == nil && row.YardstickTime == nil) || row.exactOverflows(),
		"%s: figures of a closed form without var_trace_exact", q.dataset)
	if row.VarTraceExact == nil {
		return
	}
	if q.dataset != "total" {
		for name, x := range map[string]*float64{"var_exact_spatial": row.VarExactSpatial, "var_exact_temporal": row.VarExactTemporal, "var_exact_k1": row.VarExactK1,
			"var_exact_k3": row.VarExactK3, "yardstick_time": row.YardstickTime, "yardstick_unit": row.YardstickUnit} {
			f.holds(x != nil, "%s: %s is NULL beside var_trace_exact", q.dataset, name)
		}
	}
	q.is("var_trace_exact", row.VarTraceExact, numberOf(row.VarExactSpatial)+numberOf(row.VarExactTemporal), v)
	same := row.VarExactK1
	if q.e.Noise == bench.NoiseGaussian {
		same = row.VarExactK3
	}
	q.is("var_exact_k", same, v, v)
	f.holds(!(numberOf(row.VarExactK1) > numberOf(row.VarExactK3)*(1+1e-9)), "%s: var_exact_k1 exceeds var_exact_k3", q.dataset)
	f.holds(!(numberOf(row.YardstickUnit) > numberOf(row.YardstickTime)*(1+1e-9)), "%s: yardstick_unit exceeds yardstick_time", q.dataset)
	q.is("var_trace_z", row.VarTraceZ, math.Log(numberOf(row.VarTrace)/v)*numberOf(row.VarTrace)/numberOf(row.VarTraceMCSE), 1e-3)
	if q.plain != nil {
		q.is("var_ratio_exact", row.VarRatioExact, v/numberOf(q.plain.VarTraceExact), 1e-3)
		q.is("yardstick_time", row.YardstickTime, numberOf(q.plain.YardstickTime), 0)
		q.is("yardstick_unit", row.YardstickUnit, numberOf(q.plain.YardstickUnit), 0)
	}
	if q.key.LambdaScope != "one" || !strings.Contains(q.key.Covariate, "+") {
		f.holds(!(numberOf(row.VarRatioBest) > numberOf(row.VarRatioExact)*(1+1e-9)), "%s: var_ratio_best exceeds var_ratio_exact", q.dataset)
	}
	if row.Sampling == "exhaustive" {
		q.is("var_trace_exact", row.VarTraceExact, numberOf(row.VarTrace), row.ExactNormSq+v)
		q.is("var_ratio_exact", row.VarRatioExact, numberOf(row.VarRatio), 1)
		if s := q.key.LambdaScope; s == "trace" {
			q.is("lambda_exact", row.LambdaExact, numberOf(row.LambdaUsed), 1)
			q.is("var_ratio_best", row.VarRatioBest, numberOf(row.VarRatio), 1)
		}
	}
}

// tails are bounds among the largest draw, the share of the largest and the
// kurtosis, and the warning that they ask for.
func (q *relation) tails() {
	row, f := q.row, q.f
	if row.Kurtosis == nil || row.TopShare == nil || row.MaxNormSq == nil {
		f.holds(row.Kurtosis == nil && row.TopShare == nil, "%s: one of kurtosis and top_share is missing", q.dataset)
		return
	}
	n := float64(row.NDraws)
	f.holds(*row.Kurtosis >= 1-1e-9 && *row.Kurtosis <= n*(1+1e-9), "%s: kurtosis = %v of %v draws", q.dataset, *row.Kurtosis, n)
	f.holds(*row.TopShare >= 0.01*(1-0.13) && *row.TopShare <= 1+1e-9, "%s: top_share = %v", q.dataset, *row.TopShare)
	f.holds(!(*row.MaxNormSq < numberOf(row.VarTrace)*(n-1)/n*(1-1e-9)), "%s: max_norm_sq = %v is less than the mean", q.dataset, *row.MaxNormSq)
	few := *row.TopShare >= 0.5 || (*row.Kurtosis-1)/n >= 0.01
	if row.Sampling == "random" && n > 1 {
		says := strings.Contains(row.Warning, "rests on few draws") || strings.Contains(row.Warning, "the tail was not drawn")
		f.holds(few == says, "%s: the warning of few draws does not fit kurtosis and top_share", q.dataset)
		f.holds(row.tailNotDrawn() == strings.Contains(row.Warning, "the tail was not drawn"), "%s: the warning of a tail that was not drawn does not fit kurtosis and top_share", q.dataset)
	}
}
