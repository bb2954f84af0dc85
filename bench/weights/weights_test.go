package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// build puts a file together by hand.
func build(header string, data ...byte) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), data...)
}

// equal compares bit for bit, so that NaN and −0 count.
func equal(a, b Tensor) bool {
	bits := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }
	return a.Name == b.Name && slices.Equal(a.Shape, b.Shape) && slices.EqualFunc(a.Data, b.Data, bits)
}

// The file is made by testdata/make.py, whose numbers stand here again. The
// float32 numbers are exact.
func TestReadReference(t *testing.T) {
	file, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	tensors, metadata, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		{"bias_ih_l0", []int{2}, []float64{0.5, -1.25}},
		{"empty", []int{0, 4}, []float64{}},
		{"na\"me€", []int{1}, []float64{3}},
		{"scale", []int{}, []float64{42}},
		{"weight_hh_l0", []int{2, 3}, []float64{0.1, -2.5, 3e-310, 1e300, math.Copysign(0, -1), 7}},
	}
	if !slices.EqualFunc(tensors, want, equal) {
		t.Errorf("tensors %v, want %v", tensors, want)
	}
	if !maps.Equal(metadata, map[string]string{"stage": "mid", "note": "a<b & c\n"}) {
		t.Errorf("metadata %q", metadata)
	}
}

// Files written out by hand from the format's description. The reference
// implementation pads the same way: {} for no tensors takes 8 bytes.
func TestWriteLayout(t *testing.T) {
	tests := []struct {
		name     string
		tensors  []Tensor
		metadata map[string]string
		dtype    DType
		want     []byte
	}{
		{"nothing", nil, nil, F64, build("{}      ")},
		{"empty metadata", nil, map[string]string{}, F64, build("{}      ")},
		{"one float32", []Tensor{{"a", []int{2}, []float64{1, -2}}}, nil, F32,
			build(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`+"  ", 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0)},
		{"ordered by name", []Tensor{{"b", nil, []float64{1}}, {"a", []int{1, 1}, []float64{2}}}, map[string]string{"z": "<&>", "y": ""}, F64,
			build(`{"__metadata__":{"y":"","z":"<&>"},"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[],"data_offsets":[8,16]}}`+" ",
				0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, tt.tensors, tt.metadata, tt.dtype); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), tt.want) {
				t.Errorf("got  %q\nwant %q", b.Bytes(), tt.want)
			}
			if n := binary.LittleEndian.Uint64(b.Bytes()); n%8 != 0 {
				t.Errorf("data begins %d bytes after the length", n)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	const one = `{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`
	entry := func(fields string) []byte { return build(`{"a":{`+fields+`}}`, make([]byte, 8)...) }
	eight, many := make([]byte, 8), make([]byte, 16)
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"no file", nil, "the file has 0 bytes: want at least 8"},
		{"seven bytes", make([]byte, 7), "the file has 7 bytes"},
		{"length past the end", []byte{9, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "header of 9 bytes: only 2 follow"},
		{"length of a pickle", []byte("\x80\x02}q\x00(X\x0c{}"), "no safetensors file"},
		{"length that is negative as int64", bytes.Repeat([]byte{0xff}, 16), "want at most 1048576"},
		{"no header", build(""), "does not begin with {"},
		{"blank first", build(" {}"), "does not begin with {"},
		{"not UTF-8", build("{\"\xff\":1}"), "not UTF-8"},
		{"not JSON", build("{"), "not JSON"},
		{"comma at the end", build(one[:len(one)-1]+",}", eight...), "not JSON"},
		{"two values", build(one+"{}", eight...), "not JSON"},
		{"name twice", build(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}`, many...), `"a" stands twice`},
		{"name twice, once escaped", build(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"\u0061":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}`, many...), `"a" stands twice`},
		{"field twice", entry(`"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]`), `tensor "a": "dtype" stands twice`},
		{"metadata twice", build(`{"__metadata__":{},"__metadata__":{}}`), "stands twice"},
		{"metadata key twice", build(`{"__metadata__":{"k":"1","k":"2"}}`), `__metadata__: "k" stands twice`},
		{"metadata number", build(`{"__metadata__":{"k":1}}`), `__metadata__: "k": 1: want a string`},
		{"metadata null", build(`{"__metadata__":null}`), "__metadata__: <nil>: want an object"},
		{"metadata object", build(`{"__metadata__":{"k":{}}}`), `"k": {: want a string`},
		{"entry is a list", build(`{"a":[]}`), `tensor "a": [: want an object`},
		{"entry is a number", build(`{"a":7}`), `tensor "a": 7: want an object`},
		{"unknown field", entry(`"dtype":"F64","shape":[1],"data_offsets":[0,8],"x":1`), `field "x": want dtype, shape, data_offsets`},
		{"other case", entry(`"DType":"F64","shape":[1],"data_offsets":[0,8]`), `field "DType"`},
		{"missing dtype", entry(`"shape":[1],"data_offsets":[0,8]`), "a field is missing"},
		{"missing shape", entry(`"dtype":"F64","data_offsets":[0,8]`), "a field is missing"},
		{"missing offsets", entry(`"dtype":"F64","shape":[1]`), "a field is missing"},
		{"unknown precision", entry(`"dtype":"F17","shape":[4],"data_offsets":[0,8]`), `dtype: "F17": want one of the format`},
		{"dtype null", entry(`"dtype":null,"shape":[1],"data_offsets":[0,8]`), "dtype: <nil>: want a string"},
		{"shape null", entry(`"dtype":"F64","shape":null,"data_offsets":[0,8]`), "shape: want a list"},
		{"shape a number", entry(`"dtype":"F64","shape":1,"data_offsets":[0,8]`), "shape: want a list"},
		{"size null", entry(`"dtype":"F64","shape":[null],"data_offsets":[0,8]`), "shape: null: want a whole number"},
		{"size text", entry(`"dtype":"F64","shape":["1"],"data_offsets":[0,8]`), `shape: "1": want a whole number`},
		{"size 1.0", entry(`"dtype":"F64","shape":[1.0],"data_offsets":[0,8]`), "shape: 1.0: want a whole number"},
		{"size 1e0", entry(`"dtype":"F64","shape":[1e0],"data_offsets":[0,8]`), "shape: 1e0: want a whole number"},
		{"size negative", entry(`"dtype":"F64","shape":[-1],"data_offsets":[0,8]`), "shape: -1: want a whole number"},
		{"size beyond int", entry(`"dtype":"F64","shape":[18446744073709551614],"data_offsets":[0,8]`), "want a whole number from 0"},
		{"product overflows", entry(`"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,8]`), "too many elements"},
		{"bytes overflow", entry(`"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,8]`), "too many elements"},
		{"one offset", entry(`"dtype":"F64","shape":[1],"data_offsets":[0]`), "data_offsets [0]: want two"},
		{"three offsets", entry(`"dtype":"F64","shape":[1],"data_offsets":[0,8,16]`), "want two"},
		{"range and shape differ", entry(`"dtype":"F64","shape":[2],"data_offsets":[0,8]`), "wants [0, 16]"},
		{"range and type differ", entry(`"dtype":"F32","shape":[1],"data_offsets":[0,8]`), "shape [1] of F32 after 0 bytes of data wants [0, 4]"},
		{"range backwards", entry(`"dtype":"F64","shape":[1],"data_offsets":[8,0]`), "data_offsets [8, 0]"},
		{"gap at the start", build(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}`, many...), "wants [0, 8]"},
		{"gap between", build(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, many[:12]...), `tensor "b"`},
		{"overlap", build(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, eight...), `tensor "b"`},
		{"data cut", build(one, make([]byte, 7)...), "7 bytes of data: the header describes 8"},
		{"bytes after the data", build(one, make([]byte, 9)...), "9 bytes of data: the header describes 8"},
		{"bytes and no tensor", build("{}", 0), "1 bytes of data: the header describes 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Read(tt.file)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "safetensors: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q", err, tt.want)
			}
		})
	}
}

// JSON blanks may follow the header's object, as the format allows.
func TestReadPadding(t *testing.T) {
	tensors, metadata, err := Read(build("{}\r \t\n"))
	if err != nil || len(tensors) != 0 || metadata != nil {
		t.Errorf("tensors %v, metadata %v, error %v", tensors, metadata, err)
	}
}

// No start of a file is a file.
func TestReadTruncated(t *testing.T) {
	file := build(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)...)
	for n := range file {
		if _, _, err := Read(file[:n]); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(file))
		}
	}
	if _, _, err := Read(file); err != nil {
		t.Error(err)
	}
}

func TestWriteErrors(t *testing.T) {
	tests := []struct {
		name     string
		tensors  []Tensor
		metadata map[string]string
		dtype    DType
		want     string
	}{
		{"dtype", nil, nil, "F16", `dtype "F16": want F64 or F32`},
		{"twice", []Tensor{{Name: "a", Shape: []int{0}}, {Name: "b", Shape: []int{0}}, {Name: "a", Shape: []int{0}}}, nil, F64, `tensor "a" stands twice`},
		{"reserved", []Tensor{{Name: "__metadata__", Shape: []int{0}}}, nil, F64, "taken by the format"},
		{"too few numbers", []Tensor{{"a", []int{2, 2}, make([]float64, 3)}}, nil, F64, "3 numbers: shape [2 2] wants 4"},
		{"no number", []Tensor{{Name: "a"}}, nil, F64, "0 numbers: shape [] wants 1"},
		{"negative size", []Tensor{{"a", []int{-1, -1}, make([]float64, 1)}}, nil, F64, "shape [-1 -1]: want sizes of at least 0"},
		{"huge size", []Tensor{{"a", []int{math.MaxInt, math.MaxInt}, make([]float64, 1)}}, nil, F64, "too many elements"},
		{"too large for float32", []Tensor{{"a", []int{2}, []float64{0, -1e39}}}, nil, F32, `tensor "a": number 1 is -1e+39`},
		{"name not UTF-8", []Tensor{{"a\xff", []int{1}, []float64{0}}}, nil, F64, "is not UTF-8"},
		{"key not UTF-8", nil, map[string]string{"\xff": ""}, F64, "is not UTF-8"},
		{"value not UTF-8", nil, map[string]string{"k": "\xff"}, F64, "is not UTF-8"},
		{"header too long", nil, map[string]string{"k": strings.Repeat("x", MaxHeader)}, F64, "want at most 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			err := Write(&b, tt.tensors, tt.metadata, tt.dtype)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes written before the error", b.Len())
			}
		})
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteReportsTheWriter(t *testing.T) {
	if err := Write(fullDisk{}, nil, nil, F64); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

func tensors() *rapid.Generator[[]Tensor] {
	return rapid.Custom(func(r *rapid.T) []Tensor {
		names := rapid.SliceOfNDistinct(rapid.String(), 0, 6, rapid.ID[string]).Draw(r, "names")
		ts := make([]Tensor, 0, len(names))
		for _, name := range names {
			if name == metadataKey {
				continue
			}
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(r, "shape")
			n := 1
			for _, d := range shape {
				n *= d
			}
			ts = append(ts, Tensor{name, shape, rapid.SliceOfN(rapid.Float64(), n, n).Draw(r, "data")})
		}
		return ts
	})
}

// Written and read again every bit is there; the order of the tensors does not
// change the file; and the argument stays as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ts := tensors().Draw(r, "tensors")
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(r, "metadata")
		var a, b bytes.Buffer
		if err := Write(&a, ts, metadata, F64); err != nil {
			r.Fatal(err)
		}
		got, gotMetadata, err := Read(a.Bytes())
		if err != nil {
			r.Fatal(err)
		}
		if !maps.Equal(gotMetadata, metadata) {
			r.Fatalf("metadata %q, want %q", gotMetadata, metadata)
		}
		if want := slices.SortedFunc(slices.Values(ts), byName); !slices.EqualFunc(got, want, equal) {
			r.Fatalf("tensors %v, want %v", got, want)
		}
		if err := Write(&b, rapid.Permutation(ts).Draw(r, "order"), metadata, F64); err != nil {
			r.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			r.Fatal("the order of the tensors changes the file")
		}
	})
}

// Float32 files hold the nearest float32, special values included.
func TestFloat32(t *testing.T) {
	given := []float64{0.1, math.Inf(-1), 1e-60, math.MaxFloat32, math.Copysign(0, -1)}
	want := []float64{0x1.99999ap-4, math.Inf(-1), 0, 0x1.fffffep127, math.Copysign(0, -1)}
	var b bytes.Buffer
	if err := Write(&b, []Tensor{{"a", []int{5}, given}}, nil, F32); err != nil {
		t.Fatal(err)
	}
	got, _, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !equal(got[0], Tensor{"a", []int{5}, want}) {
		t.Errorf("got %v, want %v", got[0].Data, want)
	}
	if given[0] != 0.1 {
		t.Error("the argument is changed")
	}
}

// Whatever is accepted can be written, and reads back as the same content.
func FuzzRead(f *testing.F) {
	reference, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reference)
	f.Add(build("{}"))
	f.Add(build(`{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}`, make([]byte, 8)...))
	f.Add(build(`{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}`, 1, 2, 3, 4, 5, 6, 0xf7, 0x7f))
	f.Add(build(`{"\ud800":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)...))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, metadata, err := Read(file)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, tensors, metadata, F64); err != nil {
			t.Fatal(err)
		}
		tensors2, metadata2, err := Read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(tensors, tensors2, equal) || !maps.Equal(metadata, metadata2) {
			t.Fatalf("%v %q read back as %v %q", tensors, metadata, tensors2, metadata2)
		}
	})
}
