package weights

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// The embedded networks: each cell with 32 hidden units at three stages of
// training by exact online RTRL on a^n \n b^n \n with n uniform on 1..32. The
// files say how they were made: keys command, task, method, seed, steps, and
// bits, the loss of the frozen weights on fresh symbols.
//
//go:generate go run ./generate -cell gru -stages early=2000,mid=15000,late=30000 -out data
//go:generate go run ./generate -cell rnn -stages early=2000,mid=40000,late=80000 -out data
//go:embed data
var embedded embed.FS

// Stages lists the embedded stages in the order of training. By the loss:
// early knows little more than the symbols' frequencies, mid more than the last
// symbol can tell, late is near what the task allows for its cell.
var Stages = []string{"early", "mid", "late"}

// EmbeddedCells lists the cells that have embedded weights.
var EmbeddedCells = []string{"gru", "rnn"}

// IsStage says whether name is one of Stages.
func IsStage(name string) bool { return slices.Contains(Stages, name) }

// Stage returns the embedded weights of a cell at a stage: 3 inputs, 32 hidden
// units, 3 outputs, with the file's metadata. The caller owns both. The error
// says which cells and stages there are.
func Stage(cellName, stage string) ([]Tensor, map[string]string, error) {
	if !slices.Contains(EmbeddedCells, cellName) || !IsStage(stage) {
		return nil, nil, fmt.Errorf("no embedded weights for cell %q at stage %q; there are: cells %s, stages %s",
			cellName, stage, strings.Join(EmbeddedCells, ", "), strings.Join(Stages, ", "))
	}
	file, err := embedded.ReadFile("data/" + cellName + "-" + stage + ".safetensors")
	if err != nil {
		return nil, nil, fmt.Errorf("embedded weights: %w", err)
	}
	tensors, metadata, err := Read(file)
	if err != nil {
		return nil, nil, fmt.Errorf("embedded weights of cell %s at stage %s: %w", cellName, stage, err)
	}
	return tensors, metadata, nil
}
