package task

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"uorobench/bench/arrays"
	"uorobench/bench/config"
	"uorobench/bench/noise"
)

const fileName = "file"

// Losses of FileOptions.
const (
	LossByName       = "by-name" // mse for y, cross-entropy for target
	LossCrossEntropy = "cross-entropy"
	LossSquared      = "mse" // ½‖y − target‖², with the ½
)

// Limits of the user's data.
const (
	// MaxDataSymbols bounds the numbers of codes: each is a one-hot vector.
	MaxDataSymbols = 1024
	MaxDataWidth   = 1024 // of a vector
)

// File is a user's own data: at every step a vector x or a symbol input, and a vector y
// to predict by squared error or a symbol target by cross-entropy, where mask says so.
type File struct {
	o        FileOptions
	whole    Sequence // of the chosen repetition
	alphabet []string
}

// FileOptions are the options of the task.
type FileOptions struct {
	Data          string // relative to the working directory
	Loss          string // LossByName, LossCrossEntropy or LossSquared
	Repetition    int    // which of the leading axis, 0-based
	InputSymbols  int    // codes of input; 0: one more than the largest
	TargetSymbols int    // codes of target; 0: one more than the largest
}

func (*FileOptions) name() string                  { return fileName }
func (o *FileOptions) reset()                      { *o = FileOptions{Loss: LossByName} }
func (*FileOptions) build(o Options) (Task, error) { return NewFile(o) }

func (o *FileOptions) fields() []config.Field {
	return []config.Field{
		{Key: "data", Help: "your data: .safetensors, .npz, .npy or .csv", Value: &o.Data, Rule: config.Rule{Allowed: "must be the path of a file of data"}},
		{Key: "loss", Help: "cross-entropy of target, mse (½‖·‖²) of y, or by-name: the one that the file has", Value: &o.Loss, Rule: config.OneOf(LossByName, LossCrossEntropy, LossSquared)},
		{Key: "sequence", Help: "which repetition of a file with a leading axis, from 0", Value: &o.Repetition, Rule: config.Whole(0, math.MaxInt32)},
		{Key: "input_symbols", Help: "codes of input; 0: one more than the largest of the repetition", Value: &o.InputSymbols, Rule: config.Whole(0, MaxDataSymbols)},
		{Key: "target_symbols", Help: "codes of target; 0: one more than the largest of the repetition", Value: &o.TargetSymbols, Rule: config.Whole(0, MaxDataSymbols)},
	}
}

// NewFile reads the file and makes the task. The error is a *config.FieldError for a
// wrong option, else it names the file.
func NewFile(o Options) (*File, error) {
	if err := checkOptions(&o.FileOptions); err != nil {
		return nil, err
	}
	if o.Data == "" {
		return nil, config.Wrong("data", "", "task file needs data: must be the path of a .safetensors, .npz, .npy or .csv file", "task.name")
	}
	data, err := o.Inputs.Read(o.Data, arrays.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("task file: %w", err)
	}
	f := &File{o: o.FileOptions}
	all, err := arrays.Read(data)
	if err == nil {
		err = f.read(all)
	}
	if err != nil {
		return nil, fmt.Errorf("task file: %s: %w", o.Data, err)
	}
	return f, nil
}

// Name implements Task.
func (f *File) Name() string { return fileName }

// Alphabet implements Task: the codes as numbers, where input and target have the same.
func (f *File) Alphabet() []string { return f.alphabet }

// Sequence implements Task: the first steps of the repetition. No random number is
// used. The error says how many steps the file can give.
func (f *File) Sequence(_ *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(fileName, steps); err != nil {
		return Sequence{}, err
	}
	if have := f.whole.Steps(); steps > have {
		return Sequence{}, fmt.Errorf("task file: %s: %d steps are wanted, warm-up and window, the file has %d", f.o.Data, steps, have)
	}
	s := f.whole.clone(steps)
	for t := range steps {
		if s.HasLoss(t) {
			return s, nil
		}
	}
	return Sequence{}, fmt.Errorf("task file: %s: none of the first %d steps has a loss", f.o.Data, steps)
}

// known are the arrays of a file; each has one meaning.
var known = []string{"x", "input", "y", "target", "mask", "sequence"}

// refusedArrays are names that a file may well have, and why they are not read.
var refusedArrays = map[string]string{
	"reset": "a state that starts anew within a sequence is not measured: cut the file there into repetitions, and choose with --sequence",
	"h0":    "an initial state is not read: the state starts at zero, or after a warm-up (--warm-up)",
	"c0":    "an initial state is not read: the state starts at zero, or after a warm-up (--warm-up)",
}

// fileReader finds the steps of the chosen repetition.
type fileReader struct {
	o      *FileOptions
	arrays []arrays.Array
	steps  int    // T; −1: not known yet
	first  string // the array that told
	batch  int    // repetitions; −1: no leading axis
	rows   []int  // steps of the repetition, where an array sequence names them; else nil
	lossAt []bool
}

func (f *File) read(all []arrays.Array) error {
	if len(all) == 1 && all[0].Name == "" {
		all = nextOf(all[0])
	}
	r := &fileReader{o: &f.o, arrays: all, steps: -1}
	if err := r.checkNames(); err != nil {
		return err
	}
	if err := r.readSequence(); err != nil {
		return err
	}
	loss, err := r.loss()
	if err != nil {
		return err
	}
	if err := r.readMask(); err != nil {
		return err
	}
	s, real := &f.whole, new(Real)
	if r.find("x") != nil {
		real.Input, s.X, err = r.vectors("x", nil)
	} else {
		s.Input, s.X, err = r.symbols("input", f.o.InputSymbols, nil)
	}
	if err != nil {
		return err
	}
	if loss == LossSquared {
		real.Target, s.Y, err = r.vectors("y", r.lossAt)
	} else {
		s.Target, s.Y, err = r.symbols("target", f.o.TargetSymbols, r.lossAt)
	}
	if err != nil {
		return err
	}
	f.finish(real)
	return nil
}

// finish names the codes.
func (f *File) finish(real *Real) {
	s := &f.whole
	if real.Input != nil || real.Target != nil {
		s.Real = real
	}
	codes := 0
	if s.Input != nil {
		codes = s.X
	}
	if s.Target != nil {
		codes = max(codes, s.Y)
	}
	for c := range codes {
		s.Symbols = append(s.Symbols, strconv.Itoa(c))
	}
	if s.Real == nil && s.X == s.Y {
		f.alphabet = s.Symbols
	}
}

// nextOf makes of one array without a name the prediction of its next value.
func nextOf(a arrays.Array) []arrays.Array {
	names, axis := []string{"x", "y"}, 0
	if a.Whole {
		names = []string{"input", "target"}
		axis = len(a.Shape) - 1
	} else if len(a.Shape) == 3 {
		axis = 1
	}
	if axis < 0 || axis > 1 || len(a.Shape) == 0 || len(a.Shape) > 3 || a.Shape[axis] < 1 {
		a.Name = names[0]
		return []arrays.Array{a} // its shape will be refused
	}
	return []arrays.Array{cutSteps(a, names[0], axis, 0), cutSteps(a, names[1], axis, 1)}
}

// cutSteps is a with one step less on its axis of steps, from the given step on.
func cutSteps(a arrays.Array, name string, axis, from int) arrays.Array {
	out := arrays.Array{Name: name, Shape: slices.Clone(a.Shape), Whole: a.Whole}
	steps, width := a.Shape[axis], 1
	for _, n := range a.Shape[axis+1:] {
		width *= n
	}
	out.Shape[axis]--
	for at := 0; width > 0 && at < len(a.Data); at += steps * width {
		out.Data = append(out.Data, a.Data[at+from*width:at+(from+steps-1)*width]...)
	}
	return out
}

func (r *fileReader) find(name string) *arrays.Array {
	for i := range r.arrays {
		if r.arrays[i].Name == name {
			return &r.arrays[i]
		}
	}
	return nil
}

// checkNames refuses what is not looked at, and two inputs or none.
func (r *fileReader) checkNames() error {
	var names []string
	for _, a := range r.arrays {
		if why := refusedArrays[a.Name]; why != "" {
			return fmt.Errorf("%s: %s", a.Name, why)
		}
		if !slices.Contains(known, a.Name) {
			return fmt.Errorf("array %q is not known: want x or input, y or target, and maybe mask", a.Name)
		}
		names = append(names, a.Name)
	}
	listed := "there are " + strings.Join(names, ", ")
	if len(names) == 0 {
		listed = "there is none"
	}
	switch x, input := r.find("x"), r.find("input"); {
	case x != nil && input != nil:
		return errors.New("there are both x and input: want one of them")
	case x == nil && input == nil:
		return fmt.Errorf("no array x [T, X] or input [T]: %s", listed)
	case r.find("y") == nil && r.find("target") == nil:
		return fmt.Errorf("no array y [T, Y] or target [T]: %s", listed)
	case x != nil && r.o.InputSymbols > 0:
		return config.Wrong("input_symbols", r.o.InputSymbols, "has a meaning only for data with input", "task.data")
	}
	return nil
}

// loss is the loss that is asked for, or that the file has.
func (r *fileReader) loss() (string, error) {
	y, target := r.find("y") != nil, r.find("target") != nil
	loss := r.o.Loss
	switch {
	case loss == LossByName && y && target:
		return "", config.Wrong("loss", loss, "the file has both y and target: choose mse or cross-entropy", "task.data")
	case loss == LossByName && y:
		loss = LossSquared
	case loss == LossByName:
		loss = LossCrossEntropy
	}
	switch {
	case loss == LossSquared && !y:
		return "", config.Wrong("loss", loss, "mse is of y [T, Y], and the file has only target", "task.data")
	case loss == LossCrossEntropy && !target:
		return "", config.Wrong("loss", loss, "cross-entropy is of target [T], and the file has only y", "task.data")
	case loss == LossSquared && r.o.TargetSymbols > 0:
		return "", config.Wrong("target_symbols", r.o.TargetSymbols, "has a meaning only for cross-entropy", "task.data")
	}
	return loss, nil
}

// readSequence finds the rows of the repetition in a table that names them.
func (r *fileReader) readSequence() error {
	a := r.find("sequence")
	if a == nil {
		return nil
	}
	if len(a.Shape) != 1 {
		return fmt.Errorf("sequence has shape %v: want [T], the repetition that each step is of", a.Shape)
	}
	most := -1.0
	for t, v := range a.Data {
		most = max(most, v)
		if v != math.Trunc(v) || v < 0 || v > math.MaxInt32 {
			return fmt.Errorf("%s: sequence is %v: want a whole number of at least 0", a.Place(t), v)
		}
		if int(v) == r.o.Repetition {
			r.rows = append(r.rows, t)
		}
	}
	if r.rows == nil {
		return config.Wrong("sequence", r.o.Repetition, fmt.Sprintf("none of the file's %d steps is of it, the largest number there is %v", len(a.Data), most), "task.data")
	}
	return nil
}
