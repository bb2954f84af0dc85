package training

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"uorobench/estimators/cell"
)

// carry walks everything that root points to and writes or reads every number in
// it: what a training carries from step to step, wherever it is kept.
//
// Rejected: a method by which each estimator, covariate and mean lists its own
// state. Every new one would have to remember every slice, and a forgotten one
// would give a training that goes on, plausibly and wrongly. The walk cannot
// forget; it also takes scratch along, which costs space and nothing else. It is
// the one place of the module that uses unsafe: the state lies in fields of
// another package that nobody else has a reason to reach.
//
// Functions, strings, layouts and fields tagged carry:"-" are passed over: they
// are made again from the config. Maps and channels are an error.
type carry struct {
	numbers []float64
	reading bool // numbers are put into root, else taken from it
	next    int
	seen    map[uintptr]bool // pointers already followed
	err     error
}

// takeNumbers returns all numbers of the roots, which must be pointers.
func takeNumbers(roots ...any) ([]float64, error) {
	c := &carry{seen: map[uintptr]bool{}}
	c.roots(roots)
	return c.numbers, c.err
}

// putNumbers puts the numbers of takeNumbers into roots of the same make.
func putNumbers(numbers []float64, roots ...any) error {
	c := &carry{numbers: numbers, reading: true, seen: map[uintptr]bool{}}
	c.roots(roots)
	if c.err == nil && c.next != len(numbers) {
		return fmt.Errorf("%d numbers, %d have a place", len(numbers), c.next)
	}
	return c.err
}

func (c *carry) roots(roots []any) {
	for _, r := range roots {
		c.value(reflect.ValueOf(r))
	}
}

// number passes one number; the answer is the one to keep.
func (c *carry) number(x float64) float64 {
	if !c.reading {
		c.numbers = append(c.numbers, x)
		return x
	}
	if c.next == len(c.numbers) {
		c.fail("it is shorter than the training's state")
		return x
	}
	c.next++
	return c.numbers[c.next-1]
}

func (c *carry) fail(text string) {
	if c.err == nil {
		c.err = fmt.Errorf("%s", text)
	}
}

var layoutType = reflect.TypeFor[*cell.Layout]()

func (c *carry) value(v reflect.Value) {
	if c.err != nil || v.Type() == layoutType {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		c.reference(v)
	case reflect.Struct:
		c.fields(v)
	case reflect.Slice:
		c.slice(v)
	case reflect.Array:
		c.elements(v)
	case reflect.Func, reflect.String:
	default:
		c.scalar(v)
	}
}

// reference follows a pointer or interface once.
func (c *carry) reference(v reflect.Value) {
	there := 0.0
	if !v.IsNil() {
		there = 1
	}
	if c.number(there) != there {
		c.fail("it is of another kind of training")
		return
	}
	if v.IsNil() {
		return
	}
	if v.Kind() == reflect.Pointer {
		if c.seen[v.Pointer()] {
			return
		}
		c.seen[v.Pointer()] = true
	}
	c.value(v.Elem())
}

func (c *carry) fields(v reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("carry") != "-" {
			c.value(v.Field(i))
		}
	}
}

// maxElements bounds a slice's length, so that a corrupt file cannot ask for all
// memory.
const maxElements = 1 << 28

// slice passes a slice's length and its elements.
func (c *carry) slice(v reflect.Value) {
	n := int(c.number(float64(v.Len())))
	if n < 0 || n > maxElements || (c.reading && n > len(c.numbers)) {
		c.fail(fmt.Sprintf("a length of %d", n))
		return
	}
	if n != v.Len() {
		if !v.CanAddr() {
			c.fail("it has another shape than the training's state")
			return
		}
		settable(v).Set(reflect.MakeSlice(v.Type(), n, max(n, v.Cap())))
	}
	c.elements(v)
}

// elements passes all elements of a slice or array.
func (c *carry) elements(v reflect.Value) {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Float64 {
		for i, x := range unsafe.Slice((*float64)(v.UnsafePointer()), v.Len()) {
			unsafe.Slice((*float64)(v.UnsafePointer()), v.Len())[i] = c.number(x)
		}
		return
	}
	for i := range v.Len() {
		c.value(v.Index(i))
	}
}

// scalar passes one number of any basic type.
func (c *carry) scalar(v reflect.Value) {
	var old float64
	switch {
	case v.CanFloat():
		old = v.Float()
	case v.CanInt():
		old = math.Float64frombits(uint64(v.Int()))
	case v.CanUint():
		old = math.Float64frombits(v.Uint())
	case v.Kind() == reflect.Bool:
		old = 0
		if v.Bool() {
			old = 1
		}
	default:
		c.fail("it holds a " + v.Kind().String() + ", which cannot be kept")
		return
	}
	x := c.number(old)
	if !c.reading || math.Float64bits(x) == math.Float64bits(old) {
		return
	}
	if !v.CanAddr() {
		c.fail("it is of another kind of training")
		return
	}
	setScalar(settable(v), x)
}

func setScalar(v reflect.Value, x float64) {
	switch {
	case v.CanFloat():
		v.SetFloat(x)
	case v.CanInt():
		v.SetInt(int64(math.Float64bits(x)))
	case v.CanUint():
		v.SetUint(math.Float64bits(x))
	default:
		v.SetBool(x != 0)
	}
}

// settable is v without the ban on setting a field of another package.
func settable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}
