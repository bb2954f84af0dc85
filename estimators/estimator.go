// Package estimators holds the online gradient estimators and the exact
// gradients that they are measured against.
//
// The contract of the room: an estimator sees one step's Jacobian at a time and
// a batch of Lanes independent draws, and never writes a gradient of P numbers
// per draw where that can be avoided. What it estimates at a step is told as
// signals: K vectors y_0 … y_{K-1} of length P per draw, of which y_0 is the
// gradient estimate less a known offset, and the others are covariates with
// known means. UORO and every covariate that shares its thetaTilde differ by
// one scalar per draw, and Signals keeps it so.
//
// Nothing here draws random numbers, fits a coefficient or takes an average:
// noise is an argument, and statistics are another room's.
//
// Notation (Tallec & Ollivier 2017, arXiv:1702.05043): s_t state, F_t state
// Jacobian, I_t immediate influence, δ_t error signal, q_t = δ_t F_t,
// M_t influence matrix, s̃ (sTilde) and θ̃ (thetaTilde) UORO's two factors,
// ρ0, ρ1 its scales, ε_t the noise (ν in the paper).
package estimators

import "uorobench/estimators/cell"

// Lanes is the number of draws that a batch advances together. Arrays per draw
// are lane-minor: entry i of lane w is at [i*Lanes+w]. Sixteen float64 are two
// cache lines, two AVX-512 registers or four AVX2 registers.
const Lanes = 16

// Convention says which of the two published forms an estimate has.
type Convention int

const (
	// Pre is the paper's and the original code's: ĝ_t = (q_t·s̃_{t-1}) θ̃_{t-1} + δ_t I_t.
	// Its signals are taken before the step.
	Pre Convention = iota
	// Post is ĝ_t = (δ_t·s̃_t) θ̃_t. Its signals are taken after the step.
	Post
)

func (c Convention) String() string { return [...]string{"pre", "post"}[c] }

// Signals are the K signals of Lanes draws at one step:
//
//	y_k[j] of lane w = Scale[k][w] · Basis[Of[k]][j*Lanes+w]
//
// All slices belong to the batch and are valid until its next call.
type Signals struct {
	Scale [][]float64 // K × Lanes
	Basis [][]float64 // each P×Lanes
	Of    []int       // K
}

// Batch is the mutable state of Lanes draws of one estimator. Its methods
// allocate nothing.
type Batch interface {
	// Reset puts every lane before step 1.
	Reset()
	// Signals returns the signals of the step whose Jacobian is j: to be
	// called before Step(j, …) under the Pre convention, after it under Post.
	Signals(j *cell.Jacobian) *Signals
	// Step advances all lanes. eps is NoiseDim×Lanes.
	Step(j *cell.Jacobian, eps []float64)
	// Kill zeroes a lane that left the finite numbers, so that it can be left
	// out from here on without slowing the others by NaN arithmetic.
	Kill(lane int)
}

// Known computes what no draw changes: the offset of y_0 and the exact means
// of the covariates. It follows the trajectory like a Batch, with the same
// rule of before and after.
type Known interface {
	Reset()
	// At writes the offset (length P) and the means of signals 1 … K-1 (each
	// of length P) for the step whose Jacobian is j.
	At(j *cell.Jacobian, offset []float64, means [][]float64)
	Step(j *cell.Jacobian)
}

// Chain is one estimator made ready for a cell: its covariates are chosen, and
// batches can be made for as many workers as there are.
type Chain struct {
	Name       string
	Convention Convention
	Covariates []string // names of signals 1 … K-1
	NoiseDim   int      // random numbers per step and draw
	// NewBatch is nil for a deterministic estimator, whose estimate is its
	// offset alone.
	NewBatch func() Batch
	NewKnown func() Known
	Cost     Cost
	// Closed is the closed form of the moments where ρ does not depend on the draws;
	// nil where there is none.
	Closed *ClosedForm
}

// ClosedForm names the chain whose moments have a closed form (package oracle).
type ClosedForm struct {
	Residual bool // UORO of the rest R = F R + (F − F̃) S, else of M
	Blocks   int  // of units with noise of their own; 0 or 1: none
}

// Cost is the work of one step, counted from the dimensions by one convention for
// all estimators: what a learner does who is handed the step's Jacobian and ends
// with ĝ_t as P numbers.
//
//   - A product, a sum, or both at once count as one, for every number that they are
//     done for.
//   - PerDraw takes a draw from step to step, forms its scalar and its ĝ_t: scalar × θ̃
//     is added to what the draws share, P multiply-adds, whatever the factors are.
//   - Shared is what no draw changes: the direct term δ_t I_t, exact influences, the
//     norms of z_t, the covariates' means. It stands on the P numbers that the draws
//     add to. All the work of an estimator that draws nothing is here.
//   - The trajectory (s_t, F_t, I_t's gains and features, δ_t, q_t) is not counted, nor
//     the noise, nor what is done for a single number (a root, a quotient, ρ0, λ).
//
// It is the work of the formulas. Where many draws are averaged, the engine never forms
// ĝ_t of a single draw; Plan.Work counts what it does instead.
type Cost struct {
	PerDraw int64 // multiply-adds per draw and step, covariates included
	Shared  int64 // multiply-adds per step that all draws share (the known part)
	Numbers int64 // float64 of state per draw
}

// directCost is the direct term δ_t I_t: the factors by row of θ, and their product
// with the features.
func directCost(l *cell.Layout) int64 { return int64(len(l.Groups)*l.S()) + int64(l.P()) }

// featureCost is ‖z‖² of every group of rows.
func featureCost(l *cell.Layout) (n int64) {
	for _, g := range l.Groups {
		n += int64(g.Hi - g.Lo)
	}
	return n
}

// Signals is K; 0 for a deterministic estimator.
func (c *Chain) Signals() int {
	if c.NewBatch == nil {
		return 0
	}
	return 1 + len(c.Covariates)
}

// Advance takes b one step and hands the step's signals to visit, if it is not
// nil, at the moment that the convention asks for.
func (c *Chain) Advance(b Batch, j *cell.Jacobian, eps []float64, visit func(*Signals)) {
	if visit != nil && c.Convention == Pre {
		visit(b.Signals(j))
	}
	b.Step(j, eps)
	if visit != nil && c.Convention == Post {
		visit(b.Signals(j))
	}
}

// AdvanceKnown is Advance for the known part.
func (c *Chain) AdvanceKnown(k Known, j *cell.Jacobian, offset []float64, means [][]float64) {
	if offset != nil && c.Convention == Pre {
		k.At(j, offset, means)
	}
	k.Step(j)
	if offset != nil && c.Convention == Post {
		k.At(j, offset, means)
	}
}
