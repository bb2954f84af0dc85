package oracle

import (
	"fmt"
	"strconv"
	"strings"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Textbook is an estimator that is driven by noise, as its source writes it: dense
// matrices (F is S×S, I is S×P), the norms of the vectors themselves, one draw at a
// time, and no code of the batches. Unbiasedness holds for every positive scale and
// so cannot see a wrong ρ, noise that goes to the wrong place, or an average of
// which one term counts alone; agreement with Textbook draw by draw can.
//
// What no draw changes (I, SnAp-1's S, the metric, the covariates' F̃) is made once
// for the trajectory; Draw may be called for as many draws as one likes.
type Textbook struct {
	name       string // without its number
	number     int
	tr         *cell.Trajectory
	options    estimators.Options
	steps      []*denseStep
	unitOf     []int32 // by coordinate
	covariates []surrogate
}

// Estimate is what one draw says of g_t: ĝ_t = Direct + Random.
type Estimate struct {
	Direct     []float64   // P: what no draw changes, δ_t I_t and what is kept exactly
	Random     []float64   // P
	Covariates [][]float64 // P each: c, in the order of the options
}

// denseStep are the matrices of a step, which no draw changes.
type denseStep struct {
	*cell.Jacobian
	immediate     []float64    // S×P: I_t
	rest          []float64    // S×S: F_t − F̃_t, the entries between different units
	before, after []float64    // S×P: SnAp-1's S_{t-1} and S_t; for residual ones alone
	scales        *entryScales // for the scaled family alone
}

// NewTextbook makes the estimator of the given name (as in estimators.All, a family
// by its member) ready for a trajectory. It fails for a name that is no estimator
// driven by noise, and for a covariate that it does not know. OK has another type,
// since its draws are defined up to signs only: see OK.
func NewTextbook(name string, tr *cell.Trajectory, o estimators.Options) (*Textbook, error) {
	b := &Textbook{tr: tr, options: o, unitOf: tr.Layout.UnitOf()}
	b.name, b.number = splitName(name)
	if b.name == "uoro-post" || b.name == "memory-uoro" {
		b.options.Convention = estimators.Post
	}
	if moves[b.name] == nil && b.name != "preuoro" && b.name != "kf-rtrl" {
		return nil, fmt.Errorf("oracle: no textbook for the estimator %q", name)
	}
	b.steps = denseSteps(tr)
	if strings.Contains(name, "residual") {
		addSnap1(b.steps, tr.Layout)
	}
	if strings.HasPrefix(name, "scaled-") {
		addScales(b.name, b.steps)
	}
	for _, name := range o.Covariates {
		c, err := newSurrogate(name, b)
		if err != nil {
			return nil, err
		}
		b.covariates = append(b.covariates, c)
	}
	return b, nil
}

// splitName cuts a family's number off a name; 0 where there is none.
func splitName(name string) (base string, number int) {
	if at := strings.LastIndex(name, "-"); at >= 0 {
		if n, err := strconv.Atoi(name[at+1:]); err == nil {
			return name[:at], n
		}
	}
	return name, 0
}

// form is an estimator in the course of a draw.
type form interface {
	step(t int, eps []float64)
	// read is the estimate with v = q_t before step t, or δ_t after it; t is the
	// 0-based step.
	read(t int, v []float64) Estimate
}

// Draw returns the estimates of one draw at every step. eps holds the noise of each
// step, as many numbers as the estimator takes, in the order of the noise stream.
func (b *Textbook) Draw(eps [][]float64) []Estimate {
	var f form
	switch b.name {
	case "preuoro":
		f = newPreUORO(b)
	case "kf-rtrl":
		f = newKFRTRL(b)
	case "memory-uoro":
		f = &late{book: b, chain: newParts(b)}
	default:
		f = newParts(b)
	}
	var out []Estimate
	for t, d := range b.steps {
		if b.options.Convention == estimators.Pre {
			out = append(out, f.read(t, d.Q))
		}
		f.step(t, eps[t])
		if b.options.Convention == estimators.Post {
			out = append(out, f.read(t, d.Delta))
		}
	}
	return out
}

// direct is the part that no draw changes: with S = 0 where the estimator keeps
// nothing, v S_{t-1} + δ_t I_t before the step and v S_t after it.
func (b *Textbook) direct(t int, v []float64) []float64 {
	d, p := b.steps[t], b.tr.Layout.P()
	residual := strings.Contains(b.name, "residual")
	switch pre := b.options.Convention == estimators.Pre; {
	case pre && residual:
		return sum(pull(v, d.before, p), pull(d.Delta, d.immediate, p))
	case pre:
		return pull(d.Delta, d.immediate, p)
	case residual:
		return pull(v, d.after, p)
	}
	return make([]float64, p)
}

// denseSteps makes I_t and F_t − F̃_t of every step.
func denseSteps(tr *cell.Trajectory) []*denseStep {
	var out []*denseStep
	for _, j := range tr.Steps {
		out = append(out, &denseStep{Jacobian: j, immediate: immediate(tr.Layout, j), rest: between(tr.Layout, j.F)})
	}
	return out
}

// addSnap1 adds S_t = F̃_t S_{t-1} + I_t.
func addSnap1(steps []*denseStep, l *cell.Layout) {
	snap := make([]float64, l.S()*l.P())
	for _, d := range steps {
		d.before = snap
		within := masked(d.F, func(i, k int) bool { return i%l.H == k%l.H })
		snap = sum(product(within, snap, l.S(), l.P()), d.immediate)
		d.after = snap
	}
}

// immediate is I_t, S×P: entry (i, j) is the gain of state entry i by j's row of θ
// times j's feature, and zero where i is not of the unit of the row.
func immediate(l *cell.Layout, j *cell.Jacobian) []float64 {
	p := l.P()
	out := make([]float64, l.S()*p)
	for g, group := range l.Groups {
		for unit := range l.H {
			lo, hi := l.Row(g, unit)
			for c := lo; c < hi; c++ {
				for i := unit; i < l.S(); i += l.H {
					out[i*p+c] = j.Gain[g*l.S()+i] * j.Z[group.Lo+c-lo]
				}
			}
		}
	}
	return out
}

// between is F − F̃, the entries of F that lead from one unit to another.
func between(l *cell.Layout, f []float64) []float64 {
	return masked(f, func(i, k int) bool { return i%l.H != k%l.H })
}

// masked keeps the entries of a square matrix that keep asks for.
func masked(f []float64, keep func(i, k int) bool) []float64 {
	n := side(f)
	out := make([]float64, len(f))
	for at, v := range f {
		if keep(at/n, at%n) {
			out[at] = v
		}
	}
	return out
}

// side is n of an n×n matrix.
func side(f []float64) int {
	n := 0
	for n*n < len(f) {
		n++
	}
	return n
}

// sum is x + y.
func sum(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v + y[i]
	}
	return out
}
