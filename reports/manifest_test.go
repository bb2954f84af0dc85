package reports

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func sampleManifest() Manifest {
	zone := time.FixedZone("CET", 3600)
	return Manifest{
		Program:    Program{Version: "v0.1.0", VCSRevision: "9c0ffee", GoVersion: "go1.26.8"},
		Host:       Host{OS: "linux", Arch: "amd64", AMD64: "v1", CPU: "An Example <CPU> @ 2 GHz", Workers: 2},
		ConfigTOML: "task = \"anbn\"\ndraws = 4096\n",
		Seeds:      map[string]uint64{"noise": 1, "weights": math.MaxUint64},
		Symbols:    []string{"a", "b", "\n"},
		Started:    time.Date(2026, 1, 2, 4, 4, 5, 678, zone),
		Ended:      time.Date(2026, 1, 2, 4, 4, 25, 0, zone),
		Exit:       Complete,
		Timing:     Timing{DrawSeconds: 12.5, DrawSteps: 1 << 20, MultiplyAdds: 1 << 40, GFLOPS: 176, Kernels: "go", StartupSeconds: 0.0625, WorkerBytes: 1 << 20, SumBytes: 1 << 26},
		Oracle:     map[string]float64{"rnn": 2e-15, "gru": 3e-15},
		Bits:       map[string]float64{"rnn": 0.31, "gru": 0.25},
	}
}

// writeRun writes a small run with its manifest.
func writeRun(t *testing.T) *Dir {
	t.Helper()
	d := newDir(t)
	m := sampleManifest()
	digest := Digest(m.ConfigTOML)
	steps := Summary.WriteAll(d, digest, sampleSummary())
	sequence := Sequence.WriteAll(d, digest, sampleSequence())
	config := d.WriteFile("config.toml", func(w io.Writer) error {
		_, err := io.WriteString(w, m.ConfigTOML)
		return err
	})
	for _, err := range []error{steps, sequence, config, m.Write(d)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestManifestGolden(t *testing.T) {
	d := newDir(t)
	if err := d.WriteFile("config.toml", func(w io.Writer) error {
		_, err := io.WriteString(w, "task = \"anbn\"\n")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := sampleManifest().Write(d); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/manifest.json", content(t, d.Path(), ManifestName))
}

func TestManifestReadBack(t *testing.T) {
	d := writeRun(t)
	got, err := ReadManifest(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	want := sampleManifest()
	want.SchemaVersion, want.ConfigSHA256 = SchemaVersion, Digest(want.ConfigTOML)
	want.Started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want.Ended = time.Date(2026, 1, 2, 3, 4, 25, 0, time.UTC)
	want.Files = got.Files
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	var listed []string
	for _, f := range got.Files {
		listed = append(listed, f.Name)
	}
	if text := strings.Join(listed, " "); text != "config.toml sequence.parquet summary.parquet" {
		t.Errorf("files %s", text)
	}
	if rows := got.Files[2].Rows; rows == nil || *rows != int64(len(sampleSummary())) || got.Files[0].Rows != nil {
		t.Error("rows are wrong: a dataset has them, a text file has none")
	}
}

func TestManifestErrors(t *testing.T) {
	path := t.TempDir()
	if _, err := ReadManifest(path); err == nil || !strings.Contains(err.Error(), "not a finished run directory") {
		t.Errorf("no manifest: %v", err)
	}
	replace(t, path, ManifestName, []byte(`{"schema_version": 1,`))
	if _, err := ReadManifest(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("half a manifest: %v", err)
	}
	replace(t, path, ManifestName, []byte(`{"schema_version": 9}`))
	if _, err := ReadManifest(path); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("newer manifest: %v", err)
	}
	m := sampleManifest()
	m.Timing.GFLOPS = math.Inf(1)
	if err := m.Write(newDir(t)); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("infinite rate: %v", err)
	}
}

func TestManifestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string, m *Manifest) error
		want   string
	}{
		"untouched": {func(string, *Manifest) error { return nil }, ""},
		"missing":   {func(p string, _ *Manifest) error { return os.Remove(filepath.Join(p, "sequence.parquet")) }, "no such file"},
		"longer": {func(p string, _ *Manifest) error {
			return os.WriteFile(filepath.Join(p, "config.toml"), []byte("task = \"anbn\"\ndraws = 4096\n\n"), 0o644)
		}, "config.toml: 28 bytes, the manifest says 27"},
		"changed": {func(p string, _ *Manifest) error {
			return os.WriteFile(filepath.Join(p, "config.toml"), []byte("task = \"anbn\"\ndraws = 8192\n"), 0o644)
		}, "config.toml: its SHA-256 is not the manifest's"},
		"configuration": {func(_ string, m *Manifest) error { m.ConfigTOML += "#"; return nil }, "does not fit config_sha256"},
		"outside":       {func(_ string, m *Manifest) error { m.Files[0].Name = "../secret"; return nil }, "leaves the run directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeRun(t).Path()
			m, err := ReadManifest(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.change(path, &m); err != nil {
				t.Fatal(err)
			}
			err = m.Check(path)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestProgramAndHost(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
		{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "amd64"}, {Key: "GOAMD64", Value: "v3"},
	}}
	for _, c := range []struct {
		version, revision string
		info              *debug.BuildInfo
		want              Program
	}{
		{"", "", info, Program{"(devel)", "abc", true, "go1.26.8"}},
		{"v1.2.0", "def", info, Program{"v1.2.0", "def", true, "go1.26.8"}},
		{"v1.2.0", "def", nil, Program{Version: "v1.2.0", VCSRevision: "def"}},
	} {
		if got := ProgramOf(c.version, c.revision, c.info); got != c.want {
			t.Errorf("ProgramOf(%q, %q) = %+v, want %+v", c.version, c.revision, got, c.want)
		}
	}
	if got, want := HostOf("CPU", 2, info), (Host{"linux", "amd64", "v3", "CPU", 2}); got != want {
		t.Errorf("HostOf = %+v, want %+v", got, want)
	}
	if got, want := HostOf("CPU", 2, nil), (Host{CPU: "CPU", Workers: 2}); got != want {
		t.Errorf("HostOf without info = %+v, want %+v", got, want)
	}
}

func TestCPUModel(t *testing.T) {
	for text, want := range map[string]string{
		"processor\t: 0\nmodel\t\t: 85\nmodel name\t: Example CPU: 2 GHz\nmodel name\t: Other\n": "Example CPU: 2 GHz",
		"Processor: ARM": "",
		"":               "",
	} {
		if got := CPUModel(text); got != want {
			t.Errorf("CPUModel(%q) = %q, want %q", text, got, want)
		}
	}
}
