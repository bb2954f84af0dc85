package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// Write writes tensors and metadata (may be nil) as one file with the given
// element type. The same content gives the same bytes, whatever the order of the
// tensors: they are stored by ascending name. Everything is checked before the
// first byte is written; the tensors are not changed. With F32 a number that is
// finite but beyond float32 is an error.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string, dtype DType) error {
	file, err := encode(tensors, metadata, dtype)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(file); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

func encode(tensors []Tensor, metadata map[string]string, dtype DType) ([]byte, error) {
	if !dtype.writes() {
		return nil, fmt.Errorf("dtype %q: want %s or %s", dtype, F64, F32)
	}
	sorted := slices.SortedFunc(slices.Values(tensors), byName)
	if err := checkTensors(sorted); err != nil {
		return nil, err
	}
	text, err := headerText(sorted, metadata, dtype)
	if err != nil {
		return nil, err
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	file = append(file, text...)
	for _, t := range sorted {
		if file, err = appendData(file, t.Data, dtype); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return file, nil
}

// checkTensors checks tensors in the order of their names.
func checkTensors(tensors []Tensor) error {
	for i, t := range tensors {
		if i > 0 && t.Name == tensors[i-1].Name {
			return fmt.Errorf("tensor %q stands twice", t.Name)
		}
		if t.Name == metadataKey {
			return fmt.Errorf("tensor %q: the name is taken by the format", t.Name)
		}
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if n != len(t.Data) {
			return fmt.Errorf("tensor %q: %d numbers: shape %v wants %d", t.Name, len(t.Data), t.Shape, n)
		}
	}
	return nil
}

// headerText writes the header by hand, with the names in ascending order and
// the tensors' fields in the order of the format's own description.
func headerText(tensors []Tensor, metadata map[string]string, dtype DType) ([]byte, error) {
	fields, err := metadataFields(metadata)
	if err != nil {
		return nil, err
	}
	lo := 0
	for _, t := range tensors {
		hi := lo + len(t.Data)*dtype.size()
		name, err := quote(t.Name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, fmt.Appendf(nil, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`,
			name, dtype, list(t.Shape), lo, hi))
		lo = hi
	}
	text := slices.Concat([]byte{'{'}, bytes.Join(fields, []byte{','}), []byte{'}'})
	for len(text)%lengthBytes != 0 {
		text = append(text, ' ')
	}
	if len(text) > MaxHeader {
		return nil, fmt.Errorf("header of %d bytes: want at most %d", len(text), MaxHeader)
	}
	return text, nil
}

// metadataFields is the metadata's field of the header, or nothing.
func metadataFields(metadata map[string]string) ([][]byte, error) {
	if len(metadata) == 0 {
		return nil, nil
	}
	var pairs [][]byte
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		k, err := quote(key)
		if err != nil {
			return nil, err
		}
		v, err := quote(metadata[key])
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, slices.Concat(k, []byte{':'}, v))
	}
	return [][]byte{fmt.Appendf(nil, `"%s":{%s}`, metadataKey, bytes.Join(pairs, []byte{','}))}, nil
}

// quote writes a JSON string, without the escapes that are meant for HTML. Text
// that is not UTF-8 is refused: JSON would replace it, and two names might
// become equal.
func quote(s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%q is not UTF-8", s)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// list writes a shape as a JSON list.
func list(shape []int) []byte {
	b := []byte{'['}
	for i, d := range shape {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Append(b, d)
	}
	return append(b, ']')
}

func appendData(file []byte, data []float64, dtype DType) ([]byte, error) {
	for i, v := range data {
		if dtype == F64 {
			file = binary.LittleEndian.AppendUint64(file, math.Float64bits(v))
			continue
		}
		f := float32(v)
		if math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
			return nil, fmt.Errorf("number %d is %v: too large for %s", i, v, F32)
		}
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(f))
	}
	return file, nil
}
