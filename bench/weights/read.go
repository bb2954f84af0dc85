package weights

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// Read reads a whole file of the given size in bytes. It never reads at or past
// size and allocates no more than a small multiple of it. Errors say which
// tensor and what was expected; the caller adds the file's name.
func Read(r io.ReaderAt, size int64) (*File, error) {
	f, err := read(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func read(r io.ReaderAt, size int64) (*File, error) {
	text, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	start := lengthBytes + int64(len(text))
	if err := h.checkOffsets(size - start); err != nil {
		return nil, err
	}
	f := &File{Metadata: h.metadata}
	for _, e := range h.entries {
		t, err := e.read(r, start)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
		f.Tensors = append(f.Tensors, t)
	}
	slices.SortFunc(f.Tensors, byName)
	return f, nil
}

func byName(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) }

// readHeader returns the header's text, padding and all.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < lengthBytes {
		return nil, fmt.Errorf("the file has %d bytes: want at least %d", size, lengthBytes)
	}
	head, err := readBytes(r, 0, lengthBytes)
	if err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head)
	// In this order: n may be anything, and the limit makes it fit an int64.
	if n > MaxHeader {
		return nil, fmt.Errorf("header of %d bytes: want at most %d; this may be no safetensors file", n, MaxHeader)
	}
	if int64(n) > size-lengthBytes {
		return nil, fmt.Errorf("header of %d bytes: only %d follow", n, size-lengthBytes)
	}
	return readBytes(r, lengthBytes, int64(n))
}

func readBytes(r io.ReaderAt, from, n int64) ([]byte, error) {
	buf := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, from, n), buf); err != nil {
		return nil, fmt.Errorf("read %d bytes at byte %d: %w", n, from, err)
	}
	return buf, nil
}

// checkOffsets checks that the tensors tile the data part: no gap, no overlap,
// nothing after the last one. It leaves the entries in the order of their data.
func (h *header) checkOffsets(size int64) error {
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
	if int64(end) != size {
		return fmt.Errorf("%d bytes of data: the header describes %d", size, end)
	}
	return nil
}

// read reads the tensor's data; start is where the data part begins.
func (e *entry) read(r io.ReaderAt, start int64) (Tensor, error) {
	buf, err := readBytes(r, start+int64(e.lo), int64(e.hi-e.lo))
	if err != nil {
		return Tensor{}, err
	}
	data := make([]float64, len(buf)/e.dtype.size())
	for i := range data {
		if e.dtype == F64 {
			data[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
		} else {
			data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:])))
		}
	}
	return Tensor{Name: e.name, Shape: e.shape, Data: data}, nil
}
