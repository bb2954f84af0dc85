// Package statedict finds a recurrent network in the tensors of a PyTorch module: the
// one recurrent layer and the linear readout behind it, by the ends of their names,
// whatever modules they lie in ("rnn.weight_ih_l0", "module.encoder.lstm.weight_hh_l0").
//
// It never guesses: where two layers or readouts fit, they are listed for the user to
// choose, and what is not the same function as a cell of this program (a second layer,
// a backward direction, a projection) is refused by name.
package statedict

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"uorobench/bench/weights"
)

// Bare names, in the flags, the place of tensors without any prefix.
const Bare = "."

// Layer is a recurrent layer, or what looks like one.
type Layer struct {
	Prefix string // without the last dot; Bare for none
	Gates  int    // blocks of H rows: 1 rnn, 3 gru, 4 lstm
	Hidden int
	Inputs int
	Bias   bool // false for bias=False: both are zero
	DType  weights.DType
	Wrong  error // why it cannot be measured, or nil

	suffix string            // "_l0", or "" of an nn.*Cell
	names  map[string]string // full names by their ends
}

// Readout is a linear layer that reads H numbers.
type Readout struct {
	Name    string // without ".weight"; Bare for none
	Outputs int
	Bias    bool
	names   []string // of weight and bias
}

// Dict is what a file holds.
type Dict struct {
	Layers []Layer // ordered by prefix
	file   *weights.File
}

// recurrent is the end of a recurrent layer's tensor.
var recurrent = regexp.MustCompile(`^(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)((?:_l[0-9]+)?)((?:_reverse)?)$`)

// cut splits a tensor's name at its last dot.
func cut(name string) (prefix, end string) {
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		return name[:at], name[at+1:]
	}
	return Bare, name
}

// Of looks at a file's tensors.
func Of(file *weights.File) *Dict {
	d := &Dict{file: file}
	for _, t := range file.Tensors {
		prefix, end := cut(t.Name)
		if !recurrent.MatchString(end) {
			continue
		}
		at := slices.IndexFunc(d.Layers, func(l Layer) bool { return l.Prefix == prefix })
		if at < 0 {
			at = len(d.Layers)
			d.Layers = append(d.Layers, Layer{Prefix: prefix, names: map[string]string{}})
		}
		d.Layers[at].names[end] = t.Name
	}
	slices.SortFunc(d.Layers, func(a, b Layer) int { return strings.Compare(a.Prefix, b.Prefix) })
	for i := range d.Layers {
		d.Layers[i].Wrong = d.Layers[i].read(file)
	}
	return d
}

// read takes the sizes from the shapes, or says why the layer cannot be measured.
func (l *Layer) read(file *weights.File) error {
	if err := l.readNames(); err != nil {
		return err
	}
	ih, hh := l.shape(file, "weight_ih"), l.shape(file, "weight_hh")
	switch {
	case ih == nil:
		return l.wrong("there is weight_hh%s and no weight_ih%s", l.suffix, l.suffix)
	case hh == nil:
		return l.wrong("there is weight_ih%s and no weight_hh%s", l.suffix, l.suffix)
	case len(ih) != 2 || len(hh) != 2 || hh[1] == 0 || hh[0]%hh[1] != 0 || ih[0] != hh[0] || ih[1] == 0:
		return l.wrong("weight_ih%s has shape %v and weight_hh%s %v: want [gates·H, X] and [gates·H, H]", l.suffix, ih, l.suffix, hh)
	}
	l.Gates, l.Hidden, l.Inputs = hh[0]/hh[1], hh[1], ih[1]
	if l.Gates != 1 && l.Gates != 3 && l.Gates != 4 {
		return l.wrong("weight_hh%s has %d blocks of %d rows: want 1 (RNN), 3 (GRU) or 4 (LSTM)", l.suffix, l.Gates, l.Hidden)
	}
	info, _ := file.Find(l.names["weight_hh"+l.suffix])
	l.DType = info.DType
	return l.readBias(file, hh[0])
}

func (l *Layer) wrong(format string, args ...any) error {
	return fmt.Errorf("layer %s: "+format, append([]any{l.Prefix}, args...)...)
}

// readNames tells one layer in one direction from all else.
func (l *Layer) readNames() error {
	suffixes := map[string]bool{}
	for _, end := range sortedKeys(l.names) {
		m := recurrent.FindStringSubmatch(end)
		switch {
		case m[1] == "weight_hr":
			return l.wrong("%s is the projection of proj_size, which no cell of this program has", end)
		case m[3] != "":
			return l.wrong("%s is of a backward direction: a bidirectional layer is not online", end)
		case m[2] != "" && m[2] != "_l0":
			return l.wrong("%s is of a second layer: want a network with one", end)
		}
		suffixes[m[2]] = true
		l.suffix = m[2]
	}
	if len(suffixes) > 1 {
		return l.wrong("it has tensors of an nn.*Cell and of a layer (%s)", strings.Join(sortedKeys(l.names), ", "))
	}
	return nil
}

func (l *Layer) readBias(file *weights.File, rows int) error {
	ih, hh := l.shape(file, "bias_ih"), l.shape(file, "bias_hh")
	if (ih == nil) != (hh == nil) {
		return l.wrong("it has one of bias_ih%s and bias_hh%s: want both, or none (bias=False)", l.suffix, l.suffix)
	}
	if l.Bias = ih != nil; !l.Bias {
		return nil
	}
	for _, shape := range [][]int{ih, hh} {
		if !slices.Equal(shape, []int{rows}) {
			return l.wrong("a bias has shape %v: want [%d]", shape, rows)
		}
	}
	return nil
}

// shape is that of the layer's tensor, nil where there is none.
func (l *Layer) shape(file *weights.File, what string) []int {
	info, ok := file.Find(l.names[what+l.suffix])
	if !ok {
		return nil
	}
	return info.Shape
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
