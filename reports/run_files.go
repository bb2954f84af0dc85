package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// What this program writes into a run or training directory, by name. An unfinished
// one is cleared of these and of nothing else.

// runFolders are the datasets of parts.
var runFolders = []string{Steps.name, Coordinates.name, Draws.name, Curves.name}

var (
	// runFile is a file of a run, or one of them before it had its name.
	runFile = regexp.MustCompile(`^(config\.toml|manifest\.json|unfinished\.json|summary\.(md|json)|params-[a-z0-9-]+\.safetensors|[a-z_]+\.parquet|\.(config\.toml|manifest\.json|unfinished\.json|summary\.(md|json)|writable|params-[a-z0-9-]+\.safetensors|[a-z_]+\.parquet)\.tmp-[0-9]+)$`)
	// partFile is a file in a folder of parts.
	partFile = regexp.MustCompile(`^\.?part-[0-9]{5,}\.parquet(\.tmp-[0-9]+)?$`)
	// tempFolder is a folder of parts before it has its name.
	tempFolder = regexp.MustCompile(`^\.([a-z_]+)\.tmp-[0-9]+$`)
)

// runEntries lists what a run left in its directory, files before the folders that
// hold them, and the first thing that is not of a run.
func runEntries(path string) (ours []string, foreign string, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, "", err
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.Type().IsRegular() && runFile.MatchString(name):
			ours = append(ours, name)
		case e.IsDir() && isRunFolder(name):
			parts, other, err := partEntries(filepath.Join(path, name))
			if err != nil || other != "" {
				return nil, filepath.Join(name, other), err
			}
			for _, part := range parts {
				ours = append(ours, filepath.Join(name, part))
			}
			ours = append(ours, name)
		default:
			return nil, name, nil
		}
	}
	return ours, "", nil
}

func isRunFolder(name string) bool {
	if m := tempFolder.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	return slices.Contains(runFolders, name)
}

func partEntries(path string) (ours []string, foreign string, err error) {
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if !e.Type().IsRegular() || !partFile.MatchString(e.Name()) {
			return nil, e.Name(), err
		}
		ours = append(ours, e.Name())
	}
	return ours, "", err
}

// onlyRunFiles refuses a directory that holds something else.
func onlyRunFiles(path string) error {
	_, foreign, err := runEntries(path)
	if err == nil && foreign != "" {
		err = fmt.Errorf("unfinished point %s holds %s, which is no file of a run: move it away, and the point is measured anew", path, foreign)
	}
	return err
}

// removeRunFiles removes a run's files, unless the directory holds something else.
// The directory itself stays.
func removeRunFiles(path string) error {
	ours, foreign, err := runEntries(path)
	if err != nil {
		return err
	}
	if foreign != "" {
		return onlyRunFiles(path)
	}
	var errs []error
	for _, name := range ours {
		errs = append(errs, removeIfThere(filepath.Join(path, name)))
	}
	return errors.Join(errs...)
}

// whole says whether all files of the manifest are there with their sizes. Digests
// are for verify: this is asked of every point that a sweep goes on from.
func (m *Manifest) whole(path string) bool {
	return !slices.ContainsFunc(m.Files, func(f FileEntry) bool {
		name := filepath.FromSlash(f.Name)
		info, err := os.Lstat(filepath.Join(path, name))
		return !filepath.IsLocal(name) || err != nil || !info.Mode().IsRegular() || info.Size() != f.Bytes
	})
}
