package reports

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// Format is a form of the report.
type Format string

// The formats. Table is for a terminal of 100 to 120 columns.
const (
	Table    Format = "table"
	Markdown Format = "markdown"
	CSV      Format = "csv"
	JSON     Format = "json"
)

// Formats lists the formats in the order of the help text.
func Formats() []Format { return []Format{Table, Markdown, CSV, JSON} }

// ParseFormat returns the format of a name.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("format %q: allowed are table, markdown, csv, json", name)
}

// Report is what a table is made of. It is made from the rows alone, so the
// report of a run that ends and of one that was read back are the same.
type Report struct {
	Summary []SummaryRow
	Steps   []StepRow    // may be empty
	Total   []SummaryRow // of the sums over the measured steps; empty without --detail total
	// Lambdas are the coefficients of every covariate; empty where there is none.
	Lambdas []LambdaRow
	// Training is how covariates were trained; empty where none was.
	Training []CovariateTrainingRow
	// Convergence is empty without --detail convergence.
	Convergence []ConvergenceRow
	// Networks are of a user's own weights; empty for others.
	Networks []NetworkRow
	// Data are of a user's own data; empty for the program's own tasks.
	Data []DataRow
}

// ReadReport reads the summary and the steps of the run directory at path.
func ReadReport(path string) (Report, error) {
	var r Report
	var err error
	if !Summary.Exists(path) {
		return Report{}, notARun(path, Summary.File(0))
	}
	if r.Summary, err = Summary.Read(path); err != nil {
		return Report{}, err
	}
	if r.Steps, err = Steps.Read(path); err != nil {
		return Report{}, err
	}
	if r.Total, err = Totals.Read(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Report{}, err
	}
	if r.Lambdas, err = readLambdas(path); err != nil {
		return Report{}, err
	}
	if r.Training, err = readCovariateTraining(path); err != nil {
		return Report{}, err
	}
	if r.Convergence, err = Convergence.Read(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Report{}, err
	}
	if r.Networks, err = readNetworks(path); err != nil {
		return Report{}, err
	}
	if r.Data, err = optional(Data.Read(path)); err != nil {
		return Report{}, err
	}
	return r, nil
}

// Write writes the report.
//
// Table and Markdown have a block per network with a line per estimator, then
// what the figures do over the measured steps, then what the draws cost and are
// worth, then notes. CSV has one table with the rows of the datasets summary, total
// and steps, which its first column names, all their columns and those of Derived,
// empty cells for NULL and every digit of the numbers. JSON has the same rows under
// "summary", "total" and "steps", the coefficient of every covariate under
// "lambdas", and every pair of BreakEven.
func (r Report) Write(w io.Writer, format Format) error { return writePage(r, w, format) }

// page is what can be written in every format.
type page interface {
	writeTables(io.Writer, style) error
	writeCSV(io.Writer) error
	writeJSON(io.Writer) error
}

func writePage(p page, w io.Writer, f Format) error {
	switch f {
	case Table:
		return p.writeTables(w, textStyle)
	case Markdown:
		return p.writeTables(w, markdownStyle)
	case CSV:
		return p.writeCSV(w)
	case JSON:
		return p.writeJSON(w)
	}
	_, err := ParseFormat(string(f))
	return err
}

// style is how a report looks around its tables.
type style struct {
	title, subtitle string // formats of one string
	note            func(string) string
	escape          func(string) string
	table           func(*grid, io.Writer) error
	width           int // columns of the terminal; 0 for any
}

var (
	textStyle = style{
		title: "%s\n\n", subtitle: "\n %s\n\n",
		note:   wrapNote,
		escape: func(s string) string { return s },
		table:  (*grid).writeText,
		width:  terminalWidth,
	}
	markdownStyle = style{
		title: "### %s\n\n", subtitle: "\n%s:\n\n",
		note:   func(s string) string { return "- " + markdownEscape.Replace(s) + "\n" },
		escape: markdownEscape.Replace,
		table:  (*grid).writeMarkdown,
	}
)

// block is the rows of one network.
type block struct {
	summary []SummaryRow
	steps   []StepRow
	total   []SummaryRow

	training    []CovariateTrainingRow
	lambdas     []LambdaRow
	convergence []ConvergenceRow
	networks    []NetworkRow
	data        []DataRow
}

// network is what the rows of a block share.
func network(k Key) Key {
	return Key{Task: k.Task, Cell: k.Cell, Hidden: k.Hidden, Seed: k.Seed}
}

// blocks cuts the report by network, in the order of the summary.
func (r Report) blocks() []block {
	var order []Key
	of := make(map[Key]*block)
	for _, row := range r.Summary {
		n := network(row.Key)
		if of[n] == nil {
			of[n] = new(block)
			order = append(order, n)
		}
		of[n].summary = append(of[n].summary, row)
	}
	for _, row := range r.Steps {
		if b := of[network(row.Key)]; b != nil {
			b.steps = append(b.steps, row)
		}
	}
	for _, row := range r.Total {
		if b := of[network(row.Key)]; b != nil {
			b.total = append(b.total, row)
		}
	}
	for _, row := range r.Lambdas {
		if b := of[network(row.Key)]; b != nil {
			b.lambdas = append(b.lambdas, row)
		}
	}
	for _, row := range r.Training {
		if b := of[row.network()]; b != nil {
			b.training = append(b.training, row)
		}
	}
	for _, row := range r.Networks {
		if b := of[row.network()]; b != nil {
			b.networks = append(b.networks, row)
		}
	}
	for _, row := range r.Data {
		if b := of[row.network()]; b != nil {
			b.data = append(b.data, row)
		}
	}
	for _, row := range r.Convergence {
		if b := of[network(row.Key)]; b != nil {
			b.convergence = append(b.convergence, row)
		}
	}
	out := make([]block, len(order))
	for i, n := range order {
		out[i] = *of[n]
	}
	return out
}

func (r Report) writeTables(w io.Writer, s style) error {
	if len(r.Summary) == 0 {
		_, err := fmt.Fprintln(w, "no rows")
		return err
	}
	for i, b := range r.blocks() {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := b.write(w, s); err != nil {
			return err
		}
	}
	return writeNotes(w, s, slices.Concat(legend(r), r.trainingLegend(), r.sharedLegend(), r.exactLegend(), r.costLegend()))
}

func (b block) write(w io.Writer, s style) error {
	if _, err := fmt.Fprintf(w, s.title, s.escape(b.title())); err != nil {
		return err
	}
	pooled, dropped := b.pooled().fit(s.width, "corr", "cos")
	trainings, _ := b.trainings().fit(s.width, "updates", "corr")
	if err := s.table(pooled, w); err != nil {
		return err
	}
	for _, t := range []struct {
		title string
		table *grid
	}{{overTitle(b.summary[0].NSteps), b.overSteps()}, {lambdasTitle, b.coefficients()}, {totalTitle, b.totals()}, {convergenceTitle, b.convergenceTable()}, {trainingTitle, trainings}, {sharedTitle, b.sharedTable()}, {exactTitle, b.exact()}, {costTitle, b.costs()}} {
		if len(t.table.rows) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, s.subtitle, s.escape(t.title)); err != nil {
			return err
		}
		if err := s.table(t.table, w); err != nil {
			return err
		}
	}
	return writeNotes(w, s, slices.Concat(b.networkNotes(), b.dataNotes(), b.notes(), b.referencesNote(), droppedNote(dropped)))
}

// writeNotes writes an empty line and the notes, or nothing.
func writeNotes(w io.Writer, s style, notes []string) error {
	if len(notes) == 0 {
		return nil
	}
	var text strings.Builder
	text.WriteString("\n")
	for _, note := range notes {
		text.WriteString(s.note(note))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// noteWidth is the width of notes on a terminal, that of most tables.
const noteWidth = 110

// wrapNote breaks a note at blanks; further lines are set in.
func wrapNote(note string) string {
	var text strings.Builder
	line := ""
	for word := range strings.FieldsSeq(note) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > noteWidth {
			text.WriteString(line + "\n")
			line = "  "
		}
		line += " " + word
	}
	text.WriteString(line + "\n")
	return text.String()
}
