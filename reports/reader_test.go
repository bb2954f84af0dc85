package reports

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// replace writes other bytes under a name of a run directory.
func replace(t *testing.T, path, name string, data []byte) {
	t.Helper()
	full := filepath.Join(path, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// foreign makes a Parquet file that our writer would not make.
func foreign[T any](t *testing.T, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func metadata(dataset, version string) []parquet.WriterOption {
	return []parquet.WriterOption{parquet.KeyValueMetadata("dataset", dataset), parquet.KeyValueMetadata("schema_version", version)}
}

func TestReadErrors(t *testing.T) {
	good := content(t, write(t, Sequence, sampleSequence()), "sequence.parquet")
	type wrong struct {
		Step   int64  `parquet:"step"`
		Input  int32  `parquet:"input"`
		Target *int32 `parquet:"target"`
	}
	type short struct {
		Step  int32 `parquet:"step"`
		Input int32 `parquet:"input"`
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, "not a whole Parquet file (0 bytes)"},
		"text":            {[]byte("step,input,target\n1,2,0\n"), "not a whole Parquet file"},
		"cut short":       {good[:len(good)-20], "not a whole Parquet file"},
		"cut in front":    {good[20:], "not a whole Parquet file"},
		"footer of 4 GiB": {slices.Concat(good[:len(good)-8], []byte("\xff\xff\xff\xffPAR1")), "its footer says to be of 4294967295 bytes"},
		"of others":       {foreign(t, []short{{1, 2}}), "not one of uorobench"},
		"other dataset":   {content(t, write(t, Summary, sampleSummary()), "summary.parquet"), `holds the dataset "summary", not "sequence"`},
		"newer":           {foreign(t, sampleSequence(), metadata("sequence", "2")...), `schema version "2"; this program reads version 1`},
		"no version":      {foreign(t, sampleSequence(), metadata("sequence", "")...), `schema version ""`},
		"wrong type":      {foreign(t, []wrong{{1, 2, nil}}, metadata("sequence", "1")...), `column 1 is "step" (INT(64,true), nullable false), should be "step" (INT(32,true), nullable false)`},
		"too few":         {foreign(t, []short{{1, 2}}, metadata("sequence", "1")...), `column 3 is absent, should be "target"`},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			replace(t, path, "sequence.parquet", c.data)
			_, err := Sequence.Read(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "sequence.parquet") {
				t.Errorf("error %v\nshould name the file and say %q", err, c.want)
			}
		})
	}
}

func TestReadMissing(t *testing.T) {
	path := t.TempDir()
	if _, err := Sequence.Read(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "sequence.parquet") {
		t.Errorf("no file: %v", err)
	}
	if _, err := Steps.Read(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "steps") {
		t.Errorf("no folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(path, "steps"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Steps.Read(path); err == nil || !strings.Contains(err.Error(), "no part-*.parquet") {
		t.Errorf("empty folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(path, "summary.parquet"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadReport(path); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder in place of a file: %v", err)
	}
}

func TestReadMissingOrForeignPart(t *testing.T) {
	part := content(t, write(t, Draws, sampleDraws(10)), "draws/part-00000.parquet")
	other := newDir(t)
	if err := Draws.WriteAll(other, "another configuration", sampleDraws(10)); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	replace(t, path, "draws/part-00000.parquet", part)
	replace(t, path, "draws/part-00002.parquet", part)
	if _, err := Draws.Read(path); err == nil || !strings.Contains(err.Error(), "part-00002.parquet where part-00001.parquet should be") {
		t.Errorf("missing part: %v", err)
	}
	replace(t, path, "draws/part-00001.parquet", content(t, other.Path(), "draws/part-00000.parquet"))
	if _, err := Draws.Read(path); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("part of another run: %v", err)
	}
}

// A NaN in a file of other origin is not let in.
func TestReadRefusesNaN(t *testing.T) {
	rows := sampleDraws(3)
	nan := 0.0
	rows[1].Dot = nan / nan
	path := t.TempDir()
	replace(t, path, "draws/part-00000.parquet", foreign(t, rows, metadata("draws", "1")...))
	if _, err := Draws.Read(path); err == nil || !strings.Contains(err.Error(), "row 1: column dot is NaN") {
		t.Errorf("error %v", err)
	}
}

func TestScanStopsAtTheVisitorsError(t *testing.T) {
	path := write(t, Draws, sampleDraws(5000))
	stop := errors.New("enough")
	calls := 0
	err := Draws.Scan(path, func(rows []DrawRow) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		t.Errorf("%d calls, error %v; want one call and the visitor's own error", calls, err)
	}
}

// Change single bytes of a file in turn: an error or the same rows, never a panic
// and never other rows. (A change that the checksums of the pages cannot see,
// in the footer's statistics or the writer's name, leaves the rows as they
// are.)
func TestDamagedFile(t *testing.T) {
	rows := sampleDraws(40)
	good := content(t, write(t, Draws, rows), "draws/part-00000.parquet")
	path := t.TempDir()
	refused, tried := 0, 0
	const stride = 13 // every byte takes 10 s; it was run once and shows no more
	for i := 0; i < len(good); i += stride {
		tried++
		bad := bytes.Clone(good)
		bad[i] ^= 0x41
		replace(t, path, "draws/part-00000.parquet", bad)
		got, err := Draws.Read(path)
		if err != nil {
			refused++
			continue
		}
		if firstDifference(got, rows) != len(rows) || len(got) != len(rows) {
			t.Errorf("byte %d of %d: read other rows without an error", i, len(good))
		}
	}
	if refused < tried/2 {
		t.Errorf("only %d of %d changes refused", refused, tried)
	}
}

func FuzzRead(f *testing.F) {
	seed, err := os.MkdirTemp(f.TempDir(), "")
	if err != nil {
		f.Fatal(err)
	}
	dir, err := CreateDir(filepath.Join(seed, "run"))
	if err != nil {
		f.Fatal(err)
	}
	if err := Sequence.WriteAll(dir, configDigest, sampleSequence()); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir.Path(), "sequence.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("PAR1PAR1"))
	f.Add([]byte{})
	path := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(path, "sequence.parquet"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		rows, err := Sequence.Read(path) // must not panic
		if err != nil && rows != nil {
			t.Errorf("%d rows beside the error %v", len(rows), err)
		}
	})
}
