// Package weights reads and writes named tensors in the safetensors format, so
// that weights pass to and from PyTorch without pickle. It knows nothing of
// cells: which names and shapes are right is the caller's to say.
//
// A file is the length of the header (8 bytes, little-endian), the header (JSON,
// padded with blanks to a multiple of 8), and the tensors' data back to back,
// little-endian, row-major:
//
//	{"__metadata__":{"key":"value"},"name":{"dtype":"F64","shape":[2,3],"data_offsets":[0,48]}}
//
// The reader is strict: whatever is not exactly this is an error, so a file that
// is accepted has one meaning only. Not checked are the values, which may be NaN
// or infinite.
package weights

import (
	"fmt"
	"math"
)

// DType is the format's name of an element type.
type DType string

// The element types whose numbers can be read; the first two are written as well.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
)

// sizes are the bytes of an element of each of the format's types. A file may have
// tensors of all of them beside those that are wanted, such as the I64 counter of a
// BatchNorm.
var sizes = map[DType]int{
	F64: 8, F32: 4, F16: 2, BF16: 2, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2,
	"I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}

// size is the number of bytes of an element, 0 for a type that is not known.
func (d DType) size() int { return sizes[d] }

// Decodes says whether numbers of the type can be read.
func (d DType) Decodes() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

func (d DType) writes() bool { return d == F64 || d == F32 }

// Tensor is a named array of numbers. In a file with F32 they are stored rounded
// to float32; on reading they are widened, which is exact.
type Tensor struct {
	Name  string
	Shape []int     // sizes, outermost first; none for a single number
	Data  []float64 // row-major, as many as the product of Shape
}

// MaxHeader bounds the header's length in bytes, far above what a cell's handful
// of tensors needs. A corrupt length then cannot ask for gigabytes.
const MaxHeader = 1 << 20

const (
	metadataKey = "__metadata__"
	lengthBytes = 8 // of the header's length; also what the data is aligned to
)

// elements is the product of a shape. The error is for negative sizes and for
// products whose bytes would not fit an int.
func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v: want sizes of at least 0", shape)
		}
		if n > 0 && d > math.MaxInt/lengthBytes/n {
			return 0, fmt.Errorf("shape %v: too many elements", shape)
		}
		n *= d
	}
	return n, nil
}
