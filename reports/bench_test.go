package reports

import "testing"

// A batch of draws through the writer, files and disk included.
func BenchmarkWriteDraws(b *testing.B) {
	rows := sampleDraws(rowsPerGroup)
	b.ReportAllocs()
	for b.Loop() {
		dir, err := CreateDir(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		if err := Draws.WriteAll(dir, configDigest, rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
}

func BenchmarkReadDraws(b *testing.B) {
	rows := sampleDraws(rowsPerGroup)
	dir, err := CreateDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	if err := Draws.WriteAll(dir, configDigest, rows); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := Draws.Scan(dir.Path(), func([]DrawRow) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
}

// The guard against NaN must cost nothing in memory.
func TestGuardAllocatesNothing(t *testing.T) {
	rows, floats := sampleDraws(1000), floatColumns(Draws.columns())
	if n := testing.AllocsPerRun(10, func() {
		if err := checkFinite("draws", floats, rows, 0); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for 1000 rows", n)
	}
}
