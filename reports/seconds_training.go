package reports

import (
	"fmt"
	"io"

	"uorobench/bench/speed"
	"uorobench/bench/training"
)

// TrainingMethod is a method of a training whose updates can be timed, with the counted
// work of a step.
type TrainingMethod struct {
	Cell, Method string
	Hidden       int
	Used, Spent  int64
}

// Methods lists the methods of the training, each once.
func (r TrainingReport) Methods() []TrainingMethod {
	var out []TrainingMethod
	for _, name := range r.methods() {
		t := r.trainingsOf(name)[0]
		out = append(out, TrainingMethod{t.Cell, name, int(t.Hidden), t.UsedCost, t.SpentCost})
	}
	return out
}

const trainingSecondsNote = "Seconds: the median steps to the goal over the updates a second that one core makes on this machine, each method alone: network, estimate and optimiser. " +
	"Measured, of one machine, and no part of any dataset. A batch advances sixteen draws, of which the estimate uses one."

// WriteSeconds writes the seconds to each goal beside the steps, from measured updates of
// every method, as a table or in Markdown.
func (r TrainingReport) WriteSeconds(w io.Writer, f Format, title string, speeds map[string]speed.Training) error {
	st := styleOf(f)
	if _, err := fmt.Fprintf(w, st.title, st.escape("Seconds beside steps · "+title)); err != nil {
		return err
	}
	g := &grid{header: []string{"method", "updates/s"}}
	var goals []string
	for _, goal := range r.Goals {
		if goal.Method == r.Goals[0].Method {
			goals = append(goals, goal.Goal)
			g.header = append(g.header, "s to "+goal.Goal)
		}
	}
	for _, m := range r.Methods() {
		seconds := speeds[m.Method].Nanoseconds / 1e9
		cells := []string{m.Method, significant(1/seconds, 3)}
		for _, goal := range goals {
			cells = append(cells, r.secondsTo(goal, m.Method, seconds))
		}
		g.rows = append(g.rows, cells)
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := st.table(g, w); err != nil {
		return err
	}
	return writeNotes(w, st, []string{trainingSecondsNote})
}

// secondsTo is a method's median time to a goal at so many seconds a step.
func (r TrainingReport) secondsTo(goal, method string, seconds float64) string {
	for _, g := range r.Goals {
		if g.Goal == goal && g.Method == method {
			b := bounds(g.StepsMin, g.StepsMax)
			return training.Bounds{Lo: b.Lo * seconds, Hi: b.Hi * seconds}.String()
		}
	}
	return absent
}
