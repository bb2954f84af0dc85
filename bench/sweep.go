package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Axis is a field of an experiment and the values that a sweep gives it.
type Axis struct {
	Key    string   // as in an experiment file: "hidden", "task.hi"
	Values []string // as a flag would give them, at least two
}

// Setting is one value of an axis.
type Setting struct{ Key, Value string }

// Point is one experiment of a sweep.
type Point struct {
	Settings   []Setting // in the order of the axes
	Experiment *Experiment
}

// maxPoints bounds a sweep: more points are a slip in a range.
const maxPoints = 10_000

// ParseAxis reads FIELD=VALUE,VALUE,… or FIELD=FROM..TO of whole numbers. The
// field may be named by its key or its flag; each value is one value of a scalar
// field, or a list of one.
func ParseAxis(text string) (Axis, error) {
	name, list, ok := strings.Cut(text, "=")
	if !ok {
		return Axis{}, fmt.Errorf("axis %q: want FIELD=VALUE,VALUE,… or FIELD=FROM..TO", text)
	}
	name = strings.TrimSpace(name)
	at := slices.IndexFunc(Fields, func(f Field) bool { return f.Key == name || f.Flag == name })
	if at < 0 {
		return Axis{}, fmt.Errorf("axis %q: %w", text, unknownKey("", name))
	}
	values, err := axisValues(list)
	if err != nil {
		return Axis{}, fmt.Errorf("axis %q: %w", text, err)
	}
	return Axis{Key: Fields[at].Key, Values: values}, nil
}

func axisValues(list string) ([]string, error) {
	values, ok, err := valueRange(list)
	if err != nil {
		return nil, err
	}
	if !ok {
		for value := range strings.SplitSeq(list, ",") {
			values = append(values, strings.TrimSpace(value))
		}
	}
	if len(values) < 2 {
		return nil, fmt.Errorf("want at least two values, not %d", len(values))
	}
	for i, value := range values {
		if value == "" {
			return nil, fmt.Errorf("value %d is empty", i+1)
		}
		if slices.Contains(values[:i], value) {
			return nil, fmt.Errorf("value %s is listed twice", value)
		}
	}
	return values, nil
}

// valueRange reads FROM..TO; ok is false for anything else.
func valueRange(list string) (values []string, ok bool, err error) {
	first, last, ok := strings.Cut(list, "..")
	from, errFrom := strconv.ParseInt(first, 10, 64)
	to, errTo := strconv.ParseInt(last, 10, 64)
	if !ok || errFrom != nil || errTo != nil {
		return nil, false, nil
	}
	if to < from || uint64(to)-uint64(from) >= maxPoints {
		return nil, false, fmt.Errorf("range %s: want FROM below TO, and at most %d values", list, maxPoints)
	}
	for v := from; ; v++ {
		values = append(values, strconv.FormatInt(v, 10))
		if v == to {
			return values, true, nil
		}
	}
}

// overKey is the axes' key in an experiment file.
const overKey = "over"

// over takes in the axes of a file.
func (r *reader) over(line int, value *unstable.Node) error {
	g := r.given(line, value)
	if value.Kind != unstable.Array || !g.typed(new([]string)) {
		return &FieldError{Place: r.at(line), Key: overKey, Given: g.place.text, Allowed: `must be a list of axes such as "hidden=8,16,32" or "weight_seed=1..6"`}
	}
	for _, text := range g.items {
		axis, err := ParseAxis(text)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", r.at(line), overKey, err)
		}
		r.experiment.Over = append(r.experiment.Over, axis)
	}
	return nil
}

func axisNames(axes []Axis) string {
	var names []string
	for _, a := range axes {
		names = append(names, a.Key)
	}
	return strings.Join(names, " and ")
}

// Sweep returns the points of all combinations of the axes' values, the last
// axis fastest, every one resolved: what is wrong with any of them is said before
// the first is measured. base is not changed.
func Sweep(base *Experiment, axes []Axis) ([]Point, error) {
	if err := checkAxes(axes); err != nil {
		return nil, err
	}
	points := []Point{{}}
	for _, axis := range axes {
		var next []Point
		for _, p := range points {
			for _, value := range axis.Values {
				next = append(next, Point{Settings: append(slices.Clone(p.Settings), Setting{axis.Key, value})})
			}
		}
		points = next
	}
	for i := range points {
		var err error
		if points[i].Experiment, err = points[i].set(base); err != nil {
			return nil, fmt.Errorf("sweep at %s: %w", points[i].Name(), err)
		}
	}
	return points, nil
}

func checkAxes(axes []Axis) error {
	if len(axes) == 0 {
		return errors.New("sweep: no axis: want --over FIELD=VALUE,VALUE,…, or the key over in the experiment's file")
	}
	points := 1
	for i, a := range axes {
		if slices.ContainsFunc(axes[:i], func(b Axis) bool { return a.Key == b.Key }) {
			return fmt.Errorf("sweep: two axes of %s", a.Key)
		}
		if points *= len(a.Values); points > maxPoints {
			return fmt.Errorf("sweep: more than %d points", maxPoints)
		}
	}
	return nil
}

// set is a copy of base with the point's settings, resolved.
func (p Point) set(base *Experiment) (*Experiment, error) {
	e := *base
	e.Over = nil
	e.places = nil // a message names the setting, not the line of the file
	for _, s := range p.Settings {
		if err := e.Set(s.Key, s.Value); err != nil {
			return nil, err
		}
	}
	return e.Resolve()
}

// Name is the point's settings in one word: "hidden=8 weights=mid".
func (p Point) Name() string {
	var parts []string
	for _, s := range p.Settings {
		parts = append(parts, s.Key+"="+s.Value)
	}
	return strings.Join(parts, " ")
}

// Replicates says whether values of the field are repetitions of one measurement
// (other noise, other random weights, another sequence), not conditions of it.
func Replicates(key string) bool {
	return slices.Contains([]string{"seed", "weight_seed", "sequence_seed"}, key)
}

// Numbers are the axis' values as numbers; ok is false where one is not a
// positive number, or where they are repetitions, or no number of the field is.
func (a Axis) Numbers() (numbers []float64, ok bool) {
	if Replicates(a.Key) {
		return nil, false
	}
	for _, value := range a.Values {
		x, err := strconv.ParseFloat(strings.ReplaceAll(value, "_", ""), 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
			return nil, false
		}
		numbers = append(numbers, x)
	}
	return numbers, true
}
