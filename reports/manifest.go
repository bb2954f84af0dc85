package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"uorobench/bench/input"
)

// ManifestName is the manifest's file name. It is written last: a run
// directory without it is not finished.
const ManifestName = "manifest.json"

// ExitState says how a run ended.
type ExitState string

// The exit states.
const (
	Complete    ExitState = "complete"
	Interrupted ExitState = "interrupted"
	Failed      ExitState = "failed"
)

// Manifest tells where the datasets of a run come from. It is the one file of
// a run that may differ between two runs of the same configuration. All of it
// is given by the caller; this package asks no clock and no host.
type Manifest struct {
	SchemaVersion int               `json:"schema_version"` // of the datasets; set by Write
	Program       Program           `json:"program"`
	Host          Host              `json:"host"`
	ConfigTOML    string            `json:"config_toml"`   // resolved configuration, as in config.toml
	ConfigSHA256  string            `json:"config_sha256"` // of ConfigTOML, hex; set by Write
	Seeds         map[string]uint64 `json:"seeds"`
	Symbols       []string          `json:"symbols"` // Symbols[code] is the symbol of a code in sequence.parquet
	Started       time.Time         `json:"started"` // written in UTC
	Ended         time.Time         `json:"ended"`
	Exit          ExitState         `json:"exit"`
	Error         string            `json:"error,omitempty"` // why, unless complete
	Timing        Timing            `json:"timing"`
	// Oracle is, per cell, the largest relative difference between the exact
	// gradients (RTRL) and backpropagation through time on this trajectory.
	Oracle map[string]float64 `json:"exact_gradient_rel_error"`
	// MeanLoss is, per cell, the loss of the frozen network: nats per symbol, or
	// ½‖y − target‖² for a task of real numbers. Bits is the same in bits, for tasks
	// of symbols alone.
	MeanLoss map[string]float64 `json:"mean_loss"`
	Bits     map[string]float64 `json:"bits_per_symbol,omitempty"`
	// Doubts is, per cell, why the network is a poor subject: network_warning of its rows.
	Doubts map[string]string `json:"network_warnings,omitempty"`
	// NotFinite counts, by dataset, the numbers that were not finite. They are NULL; of
	// draws, convergence and coordinates the row is left out.
	NotFinite map[string]int64 `json:"not_finite,omitempty"`
	// Inputs are the files that the experiment read: a text, a network's weights.
	Inputs []input.Digest `json:"inputs,omitempty"`
	Files  []FileEntry    `json:"files"` // ordered by name; set by Write; the manifest itself is not in it
}

// Program is the program that ran.
type Program struct {
	Version     string `json:"version"`
	VCSRevision string `json:"vcs_revision"`
	VCSModified bool   `json:"vcs_modified"` // built from a tree with uncommitted changes
	GoVersion   string `json:"go_version"`
}

// Host is the machine and the build target. The target matters for the bits:
// Go may fuse multiply and add, depending on it.
type Host struct {
	OS      string `json:"goos"`
	Arch    string `json:"goarch"`
	AMD64   string `json:"goamd64,omitempty"` // v1 to v4
	CPU     string `json:"cpu"`
	Workers int    `json:"workers"`
}

// Timing says how fast the draws went.
type Timing struct {
	DrawSeconds  float64 `json:"draw_seconds"`  // wall clock in the draw loops
	DrawSteps    int64   `json:"draw_steps"`    // draws × steps
	MultiplyAdds int64   `json:"multiply_adds"` // counted from the dimensions
	GFLOPS       float64 `json:"gflops"`        // 2 × multiply_adds / draw_seconds / 1e9
	Kernels      string  `json:"kernels"`       // such as avx512, avx2, go
	// StartupSeconds is the time from the program's start (of a sweep's later runs,
	// from the run's) to its first draw: files, trajectories, oracle checks, plans.
	StartupSeconds float64 `json:"startup_seconds"`
	GCCycles       int64   `json:"gc_cycles"`    // garbage collections during draw loops
	WorkerBytes    int64   `json:"worker_bytes"` // memory of a worker; it does not grow with the draws
	SumBytes       int64   `json:"sum_bytes"`    // of the sums of all groups of draws; likewise
}

// Write writes the manifest into the run directory, with the files that were
// written so far. The receiver is not changed.
func (m Manifest) Write(dir *Dir) error {
	m.SchemaVersion = SchemaVersion
	m.ConfigSHA256 = Digest(m.ConfigTOML)
	m.Started, m.Ended = m.Started.UTC().Truncate(time.Second), m.Ended.UTC().Truncate(time.Second)
	m.Files = dir.Files()
	if !finite(m.Timing.DrawSeconds) || !finite(m.Timing.GFLOPS) {
		return fmt.Errorf("manifest: timing %+v is not finite", m.Timing)
	}
	return dir.WriteFile(ManifestName, func(w io.Writer) error { return encodeJSON(w, m) })
}

// Digest is the SHA-256 of a text in hex; of the resolved configuration it is
// the config_sha256 of the files.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ReadManifest reads the manifest of the run directory at path.
func ReadManifest(path string) (Manifest, error) {
	name := filepath.Join(path, ManifestName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return Manifest{}, notARun(path, ManifestName)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("manifest %s is damaged: %w", name, err)
	}
	if m.SchemaVersion != SchemaVersion {
		return Manifest{}, fmt.Errorf("manifest %s: schema version %d; this program reads version %d: use the program that wrote the run",
			name, m.SchemaVersion, SchemaVersion)
	}
	return m, nil
}

// notARun says why nothing can be read of the directory at path, in which the named
// file was not found.
func notARun(path, missing string) error {
	const holds = "a finished one holds summary.parquet, steps/part-*.parquet, sequence.parquet, params-CELL.safetensors, config.toml and, last, manifest.json"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not a run directory: there is nothing of that name; %s", path, holds)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is not a run directory but a file; %s", path, holds)
	}
	if isUnfinishedSweep(path) {
		return fmt.Errorf("%s is a sweep that is not finished: it has no %s; uorobench sweep with --resume goes on with it", path, SweepName)
	}
	return fmt.Errorf("%s is not a finished run directory: it has no %s; %s", path, missing, holds)
}

// Check compares every file of the manifest with the one in the run directory
// at path: present, of the same size and digest. The error joins all
// differences.
func (m Manifest) Check(path string) error {
	var errs []error
	for _, f := range m.Files {
		errs = append(errs, f.check(path))
	}
	if Digest(m.ConfigTOML) != m.ConfigSHA256 {
		errs = append(errs, errors.New("config_toml does not fit config_sha256"))
	}
	return errors.Join(errs...)
}

func (f FileEntry) check(path string) error {
	if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return fmt.Errorf("%s: the name leaves the run directory", f.Name)
	}
	file, err := os.Open(filepath.Join(path, filepath.FromSlash(f.Name)))
	if err != nil {
		return err
	}
	defer file.Close() // read only
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", f.Name, err)
	case n != f.Bytes:
		return fmt.Errorf("%s: %d bytes, the manifest says %d", f.Name, n, f.Bytes)
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return fmt.Errorf("%s: its SHA-256 is not the manifest's; the content was changed", f.Name)
	}
	return nil
}

// encodeJSON writes v indented, in the order of its fields, with < and > as
// they are.
func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
