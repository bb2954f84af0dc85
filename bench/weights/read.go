package weights

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Read reads the content of a whole file: the tensors, ascending by name, and
// the metadata, nil if there is none. The caller owns both; data is not kept.
// It allocates no more than a small multiple of len(data), whatever the header
// says. Errors say which tensor and what was expected; the caller adds the
// file's name.
//
// Rejected: reading through an io.ReaderAt tensor by tensor. A cell's weights
// are kilobytes, and with the bytes at hand nothing can fail between the checks.
func Read(data []byte) ([]Tensor, map[string]string, error) {
	f, err := Open(data)
	if err != nil {
		return nil, nil, err
	}
	tensors := make([]Tensor, len(f.Tensors))
	for i, t := range f.Tensors {
		if tensors[i], err = f.Tensor(t.Name); err != nil {
			return nil, nil, err
		}
	}
	return tensors, f.Metadata, nil
}

// File is a checked file whose tensors are not decoded yet.
type File struct {
	Tensors  []Info // ascending by name
	Metadata map[string]string
	header   *header
	body     []byte
}

// Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape []int
}

// Open checks the content of a whole file, which it keeps. Its tensors may be of any
// of the format's types.
func Open(data []byte) (*File, error) {
	h, body, err := readHeader(data)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f := &File{Metadata: h.metadata, header: h, body: body}
	for _, e := range h.entries {
		f.Tensors = append(f.Tensors, Info{e.name, e.dtype, e.shape})
	}
	slices.SortFunc(f.Tensors, func(a, b Info) int { return cmp.Compare(a.Name, b.Name) })
	return f, nil
}

// Find returns what the file says of a tensor.
func (f *File) Find(name string) (Info, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Info{}, false
}

// Tensor decodes a tensor; the caller owns it. The error is for a name that the file
// has not, and for types that are no floating-point numbers.
func (f *File) Tensor(name string) (Tensor, error) {
	for _, e := range f.header.entries {
		if e.name != name {
			continue
		}
		if !e.dtype.Decodes() {
			return Tensor{}, fmt.Errorf("safetensors: tensor %q: dtype: %q: want %s, %s, %s or %s", name, e.dtype, F64, F32, F16, BF16)
		}
		return Tensor{Name: e.name, Shape: slices.Clone(e.shape), Data: decode(f.body[e.lo:e.hi], e.dtype)}, nil
	}
	return Tensor{}, fmt.Errorf("safetensors: there is no tensor %q", name)
}

// Bytes are a tensor's bytes as they stand in the file, nil for a name that it has not:
// for types that Tensor does not decode. The caller must not change them.
func (f *File) Bytes(name string) []byte {
	for _, e := range f.header.entries {
		if e.name == name {
			return f.body[e.lo:e.hi]
		}
	}
	return nil
}

func byName(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) }

// readHeader returns the checked header and the data part that it describes.
func readHeader(data []byte) (*header, []byte, error) {
	if len(data) < lengthBytes {
		return nil, nil, fmt.Errorf("the file has %d bytes: want at least %d", len(data), lengthBytes)
	}
	n, rest := binary.LittleEndian.Uint64(data), data[lengthBytes:]
	if n > MaxHeader {
		return nil, nil, fmt.Errorf("header of %d bytes: want at most %d; this may be no safetensors file", n, MaxHeader)
	}
	if n > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("header of %d bytes: only %d follow", n, len(rest))
	}
	h, err := parseHeader(rest[:n])
	if err != nil {
		return nil, nil, err
	}
	body := rest[n:]
	return h, body, h.checkOffsets(len(body))
}

// checkOffsets checks that the tensors tile the data part: no gap, no overlap,
// nothing after the last one. It leaves the entries in the order of their data.
func (h *header) checkOffsets(size int) error {
	slices.SortFunc(h.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi), cmp.Compare(a.name, b.name))
	})
	end := 0
	for _, e := range h.entries {
		n, err := elements(e.shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", e.name, err)
		}
		if want := n * e.dtype.size(); e.lo != end || e.hi-e.lo != want {
			return fmt.Errorf("tensor %q: data_offsets [%d, %d]: shape %v of %s after %d bytes of data wants [%d, %d]",
				e.name, e.lo, e.hi, e.shape, e.dtype, end, end, end+want)
		}
		end = e.hi
	}
	if end != size {
		return fmt.Errorf("%d bytes of data: the header describes %d", size, end)
	}
	return nil
}

// decode widens a tensor's bytes, which is exact.
func decode(b []byte, dtype DType) []float64 {
	data := make([]float64, len(b)/dtype.size())
	for i := range data {
		switch dtype {
		case F64:
			data[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		case F32:
			data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		case F16:
			data[i] = FromHalf(binary.LittleEndian.Uint16(b[2*i:]))
		case BF16:
			data[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16))
		}
	}
	return data
}

// FromHalf is the number of IEEE 754's binary16: sign, 5 bits of exponent, 10 of
// fraction.
func FromHalf(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10)&31, float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 0: // subnormal, or zero
		return sign * math.Ldexp(fraction, -24)
	case exponent < 31:
		return sign * math.Ldexp(1024+fraction, exponent-25)
	case fraction == 0:
		return math.Inf(int(sign))
	}
	return math.NaN()
}
