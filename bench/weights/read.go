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
	h, body, err := readHeader(data)
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	tensors := make([]Tensor, len(h.entries))
	for i, e := range h.entries {
		tensors[i] = Tensor{Name: e.name, Shape: e.shape, Data: decode(body[e.lo:e.hi], e.dtype)}
	}
	slices.SortFunc(tensors, byName)
	return tensors, h.metadata, nil
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

// decode widens a tensor's bytes.
func decode(b []byte, dtype DType) []float64 {
	data := make([]float64, len(b)/dtype.size())
	for i := range data {
		if dtype == F64 {
			data[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		} else {
			data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	}
	return data
}
