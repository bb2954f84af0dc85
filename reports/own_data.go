package reports

import (
	"fmt"

	"uorobench/bench"
)

// DataRow tells on what data of the user's own a network was measured.
type DataRow struct {
	Task     string  `parquet:"task,dict" unit:"name" doc:"as in steps"`
	Cell     string  `parquet:"cell,dict" unit:"name" doc:"as in steps"`
	Hidden   int32   `parquet:"hidden" unit:"units" doc:"as in steps"`
	Seed     int64   `parquet:"seed" unit:"-" doc:"as in steps"`
	File     string  `parquet:"data" unit:"path" doc:"the file, as it was given"`
	SHA256   string  `parquet:"data_sha256" unit:"hex" doc:"digest of its content"`
	Sequence int32   `parquet:"data_sequence" unit:"0-based" doc:"which repetition of the file was read"`
	Inputs   int32   `parquet:"inputs" unit:"1" doc:"numbers of an input vector, or codes of its symbols"`
	Reads    string  `parquet:"reads,dict" unit:"name" doc:"vectors or symbols: what the network reads"`
	Outputs  int32   `parquet:"outputs" unit:"1" doc:"numbers of a target vector, or codes of its symbols"`
	Loss     string  `parquet:"loss,dict" unit:"name" doc:"cross-entropy, in nats, or mse, ½‖y − target‖²"`
	Steps    int32   `parquet:"window_steps" unit:"steps" doc:"steps of the window"`
	Losses   int32   `parquet:"loss_steps" unit:"steps" doc:"steps of the window that have a loss"`
	MeanLoss float64 `parquet:"mean_loss" unit:"loss" doc:"mean loss of the network over those"`
	Weights  string  `parquet:"weights" unit:"text" doc:"where the network's weights come from: random, embedded, or the path of a file"`
}

// Data is the dataset of runs on a user's own data.
var Data = Dataset[DataRow]{name: "data"}

// dataRows are the rows of a run, one per cell; none for the program's own tasks.
func dataRows(r *bench.Result) []DataRow {
	e := r.Experiment
	own, ok := e.OwnData()
	if !ok {
		return nil
	}
	var rows []DataRow
	for _, c := range r.Cells {
		row := DataRow{
			Task: e.Task.Name, Cell: c.Cell, Hidden: int32(c.Hidden), Seed: int64(e.Seed), File: own.Path, SHA256: own.SHA256,
			Sequence: int32(e.Task.Repetition), Inputs: int32(c.Sequence.X), Outputs: int32(c.Sequence.Y), Reads: "symbols", Loss: "cross-entropy",
			Steps: int32(c.Sequence.Steps()), MeanLoss: c.MeanLoss, Weights: e.WeightsOrigin(),
		}
		if c.Sequence.Real != nil && c.Sequence.Real.Input != nil {
			row.Reads = "vectors"
		}
		if c.Sequence.Squared() {
			row.Loss = "mse"
		}
		for t := range c.Sequence.Steps() {
			if c.Sequence.HasLoss(t) {
				row.Losses++
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *DataRow) network() Key {
	return Key{Task: r.Task, Cell: r.Cell, Hidden: r.Hidden, Seed: r.Seed}
}

func (w *RunWriter) data(rows []DataRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Data.WriteAll(w.dir, w.sha256, rows)
}

func (w *RunWriter) vectors(rows []VectorRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Vectors.WriteAll(w.dir, w.sha256, rows)
}

// dataNotes say on what data the network was run, how good it is there, and where its
// weights come from.
func (b block) dataNotes() []string {
	var notes []string
	for _, r := range b.data {
		reads := fmt.Sprintf("vectors of %d", r.Inputs)
		if r.Reads != "vectors" {
			reads = fmt.Sprintf("%d symbols", r.Inputs)
		}
		loss := fmt.Sprintf("cross-entropy over %d symbols, mean %s nats", r.Outputs, significant(r.MeanLoss, plainDigits))
		if r.Loss == "mse" {
			loss = fmt.Sprintf("½‖y − target‖² of %d numbers, mean %s", r.Outputs, significant(r.MeanLoss, plainDigits))
		}
		notes = append(notes, fmt.Sprintf("data: task %s, %s (SHA-256 %.12s…), sequence %d: reads %s; loss at %d of %d steps: %s; weights: %s",
			r.Task, r.File, r.SHA256, r.Sequence, reads, r.Losses, r.Steps, loss, r.Weights))
	}
	return notes
}
