// Package arrays reads named arrays of numbers from a user's file: safetensors,
// NumPy's .npz and .npy, and CSV with a header.
//
// The format is told from the content, as a pipe has no name. Whatever is not exactly
// of a format is an error that says where, and no more memory is taken than a small
// multiple of what the file really holds, whatever its header says. Which names and
// shapes are right, and whether a number is finite, is the caller's to say.
package arrays

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"uorobench/bench/weights"
)

// MaxBytes bounds a file, and what the members of an .npz unfold to together.
const MaxBytes = 64 << 20

// Array is a named array of numbers, row-major. The receiver owns the slices.
type Array struct {
	Name  string // empty for the one array of an .npy
	Shape []int  // sizes, outermost first; none for a single number
	// Data are the numbers, as many as the product of Shape; narrower types are
	// widened, which is exact but for whole numbers above 2^53. An empty field of a
	// CSV is NaN.
	Data  []float64
	Whole bool // the file's type is one of whole numbers, or a CSV has only such

	lines   []int // of a CSV: the line of each row
	columns []int // of a CSV: the 1-based column of each of a row's numbers
}

// Place says where number i of Data stands: "x[3, 1]", or "line 5, column 2".
func (a *Array) Place(i int) string {
	if len(a.lines) > 0 {
		return fmt.Sprintf("line %d, column %d", a.lines[i/len(a.columns)], a.columns[i%len(a.columns)])
	}
	at := make([]string, len(a.Shape))
	for d := len(a.Shape) - 1; d >= 0; d-- {
		at[d] = fmt.Sprint(i % a.Shape[d])
		i /= a.Shape[d]
	}
	return fmt.Sprintf("%s[%s]", a.Name, strings.Join(at, ", "))
}

// Read reads a whole file's arrays, in the file's order; data is not kept. The error
// does not name the file.
func Read(data []byte) ([]Array, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(data, []byte("PAR1")):
		return nil, errors.New("a Parquet file is not read here: write the arrays as .safetensors, .npz or .csv")
	case bytes.HasPrefix(data, []byte(npyMagic)):
		a, err := readNPY(data)
		return []Array{a}, err
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return readNPZ(data)
	case isSafetensors(data):
		return readSafetensors(data)
	}
	return readCSV(data)
}

// isSafetensors tells the length of a header and its first brace. No text has zero
// bytes.
func isSafetensors(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint32(data[4:]) == 0
}

func readSafetensors(data []byte) ([]Array, error) {
	file, err := weights.Open(data)
	if err != nil {
		return nil, err
	}
	var all []Array
	for _, info := range file.Tensors {
		a := Array{Name: info.Name, Shape: info.Shape}
		if info.DType.Decodes() {
			t, err := file.Tensor(info.Name)
			if err != nil {
				return nil, err
			}
			a.Data = t.Data
		} else {
			kind, known := wholeTypes[string(info.DType)]
			if !known {
				return nil, fmt.Errorf("tensor %q: dtype %s is not read: want F64, F32, F16, BF16, a type of whole numbers or BOOL", info.Name, info.DType)
			}
			a.Data, a.Whole = decode(file.Bytes(info.Name), kind), true
		}
		all = append(all, a)
	}
	return all, nil
}

// wholeTypes are safetensors' types of whole numbers, by NumPy's codes.
var wholeTypes = map[string]string{
	"I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "b1",
}

// decode widens little-endian numbers of one of NumPy's type codes; the length of b is
// a multiple of the type's size.
func decode(b []byte, code string) []float64 {
	read, size := readers[code], int(code[1]-'0')
	out := make([]float64, len(b)/size)
	for i := range out {
		out[i] = read(b[i*size:])
	}
	return out
}

var order = binary.LittleEndian

// readers read the first number of a slice.
var readers = map[string]func([]byte) float64{
	"f8": func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) },
	"f4": func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) },
	"f2": func(b []byte) float64 { return weights.FromHalf(order.Uint16(b)) },
	"i8": func(b []byte) float64 { return float64(int64(order.Uint64(b))) },
	"i4": func(b []byte) float64 { return float64(int32(order.Uint32(b))) },
	"i2": func(b []byte) float64 { return float64(int16(order.Uint16(b))) },
	"i1": func(b []byte) float64 { return float64(int8(b[0])) },
	"u8": func(b []byte) float64 { return float64(order.Uint64(b)) },
	"u4": func(b []byte) float64 { return float64(order.Uint32(b)) },
	"u2": func(b []byte) float64 { return float64(order.Uint16(b)) },
	"u1": func(b []byte) float64 { return float64(b[0]) },
	"b1": func(b []byte) float64 { return float64(b[0]) },
}
