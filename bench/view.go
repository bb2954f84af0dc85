package bench

import (
	"math"

	"uorobench/estimators"
	"uorobench/stats"
)

// DrawValue is one draw of one estimator at one measured step, told with
// --detail draws.
type DrawValue struct {
	Cell       string
	Estimator  estimators.Selection
	Convention estimators.Convention
	Draw       int64 // 0-based, as in the noise stream
	Step       int   // 1-based
	NormSq     float64
	Dot        float64 // with the exact gradient
	// Cosine with the exact gradient; absent where either norm is zero.
	Cosine   float64
	HasAngle bool
}

// view forms a variant's estimates draw by draw, for what the moments cannot
// tell: cosines, tails and the draws themselves. λ is known by then.
type view struct {
	variant variant
	// lambda is one λ per fold; group g belongs to fold g mod len(lambda). There
	// is one fold unless λ is cross-fitted.
	lambda []*stats.Lambda
	// constant[fold][m] is offset + Σ λ_k μ_k, of length P.
	constant [][][]float64
	exact    [][]float64 // M × P
	exactSq  []float64   // M
	keep     bool        // keep rows for --detail draws
	template DrawValue

	cosines [][]stats.Cosine // groups × M
	tails   [][]stats.Tails  // groups × M
	window  []stats.Tails    // groups: all measured steps as one long vector
	total   []*stats.Moments // groups: of Σ_t ĝ_t; nil where it is not asked for
	watched bool             // the engine gives the tails, and cosines
	told    []told           // per fold, where watched
	rows    [][]DrawValue    // groups
	// deviations of the groups' means; only where they are followed
	deviations [][]deviationSums // groups × M
}

func (v *view) allocate(groups, measured int) {
	v.rows = make([][]DrawValue, groups)
	v.allocateCosines(groups, measured)
	if !v.watched {
		v.allocateTails(groups, measured)
	}
}

func (v *view) allocateCosines(groups, measured int) {
	v.cosines = make([][]stats.Cosine, groups)
	for g := range v.cosines {
		v.cosines[g] = make([]stats.Cosine, measured)
	}
}

// laneScalars is the scratch of a view: per draw ‖ĝ‖², ĝ·g and ‖ĝ − c‖², c being
// what no draw changes.
type laneScalars struct{ normSq, dot, noiseSq [Lanes]float64 }

// add forms the variant at the worker's measured step and takes it in; i is the
// view's place in the worker's pass.
func (v *view) add(w *worker, i int, s *estimators.Signals) {
	v.form(&w.scalar, s, w.inGroup, w.at)
	live := uint32(0)
	for lane, valid := range w.input.Valid {
		if valid {
			live |= 1 << lane
			v.addLane(w, lane)
		}
	}
	if !v.watched {
		v.addTails(w, i, w.at, live)
	}
}

func (v *view) addLane(w *worker, lane int) {
	normSq, dot := w.scalar.normSq[lane], w.scalar.dot[lane]
	row := v.template
	row.Cosine, row.HasAngle = cosine(dot, normSq, v.exactSq[w.at])
	if row.HasAngle {
		v.cosines[w.inGroup][w.at].Add(row.Cosine)
	}
	if !v.keep {
		return
	}
	row.Draw = w.chunk*Lanes + int64(lane)
	row.Step = w.pass.problem.measured[w.at]
	row.NormSq, row.Dot = normSq, dot
	v.rows[w.inGroup] = append(v.rows[w.inGroup], row)
}

// cosine is x·y/(‖x‖‖y‖) of the squared lengths; absent where one is zero, or a
// number is not finite: of a draw that long the direction cannot be told.
func cosine(dot, xx, yy float64) (c float64, ok bool) {
	scale := math.Sqrt(xx) * math.Sqrt(yy)
	c = dot / scale
	if !(scale > 0) || math.IsInf(scale, 1) || math.IsNaN(c) || math.IsInf(c, 0) {
		return 0, false
	}
	return c, true
}

// form writes ‖ĝ‖² and ĝ·g of every lane, ĝ = y_0 − Σ λ_k∘y_k + constant.
func (v *view) form(out *laneScalars, s *estimators.Signals, g, m int) {
	*out = laneScalars{}
	fold := g % len(v.lambda)
	lambda, constant := v.lambda[fold], v.constant[fold][m]
	if weight, ok := v.sharedWeight(s, lambda, m); ok {
		addForm(out, weight[:], s.Basis[s.Of[0]], constant, v.exact[m])
		return
	}
	v.addGeneral(out, s, lambda, constant, m)
}

// sharedWeight is the one scale of the combination, when λ is a scalar and all
// signals share a basis.
func (v *view) sharedWeight(s *estimators.Signals, lambda *stats.Lambda, m int) (weight [Lanes]float64, ok bool) {
	copy(weight[:], s.Scale[0])
	for i, k := range v.variant.signals {
		if s.Of[k] != s.Of[0] || !lambda.Scalar() {
			return weight, false
		}
		l := lambda.At(m, i, 0)
		for w, a := range s.Scale[k] {
			weight[w] -= l * a
		}
	}
	return weight, true
}

// addForm takes in estimates weight·basis + constant.
func addForm(out *laneScalars, weight, basis, constant, exact []float64) {
	a := (*[Lanes]float64)(weight)
	for j, c := range constant {
		row, g := (*[Lanes]float64)(basis[j*Lanes:]), exact[j]
		for w := range row {
			y := a[w] * row[w]
			e := y + c
			out.noiseSq[w] += y * y
			out.normSq[w] += e * e
			out.dot[w] += e * g
		}
	}
}

// addGeneral is addForm for coefficients that differ by coordinate, or
// covariates with a basis of their own.
func (v *view) addGeneral(out *laneScalars, s *estimators.Signals, lambda *stats.Lambda, constant []float64, m int) {
	a := (*[Lanes]float64)(s.Scale[0])
	for j, c := range constant {
		row := (*[Lanes]float64)(s.Basis[s.Of[0]][j*Lanes:])
		var y [Lanes]float64
		for w := range row {
			y[w] = a[w] * row[w]
		}
		for i, k := range v.variant.signals {
			l := lambda.At(m, i, j)
			b, other := (*[Lanes]float64)(s.Scale[k]), (*[Lanes]float64)(s.Basis[s.Of[k]][j*Lanes:])
			for w := range other {
				y[w] -= l * b[w] * other[w]
			}
		}
		for w, x := range y {
			e := x + c
			out.noiseSq[w] += x * x
			out.normSq[w] += e * e
			out.dot[w] += e * v.exact[m][j]
		}
	}
}

// newView prepares the constants of every fold.
func newView(v variant, lambda []*stats.Lambda, k *known) *view {
	out := &view{variant: v, lambda: lambda}
	for _, l := range lambda {
		out.constant = append(out.constant, constants(v, l, k))
	}
	return out
}

// constants returns offset + Σ λ_k∘μ_k for every measured step.
func constants(v variant, lambda *stats.Lambda, k *known) [][]float64 {
	out := make([][]float64, len(k.offset))
	for m, offset := range k.offset {
		out[m] = append([]float64(nil), offset...)
		for i, signal := range v.signals {
			for j, mu := range k.means[m][signal-1] {
				out[m][j] += lambda.At(m, i, j) * mu
			}
		}
	}
	return out
}
