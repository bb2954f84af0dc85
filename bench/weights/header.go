package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// header is the parsed header.
type header struct {
	metadata map[string]string
	entries  []entry
}

// entry describes one tensor.
type entry struct {
	name   string
	dtype  DType
	shape  []int
	lo, hi int // range of bytes in the data part
}

// parseHeader parses the header's text. It walks the tokens itself:
// json.Unmarshal would take the last of two equal names without a word, match
// names whatever their case, and turn null into 0.
func parseHeader(text []byte) (*header, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("the header does not begin with {")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the header is not UTF-8")
	}
	if !json.Valid(text) {
		return nil, errors.New("the header is not JSON")
	}
	h := &header{}
	dec := json.NewDecoder(bytes.NewReader(text))
	err := eachField(dec, func(name string) error {
		if name == metadataKey {
			return h.parseMetadata(dec)
		}
		e, err := parseEntry(dec, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.entries = append(h.entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// eachField calls parse for every field of the object that comes next; parse
// consumes the value. The text is known to be JSON.
func eachField(dec *json.Decoder, parse func(name string) error) error {
	open, err := dec.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("%v: want an object", open)
	}
	seen := make(map[string]bool)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // a field's name always is one
		if seen[name] {
			return fmt.Errorf("%q stands twice", name)
		}
		seen[name] = true
		if err := parse(name); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func (h *header) parseMetadata(dec *json.Decoder) error {
	h.metadata = make(map[string]string)
	err := eachField(dec, func(name string) (err error) {
		h.metadata[name], err = parseString(dec)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", metadataKey, err)
	}
	return nil
}

func parseEntry(dec *json.Decoder, name string) (entry, error) {
	e := entry{name: name}
	var offsets []int
	fields := 0
	err := eachField(dec, func(field string) (err error) {
		fields++
		switch field {
		case "dtype":
			e.dtype, err = parseDType(dec)
		case "shape":
			e.shape, err = parseInts(dec)
		case "data_offsets":
			offsets, err = parseInts(dec)
		default:
			return fmt.Errorf("field %q: want dtype, shape, data_offsets", field)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	if fields != 3 { // they are known and different
		return e, errors.New("a field is missing: want dtype, shape, data_offsets")
	}
	if len(offsets) != 2 {
		return e, fmt.Errorf("data_offsets %v: want two", offsets)
	}
	e.lo, e.hi = offsets[0], offsets[1]
	return e, nil
}

func parseString(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%v: want a string", token)
	}
	return s, nil
}

func parseDType(dec *json.Decoder) (DType, error) {
	s, err := parseString(dec)
	if err != nil {
		return "", err
	}
	d := DType(s)
	if d.size() == 0 {
		return "", fmt.Errorf("%q: want one of the format's, such as %s, %s, %s or %s", s, F64, F32, F16, BF16)
	}
	return d, nil
}

// parseInts parses a list of whole numbers of at least 0, written as digits.
// 2.0, 1e3, "3" and null are refused.
func parseInts(dec *json.Decoder) ([]int, error) {
	var raw []json.RawMessage
	if err := dec.Decode(&raw); err != nil || raw == nil {
		return nil, errors.New("want a list of whole numbers")
	}
	ints := make([]int, len(raw))
	for i, digits := range raw {
		v, err := strconv.Atoi(string(digits))
		if err != nil || v < 0 {
			return nil, fmt.Errorf("%s: want a whole number from 0 to %d", digits, math.MaxInt)
		}
		ints[i] = v
	}
	return ints, nil
}
