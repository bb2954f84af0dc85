package reports

import (
	"fmt"
	"io"
	"slices"

	"uorobench/bench/speed"
	"uorobench/estimators"
)

// Timeable is an estimator of a report's rows that can be timed: what it is, and the
// counted work that the time belongs to.
type Timeable struct {
	Cell, Label string
	Hidden      int
	Convention  estimators.Convention
	Draw, Known int64 // counted multiply-adds
}

// Seconds are measured steps of the estimators of a report, by their keys. They are of
// one machine at one time, so they stand in no dataset and no page that is compared
// byte for byte.
type Seconds struct {
	Title string // on what they were measured
	of    map[Timeable]speed.Step
}

// NewSeconds makes an empty one.
func NewSeconds(title string) *Seconds {
	return &Seconds{Title: title, of: map[Timeable]speed.Step{}}
}

// Add takes in a measured step.
func (s *Seconds) Add(t Timeable, step speed.Step) { s.of[t] = step }

func timeable(k Key, f *Figures) (Timeable, bool) {
	if f.DrawCost == nil || f.KnownCost == nil {
		return Timeable{}, false
	}
	t := Timeable{Cell: k.Cell, Label: k.Name(), Hidden: int(k.Hidden), Draw: *f.DrawCost, Known: *f.KnownCost}
	if k.Convention == estimators.Post.String() {
		t.Convention = estimators.Post
	}
	return t, true
}

// step is nil where the row's estimator was not measured.
func (s *Seconds) step(k Key, f *Figures) *speed.Step {
	t, ok := timeable(k, f)
	if !ok {
		return nil
	}
	step, ok := s.of[t]
	if !ok {
		return nil
	}
	return &step
}

// ofStep is what one draw a step takes, as OnlineWorkVar counts it: the draw with its
// share of the pilot draws, and what draws share. 0 where it was not measured.
func (s *Seconds) ofStep(row subject) float64 {
	step := s.step(row.Key, row.Figures)
	if step == nil {
		return 0
	}
	draws := 1.0
	if row.PilotDraws != nil && row.NDraws > 0 {
		draws += float64(*row.PilotDraws) / float64(row.NDraws)
	}
	return draws*step.PerDraw + step.Shared
}

// variance is var_trace × seconds of a step.
func (s *Seconds) variance(row subject) *float64 {
	t := s.ofStep(row)
	if !row.varies() || t == 0 {
		return nil
	}
	return quotient(*row.VarTrace*t, 1)
}

// Timeables lists what Seconds can be measured of, each once.
func (r Report) Timeables() []Timeable {
	var out []Timeable
	for i := range r.Summary {
		out = addTimeable(out, r.Summary[i].Key, &r.Summary[i].Figures)
	}
	return out
}

// Timeables lists what Seconds can be measured of, each once.
func (r SweepReport) Timeables() []Timeable {
	var out []Timeable
	for i := range r.Rows {
		out = addTimeable(out, r.Rows[i].Key, &r.Rows[i].Figures)
	}
	return out
}

func addTimeable(to []Timeable, k Key, f *Figures) []Timeable {
	if t, ok := timeable(k, f); ok && !slices.Contains(to, t) {
		return append(to, t)
	}
	return to
}

const secondsNote = "ns a draw, ns shared: measured on this machine alone, each estimator by itself on one thread, batches of sixteen draws that each form their ĝ; not part of any dataset. " +
	"seconds·var: variance × (seconds of a draw, with its share of the pilot draws, + shared), as work·var is of counted work. " +
	"learner: µs of an online step here, a whole batch and what draws share, of which one draw is used."

// WriteSeconds writes the cost table of each network with its measured seconds, as a
// table or in Markdown.
func (r Report) WriteSeconds(w io.Writer, f Format, s *Seconds) error {
	st := styleOf(f)
	if _, err := fmt.Fprintf(w, st.title, st.escape("Seconds beside counted work · "+s.Title)); err != nil {
		return err
	}
	for i, b := range r.blocks() {
		rows := b.subjects()
		g := &grid{header: b.header("per draw", "ns a draw", "shared", "ns shared", "learner", "work·var / uoro's", "seconds·var / uoro's")}
		plain := b.plain(rows)
		for _, row := range rows {
			cells := s.cells(row)
			if cells == nil {
				continue
			}
			var work, seconds *float64
			if plain != nil {
				work = ratioOf(derive(row, rows).OnlineWorkVar, derive(*plain, rows).OnlineWorkVar)
				seconds = ratioOf(s.variance(row), s.variance(*plain))
			}
			g.rows = append(g.rows, b.line(row.Key, append(cells, brief(work), brief(seconds))...))
		}
		if _, err := fmt.Fprintf(w, subtitleAt(st, i), st.escape(b.title())); err != nil {
			return err
		}
		if err := st.table(g, w); err != nil {
			return err
		}
	}
	return writeNotes(w, st, []string{secondsNote})
}

func styleOf(f Format) style {
	if f == Markdown {
		return markdownStyle
	}
	return textStyle
}

// cells are the counted and the measured work of a row; nil where it was not measured.
func (s *Seconds) cells(row subject) []string {
	step := s.step(row.Key, row.Figures)
	if step == nil {
		return nil
	}
	return []string{
		wholeText(row.DrawCost), nanoseconds(step.PerDraw), wholeText(row.KnownCost), nanoseconds(step.Shared),
		significant(1e6*step.Online(), 3) + " µs",
	}
}

func nanoseconds(seconds float64) string {
	if seconds == 0 {
		return absent
	}
	return significant(1e9*seconds, 3)
}

// WriteSeconds writes, for each cell, what a step of every estimator takes beside what
// was counted of it, and variance × seconds beside variance × work.
func (r SweepReport) WriteSeconds(w io.Writer, f Format, s *Seconds) error {
	st := styleOf(f)
	if _, err := fmt.Fprintf(w, st.title, st.escape("Seconds beside counted work · "+s.Title)); err != nil {
		return err
	}
	blocks := r.blocks()
	for i := range blocks {
		if err := blocks[i].writeSeconds(w, st, s, i); err != nil {
			return err
		}
	}
	return writeNotes(w, st, []string{secondsNote})
}

func (b *sweepBlock) writeSeconds(w io.Writer, st style, s *Seconds, at int) error {
	g := &grid{header: []string{"estimator", "per draw", "ns a draw", "shared", "ns shared", "learner"}}
	for _, name := range b.estimators() {
		for i := range b.rows {
			if row := (subject{b.rows[i].Key, &b.rows[i].Figures}); row.Name() == name {
				if cells := s.cells(row); cells != nil {
					g.rows = append(g.rows, append([]string{name}, cells...))
				}
				break
			}
		}
	}
	variance := sweepFigure{title: "seconds·var / uoro's", value: func(b *sweepBlock, r SweepRow) *float64 {
		base := b.base(r)
		if base == nil || r.Name() == "uoro" {
			return nil
		}
		return ratioOf(s.variance(subject{r.Key, &r.Figures}), s.variance(subject{base.Key, &base.Figures}))
	}}
	for i, t := range []struct {
		title string
		table *grid
	}{{b.title, g}, {b.figureTitle(variance), b.table(variance)}} {
		if len(t.table.rows) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, subtitleAt(st, at+i), st.escape(t.title)); err != nil {
			return err
		}
		if err := st.table(t.table, w); err != nil {
			return err
		}
	}
	return nil
}

// SecondsPlaneOf is PlaneOf with measured nanoseconds of a step in the place of counted
// work.
func SecondsPlaneOf(r SweepReport, s *Seconds) (p *Plane, ok bool) {
	return planeOf(r, "nanoseconds a step, measured on one machine", func(row SweepRow) float64 {
		return 1e9 * s.ofStep(subject{row.Key, &row.Figures})
	})
}
