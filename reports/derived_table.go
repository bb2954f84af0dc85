package reports

import (
	"slices"
	"strings"
)

// maxReferences is how many biased estimators have a column of their own; a
// terminal has no room for more.
const maxReferences = 3

const costTitle = "Cost and worth of a draw"

// costs is the table of the derived figures. It is empty for rows without any
// estimator that draws.
func (b block) costs() *grid {
	rows := b.subjects()
	refs := b.references()
	refs = refs[:min(len(refs), maxReferences)]
	plain := b.plain(rows)
	g := &grid{header: b.header(costHeader(plain, refs)...)}
	if !slices.ContainsFunc(rows, func(s subject) bool { return s.varies() && s.DrawCost != nil }) {
		return g
	}
	for _, s := range rows {
		g.rows = append(g.rows, b.line(s.Key, costCells(s, rows, plain, refs)...))
	}
	return g
}

// references are the biased estimators that the block's unbiased ones have to
// beat; none where there is no unbiased one.
func (b block) references() []subject {
	rows := b.subjects()
	if !slices.ContainsFunc(rows, subject.unbiased) {
		return nil
	}
	return references(rows)
}

// referencesNote names the biased estimators that have no column.
func (b block) referencesNote() []string {
	var names []string
	for i, r := range b.references() {
		if i >= maxReferences {
			names = append(names, r.Name())
		}
	}
	if names == nil {
		return nil
	}
	return []string{"N* against " + strings.Join(names, ", ") + ", with more bias: in the JSON, as break_even"}
}

func costHeader(plain *subject, refs []subject) []string {
	header := []string{"per draw", "shared", "SNR", "work·var"}
	if plain != nil {
		header = append(header, "of uoro's")
	}
	for _, r := range refs {
		header = append(header, "N* "+r.Name())
	}
	return header
}

// plain is UORO's row, which the work is compared with; nil where it is missing
// or alone.
func (b block) plain(rows []subject) *subject {
	varying := 0
	at := -1
	for i, s := range rows {
		if s.varies() {
			varying++
		}
		if at < 0 && s.Name() == "uoro" && s.varies() {
			at = i
		}
	}
	if at < 0 || varying < 2 {
		return nil
	}
	return &rows[at]
}

func costCells(s subject, rows []subject, plain *subject, refs []subject) []string {
	d := derive(s, rows)
	cells := []string{wholeText(s.DrawCost), wholeText(s.KnownCost), brief(d.SNR), brief(d.OnlineWorkVar)}
	if plain != nil {
		cells = append(cells, brief(ratioOf(d.OnlineWorkVar, derive(*plain, rows).OnlineWorkVar)))
	}
	for _, r := range refs {
		cells = append(cells, brief(breakEven(s, r)))
	}
	return cells
}

func ratioOf(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	return quotient(*a, *b)
}

// brief prints three digits: a derived figure is for orders of magnitude.
func brief(x *float64) string {
	if x == nil {
		return absent
	}
	return significant(*x, 3)
}

// wholeText prints a whole number up to six digits in full.
func wholeText(n *int64) string {
	switch {
	case n == nil:
		return absent
	case *n < 1e6:
		return rounded(float64(*n), 0)
	}
	return significant(float64(*n), 3)
}

// costLegend explains the table.
func (r Report) costLegend() []string {
	var notes []string
	for _, b := range r.blocks() {
		g := b.costs()
		if len(g.rows) == 0 {
			continue
		}
		notes = []string{"per draw, shared: counted multiply-adds of a step, the trajectory not included. SNR: ‖g‖² / variance of one draw. work·var: variance × (per draw, with its share of the pilot draws, + shared): what one draw a step costs at equal precision; less is better."}
		if len(b.references()) > 0 {
			return append(notes, "N*: draws that must be averaged until their mean squared error is that of the biased estimator, variance / bias².")
		}
	}
	return notes
}
