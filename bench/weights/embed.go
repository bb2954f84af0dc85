package weights

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// The embedded networks: each cell with 32 hidden units at three stages of
// training by exact online RTRL on a^n \n b^n \n with n uniform on 1..32. They
// are params files of `uorobench train`, byte for byte: see Sources. All of them
// are made again by
//
//	go test ./cmd/uorobench -run EmbeddedWeights -update-weights -timeout 30m
//
//go:embed data
var embedded embed.FS

// Stages lists the embedded stages in the order of training. By the loss:
// early knows what follows which symbol (0.41 and 0.44 bits for gru and rnn),
// mid counts roughly (0.25 and 0.26; without memory 0.37 is the limit), late
// ends nearly all strings right (0.170 and 0.186; 0.143 is perfect).
//
// The losses are over 20,000 symbols that were read in one go, as in training. A
// short window from state zero shows more: the networks were in that state but
// once, at their first symbol, and need a string or two to find their way (over
// 128 symbols mid is at 0.3 to 0.5 bits, late at 0.5 to 1.1).
var Stages = []string{"early", "mid", "late"}

// EmbeddedCells lists the cells that have embedded weights at all stages. The other
// entries of Sources are single ones: mid for lstm, lif and alif, by the same task, and
// copy, a GRU that has learned the task copy instead.
var EmbeddedCells = []string{"gru", "rnn"}

// Source says where embedded weights come from: the built-in experiment of
// `uorobench train`, and the step after which it kept them.
type Source struct {
	Cell, Stage string
	Experiment  string
	Step        int
}

// Sources has one line per cell and stage, the stages in their order, and then the
// single ones. The GRU's late stage comes from a training of its own, with a rate that
// falls faster.
var Sources = []Source{
	{"gru", "early", "weights-gru", 2000},
	{"gru", "mid", "weights-gru", 15000},
	{"gru", "late", "weights-gru-late", 200000},
	{"rnn", "early", "weights-rnn", 2000},
	{"rnn", "mid", "weights-rnn", 40000},
	{"rnn", "late", "weights-rnn", 300000},
	{"lstm", "mid", "weights-lstm", 20000},
	{"lif", "mid", "weights-lif", 40000},
	{"alif", "mid", "weights-alif", 40000},
	{"gru", "copy", "weights-copy", 60000},
}

// File is the name of the embedded file in folder data.
func (s Source) File() string { return s.Cell + "-" + s.Stage + ".safetensors" }

// Trained is the name that the file has in the directory of its training.
func (s Source) Trained() string { return fmt.Sprintf("params-rtrl-1-%d.safetensors", s.Step) }

// IsStage says whether name is a stage of some cell.
func IsStage(name string) bool {
	return slices.ContainsFunc(Sources, func(s Source) bool { return s.Stage == name })
}

// StageNames lists the names that weights may have, Stages first.
func StageNames() []string {
	names := slices.Clone(Stages)
	for _, s := range Sources {
		if !slices.Contains(names, s.Stage) {
			names = append(names, s.Stage)
		}
	}
	return names
}

// Stage returns the embedded weights of a cell at a stage: 32 hidden units, and 3
// inputs and outputs, or 6 for copy, with the file's metadata. The caller owns both. The
// error says which cells and stages there are.
func Stage(cellName, stage string) ([]Tensor, map[string]string, error) {
	if !slices.ContainsFunc(Sources, func(s Source) bool { return s.Cell == cellName && s.Stage == stage }) {
		return nil, nil, fmt.Errorf("no embedded weights for cell %q at stage %q; there are: %s", cellName, stage, embeddedNames())
	}
	file, err := embedded.ReadFile("data/" + Source{Cell: cellName, Stage: stage}.File())
	if err != nil {
		return nil, nil, fmt.Errorf("embedded weights: %w", err)
	}
	tensors, metadata, err := Read(file)
	if err != nil {
		return nil, nil, fmt.Errorf("embedded weights of cell %s at stage %s: %w", cellName, stage, err)
	}
	return tensors, metadata, nil
}

// embeddedNames lists each cell with its stages.
func embeddedNames() string {
	var cells []string
	stages := map[string][]string{}
	for _, s := range Sources {
		if stages[s.Cell] == nil {
			cells = append(cells, s.Cell)
		}
		stages[s.Cell] = append(stages[s.Cell], s.Stage)
	}
	for i, c := range cells {
		cells[i] = c + " " + strings.Join(stages[c], ", ")
	}
	return strings.Join(cells, "; ")
}
