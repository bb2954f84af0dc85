package reports

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"uorobench/bench"
	"uorobench/bench/statedict"
)

// NetworkRow tells where the weights of a user's own file come from, and how good the
// network is on the task.
type NetworkRow struct {
	Task    string   `parquet:"task,dict" unit:"name" doc:"as in steps"`
	Cell    string   `parquet:"cell,dict" unit:"name" doc:"as in steps: what the layer was taken for"`
	Hidden  int32    `parquet:"hidden" unit:"units" doc:"as in steps"`
	Seed    int64    `parquet:"seed" unit:"-" doc:"as in steps"`
	File    string   `parquet:"weights" unit:"path" doc:"the file of weights, as it was given"`
	SHA256  string   `parquet:"weights_sha256" unit:"hex" doc:"digest of its content"`
	Layer   string   `parquet:"layer" unit:"name" doc:"prefix of the recurrent layer's tensors; a dot for none"`
	Readout string   `parquet:"readout" unit:"name" doc:"name of the linear readout; a dot for none"`
	DType   string   `parquet:"dtype" unit:"name" doc:"type of the recurrent weights in the file: F64, F32, F16 or BF16; they are widened, which is exact"`
	Absent  string   `parquet:"absent,optional" unit:"names" doc:"biases that the file has not, which are zero; NULL where it has all"`
	Assumed string   `parquet:"assumed,optional" unit:"text" doc:"what the file cannot tell and was taken for granted, such as the nonlinearity of a plain network; NULL where nothing was"`
	Ignored string   `parquet:"ignored,optional" unit:"names" doc:"tensors of the file that are of neither, joined by commas; NULL where there are none"`
	Loss    float64  `parquet:"mean_loss" unit:"nats" doc:"mean loss of the network over the steps that have one: nats per symbol, or ½‖y − target‖² for a task of real numbers"`
	Bits    *float64 `parquet:"bits" unit:"bits" doc:"the same in bits per symbol; NULL for a task of real numbers"`
}

// Networks is the dataset of the networks that a user brought.
var Networks = Dataset[NetworkRow]{name: "network"}

// networkRows are the rows of a run; none where the weights are this program's.
func networkRows(r *bench.Result) []NetworkRow {
	var rows []NetworkRow
	for _, c := range r.Cells {
		if c.Own == nil {
			continue
		}
		row := NetworkRow{
			Task: r.Experiment.Task.Name, Cell: c.Cell, Hidden: int32(c.Hidden), Seed: int64(r.Experiment.Seed),
			File: c.Own.File, SHA256: c.Own.SHA256, Layer: c.Own.Layer.Prefix, Readout: c.Own.Readout.Name, DType: string(c.Own.Layer.DType),
			Assumed: c.Own.Assumed, Ignored: strings.Join(c.Own.Ignored, ", "), Loss: c.MeanLoss,
			Bits: Optional(c.BitsPerSymbol, !c.Sequence.Squared()),
		}
		row.Absent = absentBiases(&c.Own.Network)
		rows = append(rows, row)
	}
	return rows
}

// absentBiases names the biases that a network has not.
func absentBiases(n *statedict.Network) string {
	var names []string
	if !n.Layer.Bias {
		names = append(names, "of the layer")
	}
	if !n.Readout.Bias {
		names = append(names, "of the readout")
	}
	return strings.Join(names, " and ")
}

func (r *NetworkRow) network() Key {
	return Key{Task: r.Task, Cell: r.Cell, Hidden: r.Hidden, Seed: r.Seed}
}

// readNetworks reads the rows of a run; none is not an error.
func readNetworks(path string) ([]NetworkRow, error) {
	rows, err := Networks.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return rows, err
}

// networkNotes say where the weights come from, on what the network was run, and how
// good it is there.
func (b block) networkNotes() []string {
	var notes []string
	for _, r := range b.networks {
		quality := "mean loss " + significant(r.Loss, plainDigits)
		if r.Bits != nil {
			quality = fmt.Sprintf("%s nats, %s bits per symbol", quality, significant(*r.Bits, plainDigits))
		}
		note := fmt.Sprintf("weights: %s (SHA-256 %.12s…, %s), layer %s taken for a %s, readout %s; on task %s: %s",
			r.File, r.SHA256, r.DType, r.Layer, r.Cell, r.Readout, r.Task, quality)
		if r.Assumed != "" {
			note += "; the file cannot tell, assumed: " + r.Assumed
		}
		if r.Absent != "" {
			note += "; the file has no biases " + r.Absent + ": they are zero, and parameters of the measurement all the same"
		}
		notes = append(notes, note)
		if r.Ignored != "" {
			notes = append(notes, "tensors of the file that were ignored: "+r.Ignored)
		}
	}
	return notes
}
