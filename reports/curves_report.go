package reports

import (
	"fmt"
	"io"
	"math"
	"slices"

	"uorobench/bench/training"
)

// TrainingReport is what the tables of a training are made of.
type TrainingReport struct {
	Goals     []GoalRow
	Trainings []TrainingRow
}

// IsTraining says whether the directory at path is one of a training, not of a
// run.
func IsTraining(path string) bool { return Trainings.Exists(path) }

// ReadTrainingReport reads the report of the training directory at path, from
// its Parquet alone.
func ReadTrainingReport(path string) (TrainingReport, error) {
	var r TrainingReport
	var err error
	if r.Goals, err = Goals.Read(path); err != nil {
		return TrainingReport{}, err
	}
	if r.Trainings, err = Trainings.Read(path); err != nil {
		return TrainingReport{}, err
	}
	return r, nil
}

// Write writes the report. Table and Markdown have a table per goal with a line
// per method, and then where the methods ended and what a step costs. CSV has
// the goals. JSON has both lists of rows.
func (r TrainingReport) Write(w io.Writer, f Format) error { return writePage(r, w, f) }

func (r TrainingReport) writeCSV(w io.Writer) error { return writeCSV(w, r.Goals) }

func (r TrainingReport) writeJSON(w io.Writer) error {
	report := struct {
		SchemaVersion int             `json:"schema_version"`
		Goals         []orderedObject `json:"goals"`
		Trainings     []orderedObject `json:"trainings"`
	}{SchemaVersion: SchemaVersion}
	var err error
	if report.Goals, err = objects(r.Goals); err != nil {
		return err
	}
	if report.Trainings, err = objects(r.Trainings); err != nil {
		return err
	}
	return encodeJSON(w, report)
}

func (r TrainingReport) writeTables(w io.Writer, s style) error {
	if len(r.Trainings) == 0 {
		_, err := fmt.Fprintln(w, "no rows")
		return err
	}
	if _, err := fmt.Fprintf(w, s.title, s.escape(r.title())); err != nil {
		return err
	}
	tables := r.goalTables()
	for i, t := range append(tables, titled{endTitle, r.ends()}) {
		if _, err := fmt.Fprintf(w, subtitleAt(s, i), s.escape(t.title)); err != nil {
			return err
		}
		if err := s.table(t.table, w); err != nil {
			return err
		}
	}
	return writeNotes(w, s, r.notes())
}

// subtitleAt leaves out the empty line that would follow the title's.
func subtitleAt(s style, i int) string {
	if i == 0 && s.subtitle[0] == '\n' {
		return s.subtitle[1:]
	}
	return s.subtitle
}

// titled is a table with its title.
type titled struct {
	title string
	table *grid
}

const endTitle = "At the end, medians over the seeds, and the work of one step in multiply-adds"

func (r TrainingReport) title() string {
	t := r.Trainings[0]
	return fmt.Sprintf("Training on %s, %s with %d units, %d steps, %s", t.Task, t.Cell, t.Hidden, t.StepsPlanned, count(r.seeds(), "seed"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// seeds is the number of trainings of a method.
func (r TrainingReport) seeds() int { return len(r.trainingsOf(r.Trainings[0].Method)) }

func (r TrainingReport) trainingsOf(method string) []TrainingRow {
	var rows []TrainingRow
	for _, t := range r.Trainings {
		if t.Method == method {
			rows = append(rows, t)
		}
	}
	return rows
}

// goalTables has a table per goal, in the order of the rows.
func (r TrainingReport) goalTables() []titled {
	var tables []titled
	at := map[string]int{}
	for i := range r.Goals {
		g := &r.Goals[i]
		if _, ok := at[g.Goal]; !ok {
			at[g.Goal] = len(tables)
			tables = append(tables, titled{"Steps to " + g.Goal, &grid{header: []string{
				"method", "seeds there", "median steps", "95 % interval", "× " + g.Reference, "95 % interval"}}})
		}
		table := tables[at[g.Goal]].table
		table.rows = append(table.rows, g.cells())
	}
	return tables
}

func (g *GoalRow) cells() []string {
	return []string{
		g.Method, fmt.Sprintf("%d of %d", g.NReached, g.NSeeds),
		bounds(g.StepsMin, g.StepsMax).String(),
		span(bounds(g.StepsLoMin, g.StepsLoMax), bounds(g.StepsHiMin, g.StepsHiMax)),
		bounds(g.RatioMin, g.RatioMax).String(),
		span(bounds(g.RatioLoMin, g.RatioLoMax), bounds(g.RatioHiMin, g.RatioHiMax)),
	}
}

// span is an interval whose ends are themselves only known to lie somewhere.
func span(lo, hi training.Bounds) string { return "[" + lo.String() + ", " + hi.String() + "]" }

// ends is where the methods ended.
func (r TrainingReport) ends() *grid {
	g := &grid{header: []string{"method", "bits", "correct endings", "used", "spent", "diverged"}}
	for _, method := range r.methods() {
		rows := r.trainingsOf(method)
		g.rows = append(g.rows, []string{
			method,
			middle(rows, math.Inf(1), func(t *TrainingRow) *float64 { return t.FinalBits }),
			middle(rows, 0, func(t *TrainingRow) *float64 { return t.FinalEndings }),
			fmt.Sprint(rows[0].UsedCost), fmt.Sprint(rows[0].SpentCost), fmt.Sprint(diverged(rows)),
		})
	}
	return g
}

func (r TrainingReport) methods() []string {
	var methods []string
	for _, t := range r.Trainings {
		if !slices.Contains(methods, t.Method) {
			methods = append(methods, t.Method)
		}
	}
	return methods
}

func diverged(rows []TrainingRow) int {
	n := 0
	for _, t := range rows {
		if t.Diverged != "" {
			n++
		}
	}
	return n
}

// middle is the median of a figure. A training that diverged counts as the
// worst; one without the figure does not count.
func middle(rows []TrainingRow, worst float64, of func(*TrainingRow) *float64) string {
	var values []training.Bounds
	for i := range rows {
		if x := of(&rows[i]); x != nil {
			values = append(values, training.Exact(*x))
		} else if rows[i].Diverged != "" {
			values = append(values, training.Exact(worst))
		}
	}
	if len(values) == 0 {
		return absent
	}
	if m := training.Median(values); finite(m.Lo) {
		return significant(m.Lo, 3)
	}
	return "∞"
}

// notes say how to read the tables.
func (r TrainingReport) notes() []string {
	notes := []string{
		"Steps are training steps, one update each; times are compared in steps, not seconds. " +
			"“> x” is all that is known where too many trainings had not got there after x steps: they are censored, not dropped.",
		fmt.Sprintf("Intervals: percentile bootstrap over the seeds, %d resamples. With a handful of seeds they are too narrow: "+
			"five seeds cannot say more than their range.", training.Resamples),
		"used: what the estimate needs; spent: what was done, since a batch advances sixteen draws, used or not.",
	}
	if t := r.Trainings[0]; t.PerfectBits != nil && t.BigramBits != nil && t.UnigramBits != nil {
		notes = append(notes, fmt.Sprintf("Reference levels in bits per symbol: perfect %.4f, bigram %.3f, unigram %.3f.",
			*t.PerfectBits, *t.BigramBits, *t.UnigramBits))
	}
	return notes
}
