package arrays

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const npyMagic = "\x93NUMPY"

// npyHeader is the header that NumPy writes: a dictionary of three entries in this
// order. Other writers may order it otherwise, so the entries are looked for one by one.
var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([0-9,\s]*)\)`)
)

// readNPY reads the format of numpy.save, versions 1 to 3.
// Source: NEP 1, "A simple file format for NumPy arrays".
func readNPY(data []byte) (Array, error) {
	header, body, err := cutNPY(data)
	if err != nil {
		return Array{}, fmt.Errorf("npy: %w", err)
	}
	a, code, fortran, err := parseNPY(header)
	if err == nil {
		err = checkLength(a.Shape, int(code[1]-'0'), len(body))
	}
	if err != nil {
		return Array{}, fmt.Errorf("npy: %w", err)
	}
	a.Data = decode(body, code)
	if fortran && len(a.Shape) > 1 {
		a.Data = rowMajor(a.Data, a.Shape)
	}
	return a, nil
}

// cutNPY splits a file into the text of its header and the numbers.
func cutNPY(data []byte) (header string, body []byte, err error) {
	if len(data) < 12 {
		return "", nil, fmt.Errorf("the file has %d bytes: want a header", len(data))
	}
	length, at := 0, 0
	switch version := data[6]; version {
	case 1:
		length, at = int(order.Uint16(data[8:])), 10
	case 2, 3:
		length, at = int(order.Uint32(data[8:])), 12
	default:
		return "", nil, fmt.Errorf("version %d: want 1, 2 or 3", version)
	}
	if length > len(data)-at {
		return "", nil, fmt.Errorf("header of %d bytes: only %d follow", length, len(data)-at)
	}
	return string(data[at : at+length]), data[at+length:], nil
}

func parseNPY(header string) (a Array, code string, fortran bool, err error) {
	descr, order, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return a, "", false, errors.New("the header has no plain descr, fortran_order and shape: want an array of one type of numbers")
	}
	code = strings.TrimLeft(descr[1], "<|=")
	switch {
	case strings.HasPrefix(descr[1], ">"):
		return a, "", false, fmt.Errorf("dtype %q is big-endian: save a.astype(%q)", descr[1], "<"+descr[1][1:])
	case readers[code] == nil:
		return a, "", false, fmt.Errorf("dtype %q is not read: want floating-point or whole numbers, or bool", descr[1])
	}
	for _, digits := range strings.Split(shape[1], ",") {
		if digits = strings.TrimSpace(digits); digits == "" {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			return a, "", false, fmt.Errorf("shape (%s): %s is too large", shape[1], digits)
		}
		a.Shape = append(a.Shape, n)
	}
	a.Whole = code[0] != 'f'
	return a, code, order[1] == "True", nil
}

// checkLength checks that numbers of that shape fill exactly so many bytes.
func checkLength(shape []int, size, bytes int) error {
	n := size
	for _, d := range shape {
		if d > 0 && n > math.MaxInt/d {
			return fmt.Errorf("shape %v: too many elements", shape)
		}
		n *= d
	}
	if n != bytes {
		return fmt.Errorf("shape %v of %d bytes each wants %d bytes, %d follow the header", shape, size, n, bytes)
	}
	return nil
}

// rowMajor reorders numbers whose first index runs fastest.
func rowMajor(data []float64, shape []int) []float64 {
	out, index := make([]float64, len(data)), make([]int, len(shape))
	for _, v := range data {
		at := 0
		for d, n := range shape {
			at = at*n + index[d]
		}
		out[at] = v
		for d := range index {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}

// readNPZ reads the format of numpy.savez and savez_compressed: a ZIP of .npy files.
func readNPZ(data []byte) ([]Array, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	var all []Array
	left := int64(MaxBytes)
	for _, f := range archive.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if name == f.Name || name != path.Base(name) {
			return nil, fmt.Errorf("npz: member %q: want NAME.npy", f.Name)
		}
		if slices.ContainsFunc(all, func(a Array) bool { return a.Name == name }) {
			return nil, fmt.Errorf("npz: member %q stands twice", f.Name)
		}
		content, err := unfold(f, left)
		if err != nil {
			return nil, fmt.Errorf("npz: member %q: %w", f.Name, err)
		}
		left -= int64(len(content))
		if !bytes.HasPrefix(content, []byte(npyMagic)) {
			return nil, fmt.Errorf("npz: member %q is not in NumPy's format", f.Name)
		}
		a, err := readNPY(content)
		if err != nil {
			return nil, fmt.Errorf("npz: member %q: %w", f.Name, err)
		}
		a.Name = name
		all = append(all, a)
	}
	return all, nil
}

// unfold decompresses a member of at most so many bytes; it looks at what comes out,
// not at the size that the member states.
func unfold(f *zip.File, most int64) (content []byte, err error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	content, err = io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("the members unfold to more than the %d bytes that are allowed", MaxBytes)
	}
	return content, err
}
