package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What this process made, and no more, is what it may remove: a directory, a link
// to one or a mount point that was there before is emptied of this process' files
// and stays.

// makeDirs is os.MkdirAll that tells which directories were not there before, the
// outermost first. After an error it tells those that it made until then.
func makeDirs(dir string) (made []string, err error) {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil, nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if made, err = makeDirs(parent); err != nil {
			return made, err
		}
	}
	err = os.Mkdir(dir, 0o755)
	if info, there := os.Stat(dir); errors.Is(err, fs.ErrExist) && there == nil && info.IsDir() {
		return made, nil // another process was faster: it is theirs
	}
	if err != nil {
		return made, err
	}
	return append(made, dir), nil
}

// removeMade removes the directories that this process made, as far as they are
// empty.
func (d *Dir) removeMade() error {
	for len(d.made) > 0 {
		last := d.made[len(d.made)-1]
		if entries, err := os.ReadDir(last); err == nil && len(entries) > 0 {
			return nil // somebody else's files are in it
		}
		if err := removeIfThere(last); err != nil {
			return err
		}
		d.made = d.made[:len(d.made)-1]
	}
	return nil
}

// Discard removes all that was written into the directory through d, and the
// directories that CreateDir made; whatever else is in them stays, and so do they
// then.
func (d *Dir) Discard() error {
	err := d.Unmark()
	for _, f := range d.files {
		err = errors.Join(err, removeIfThere(d.place(f.Name)))
	}
	for _, f := range d.files {
		if folder := path.Dir(f.Name); folder != "." {
			err = errors.Join(err, removeIfEmpty(d.place(folder)))
		}
	}
	d.files = nil
	return errors.Join(err, d.removeMade())
}

// removeIfEmpty removes a directory of this process, unless something of others is
// in it.
func removeIfEmpty(dir string) error {
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return nil //nolint:nilerr // it is gone, or not to be touched
	}
	return removeIfThere(dir)
}

// Mark writes a file that says that the directory is not finished. It is no part
// of the manifest; Unmark or Discard removes it.
func (d *Dir) Mark(name, text string) error {
	f, err := d.create(d.place(name))
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(text)); err != nil {
		return errors.Join(err, f.abort())
	}
	d.mark = name
	return f.commit()
}

// Unmark removes the file that Mark wrote; without one it does nothing.
func (d *Dir) Unmark() error {
	if d.mark == "" {
		return nil
	}
	name := d.place(d.mark)
	d.mark = ""
	return removeIfThere(name)
}

// Unfinished is what the name of a run directory ends in after its files could not
// all be written. In a directory that was there before it is, without the dot, the
// name of a folder.
const Unfinished = ".unfinished"

// SetAside takes the files off the directory's name: the figures in them are dear,
// but they are not the run that was asked for under that name. A directory that
// CreateDir made is renamed, which a full disk allows, to its name and Unfinished;
// in one that was there before, the files go into a folder "unfinished". A number
// follows where the name is taken. The new place is returned. A directory without
// files goes as with Discard, and the place is empty then.
func (d *Dir) SetAside() (kept string, err error) {
	if len(d.files) == 0 {
		return "", d.Discard()
	}
	if len(d.made) == 0 {
		return d.moveAside()
	}
	kept = freeName(filepath.Clean(d.path) + Unfinished)
	if err := os.Rename(d.path, kept); err != nil {
		return d.path, fmt.Errorf("unfinished run directory: %w", err)
	}
	d.path, d.files = kept, nil
	return kept, syncDir(filepath.Dir(kept))
}

// moveAside moves the files into a folder of the directory. Where that fails they
// stay where they are.
func (d *Dir) moveAside() (kept string, err error) {
	kept = freeName(filepath.Join(d.path, strings.TrimPrefix(Unfinished, ".")))
	if err := os.Mkdir(kept, 0o755); err != nil {
		return d.path, fmt.Errorf("unfinished run: %w", err)
	}
	moved := map[string]bool{}
	for _, f := range d.files {
		top, _, _ := strings.Cut(f.Name, "/") // a dataset's folder as a whole
		if moved[top] {
			continue
		}
		moved[top] = true
		err = errors.Join(err, os.Rename(d.place(top), filepath.Join(kept, top)))
	}
	d.files = nil
	return kept, errors.Join(err, syncDir(d.path))
}

// freeName is the name, with a number where it is taken.
func freeName(name string) string {
	free := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(free); errors.Is(err, fs.ErrNotExist) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// Restore looks whether the directory is still there under its name, and makes it
// again where it was removed or renamed while the draws were made: they are dear,
// and the name is what the user knows. What had been written goes with the old
// one, and restored is true. A directory that somebody put in its place is not
// written into; the run gets a name beside it.
func (d *Dir) Restore() (restored bool, err error) {
	if d.stands() {
		return false, nil
	}
	fresh, err := CreateDir(d.whole)
	if err != nil {
		fresh, err = CreateDir(freeName(d.whole))
	}
	if err != nil {
		return false, err
	}
	fresh.wrap = d.wrap
	*d = *fresh
	return true, nil
}

// stands says whether the directory is under its name with what was written there.
// The files are asked for as well: a file system may give a new directory the
// number of one that was removed.
func (d *Dir) stands() bool {
	now, err := os.Stat(d.whole)
	if err != nil || !os.SameFile(now, d.info) {
		return false
	}
	for _, f := range d.files {
		if _, err := os.Lstat(filepath.Join(d.whole, filepath.FromSlash(f.Name))); err != nil {
			return false
		}
	}
	return true
}
