package arrays

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// npy is a file as numpy.save writes it.
func npy(header string, numbers ...any) []byte {
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00")
	binary.Write(&b, order, uint16(len(header))) //nolint:errcheck // into memory
	b.WriteString(header)
	for _, n := range numbers {
		binary.Write(&b, order, n) //nolint:errcheck // into memory
	}
	return b.Bytes()
}

func npz(members map[string][]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range members {
		f, err := w.Create(name)
		if err != nil {
			panic(err)
		}
		f.Write(content) //nolint:errcheck // into memory
	}
	w.Close() //nolint:errcheck // into memory
	return b.Bytes()
}

const plain = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n"

// The numbers and their places, of every format.
func TestRead(t *testing.T) {
	six := []any{1., 2., 3., 4., 5., 6.}
	for name, c := range map[string]struct {
		file  []byte
		shape []int
		data  []float64
		whole bool
		place string // of number 4
	}{
		"npy":     {npy(plain, six...), []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}, false, "[1, 1]"},
		"fortran": {npy(strings.Replace(plain, "False", "True", 1), six...), []int{2, 3}, []float64{1, 3, 5, 2, 4, 6}, false, "[1, 1]"},
		"int16":   {npy("{'descr': '<i2', 'fortran_order': False, 'shape': (6,)}", int16(-1), int16(2), int16(3), int16(4), int16(5), int16(6)), []int{6}, []float64{-1, 2, 3, 4, 5, 6}, true, "[4]"},
		"half":    {npy("{'descr': '<f2', 'fortran_order': False, 'shape': (5,)}", uint16(0x3c00), uint16(0xc000), uint16(0x3555), uint16(0), uint16(1)), []int{5}, []float64{1, -2, 0.333251953125, 0, math.Ldexp(1, -24)}, false, "[4]"},
		"npz":     {npz(map[string][]byte{"x.npy": npy(plain, six...)}), []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}, false, "x[1, 1]"},
		"csv":     {[]byte("\xef\xbb\xbfx1, x0,x2\n2,1,3\n\n5,4, 6e0 \n"), []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}, true, "line 4, column 1"},
		"column":  {[]byte("mask\n1\n0\n0\n1\n1.5\n"), []int{5}, []float64{1, 0, 0, 1, 1.5}, false, "line 6, column 1"},
	} {
		all, err := Read(c.file)
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %+v, %v", name, all, err)
			continue
		}
		if a := all[0]; !slices.Equal(a.Shape, c.shape) || !slices.Equal(a.Data, c.data) || a.Whole != c.whole || a.Place(4) != c.place {
			t.Errorf("%s: %+v, number 4 at %s", name, a, a.Place(4))
		}
	}
}

func TestReadSafetensors(t *testing.T) {
	all := readOwn(t, "end.safetensors")
	x, target, mask := all["x"], all["target"], all["mask"]
	if !slices.Equal(x.Shape, []int{2, 11, 3}) || x.Whole || !slices.Equal(target.Shape, []int{2, 11}) || !target.Whole || target.Data[0] != -100 || target.Data[10] != 4 || mask.Data[10] != 1 || mask.Data[9] != 0 {
		t.Errorf("x %v, target %+v, mask %+v", x.Shape, target, mask)
	}
}

func readOwn(t testing.TB, name string) map[string]Array {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../testdata/own-data", name))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Read(data)
	if err != nil {
		t.Fatal(name, err)
	}
	by := map[string]Array{}
	for _, a := range all {
		by[a.Name] = a
	}
	return by
}

// What NumPy wrote: compressed and with Fortran's order, plain, and the same as CSV.
func TestNumPysFiles(t *testing.T) {
	a, b, c := readOwn(t, "mse.npz"), readOwn(t, "mse-plain.npz"), readOwn(t, "mse.csv")
	for _, name := range []string{"x", "y", "mask"} {
		if len(a[name].Data) == 0 || !slices.Equal(a[name].Data, b[name].Data) || !slices.Equal(a[name].Data, c[name].Data) {
			t.Errorf("%s: %v, %v, %v", name, a[name].Data, b[name].Data, c[name].Data)
		}
	}
	if !slices.Equal(a["x"].Shape, []int{2, 11, 3}) || !slices.Equal(c["x"].Shape, []int{22, 3}) {
		t.Errorf("shapes %v and %v", a["x"].Shape, c["x"].Shape)
	}
}

func TestRefused(t *testing.T) {
	zeros := npz(map[string][]byte{"x.npy": append(npy(plain), make([]byte, MaxBytes)...)})
	var f8 bytes.Buffer
	header := `{"x":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}`
	binary.Write(&f8, order, uint64(len(header))) //nolint:errcheck // into memory
	f8.WriteString(header + "\x00")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":       {nil, "the file is empty"},
		"parquet":     {[]byte("PAR1....PAR1"), "a Parquet file is not read here"},
		"binary":      {[]byte("\x00\x01\x02"), "it is none of .safetensors, .npz and .npy"},
		"short":       {[]byte(npyMagic + "\x01\x00"), "npy: the file has 8 bytes"},
		"version":     {[]byte(npyMagic + "\x04\x00\x00\x00\x00\x00"), "version 4"},
		"header":      {[]byte(npyMagic + "\x02\x00\xff\xff\xff\xff{}"), "header of 4294967295 bytes: only 2 follow"},
		"big endian":  {npy(strings.Replace(plain, "<", ">", 1)), `big-endian: save a.astype("<f8")`},
		"object":      {npy(strings.Replace(plain, "<f8", "|O", 1)), `dtype "|O" is not read`},
		"complex":     {npy(strings.Replace(plain, "<f8", "<c16", 1)), `dtype "<c16" is not read`},
		"structured":  {npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,)}"), "no plain descr"},
		"missing":     {npy(plain, 1.), "wants 48 bytes, 8 follow"},
		"more":        {npy(plain, 1., 2., 3., 4., 5., 6., 7.), "wants 48 bytes, 56 follow"},
		"huge":        {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 8)}"), "too many elements"},
		"not an int":  {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "too large"},
		"bomb":        {zeros, "unfold to more than the 67108864 bytes"},
		"member":      {npz(map[string][]byte{"a.txt": nil}), `member "a.txt": want NAME.npy`},
		"folder":      {npz(map[string][]byte{"../x.npy": nil}), `member "../x.npy": want NAME.npy`},
		"no npy":      {npz(map[string][]byte{"x.npy": []byte("hello")}), `member "x.npy" is not in NumPy's format`},
		"cut npz":     {npz(map[string][]byte{"x.npy": npy(plain)})[:40], "npz: zip: not a valid zip file"},
		"float8":      {f8.Bytes(), `tensor "x": dtype F8_E4M3 is not read`},
		"ragged":      {[]byte("x0,x1\n1,2\n3\n"), "line 3 has 1 columns, the header has 2"},
		"no number":   {[]byte("x0,x1\n1,2\n3,abc\n"), `line 3, column 2 (x1): "abc" is not a number`},
		"no header":   {[]byte("1,2\n3,4\n"), `line 1: column 1 is called "1": want a header of names`},
		"twice":       {[]byte("x0,x0\n1,2\n"), "column x0 stands twice"},
		"twice again": {[]byte("x0,x00\n1,2\n"), "columns x0 and x00 are one and the same"},
		"both":        {[]byte("x,x0\n1,2\n"), "there are a column x and columns x0"},
		"gap":         {[]byte("x0,x2,y0\n1,2,3\n"), "column x1 is missing"},
		"far":         {[]byte("x0,x999999\n1,2\n"), "column x999999: there are not so many columns"},
		"quotes":      {[]byte("x0,\"x1\n1,2\n"), "csv: "},
		"wide":        {[]byte(strings.Repeat("a,", maxColumns) + "b\n"), "4097 columns"},
		"utf-16":      {[]byte("\xff\xfex\x000\x00"), "UTF-16"},
	} {
		if all, err := Read(c.file); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %d arrays, %v; want …%s…", name, len(all), err, c.want)
		}
	}
}

// An empty field is NaN, for the caller to accept or refuse.
func TestEmptyField(t *testing.T) {
	all, err := Read([]byte("y0,mask\n,0\n1,1\n"))
	if err != nil || !math.IsNaN(all[0].Data[0]) || all[0].Data[1] != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// Whatever the bytes: no panic, as many numbers as the shape says, a place for each, and
// memory in proportion to what the file holds.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../testdata/own-data/*")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(npy(plain, 1., 2., 3., 4., 5., 6.))
	f.Add([]byte("sequence,x0,x_1,y,mask\n0,1,2,,0\n"))
	f.Add(npz(map[string][]byte{"x.npy": npy(plain, 1., 2., 3., 4., 5., 6.)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		all, err := Read(data)
		runtime.ReadMemStats(&after)
		// Deflate unfolds a byte to 1032; a number of one byte becomes 8.
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<22+len(data)*1032*16); got > most {
			t.Fatalf("%d bytes of input took %d bytes", len(data), got)
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") && !bytes.Contains(data, []byte("\n")) {
				t.Fatalf("more than a line: %v", err)
			}
			return
		}
		for _, a := range all {
			n := 1
			for _, d := range a.Shape {
				n *= d
			}
			if n != len(a.Data) {
				t.Fatalf("%s has shape %v and %d numbers", a.Name, a.Shape, len(a.Data))
			}
			if n > 0 && a.Place(n-1) == "" {
				t.Fatal("a number has no place")
			}
		}
	})
}

// A file of a kilobyte cannot ask for a gigabyte, whatever its header says.
func TestMemoryOfHeaders(t *testing.T) {
	for _, file := range [][]byte{
		npy("{'descr': '<f8', 'fortran_order': True, 'shape': (100000000,)}"),
		[]byte("x999998,x999999\n1,2\n"),
		npz(map[string][]byte{"x.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000,)}")}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Read(file); err == nil {
			t.Error("read")
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%d bytes took %d", len(file), got)
		}
	}
}
