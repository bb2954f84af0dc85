package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"runtime"
	runtimepprof "runtime/pprof"
	"runtime/trace"
	"time"
)

// profileFlags choose what to record about the program itself.
type profileFlags struct {
	CPUProfile  string `name:"cpuprofile" group:"Profiling" placeholder:"FILE" help:"write a CPU profile, labelled by estimator and phase, or by job"`
	MemProfile  string `name:"memprofile" group:"Profiling" placeholder:"FILE" help:"write an allocation profile at the end"`
	Trace       string `name:"trace" group:"Profiling" placeholder:"FILE" help:"write an execution trace"`
	Pprof       string `name:"pprof" group:"Profiling" placeholder:"ADDR" help:"serve live profiles on a loopback address, such as 127.0.0.1:6060"`
	PprofPublic bool   `name:"pprof-public" group:"Profiling" help:"let --pprof listen on an address that others can reach"`
}

// profile is one file that is asked for.
type profile struct {
	flag, path string
	begin, end func(io.Writer) error
	file       *os.File
	fresh      bool // the file was not there before
}

// files are the profiles that are asked for, in the order in which they begin.
func (f *profileFlags) files() []*profile {
	var asked []*profile
	for _, p := range []*profile{
		{flag: "--memprofile", path: f.MemProfile, begin: nothing, end: writeAllocations},
		{flag: "--trace", path: f.Trace, begin: trace.Start, end: func(io.Writer) error { trace.Stop(); return nil }},
		{flag: "--cpuprofile", path: f.CPUProfile, begin: runtimepprof.StartCPUProfile, end: func(io.Writer) error { runtimepprof.StopCPUProfile(); return nil }},
	} {
		if p.path != "" {
			asked = append(asked, p)
		}
	}
	return asked
}

// check refuses what cannot be profiled, before anything is written: two profiles in
// one file, or one among the files of a run, whose directory it is not part of. run
// is the run's directory, which is there already, or empty.
func (f *profileFlags) check(run string) error {
	if f.Pprof != "" {
		if err := f.checkAddress(); err != nil {
			return err
		}
	}
	asked := f.files()
	for i, p := range asked {
		for _, q := range asked[:i] {
			if sameFile(p.path, q.path) {
				return fmt.Errorf("%s and %s are both written to %s: give each a file of its own", q.flag, p.flag, p.path)
			}
		}
		if run != "" && liesIn(p.path, run) {
			return fmt.Errorf("%s %s: lies in the run directory %s, whose files are the run's alone: give a path outside", p.flag, p.path, run)
		}
	}
	return nil
}

// sameFile says whether two paths mean one file, there already or not.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return errA != nil && errB != nil && place(a) == place(b)
}

// place is the path with the links of its folder followed.
func place(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(whole)); err == nil {
		return filepath.Join(folder, filepath.Base(whole))
	}
	return whole
}

// liesIn says whether a file's folder, or one above it, is dir.
func liesIn(path, dir string) bool {
	top, err := os.Stat(dir)
	if err != nil {
		return false
	}
	for folder := filepath.Dir(place(path)); ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && os.SameFile(info, top) {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// start begins all that is asked for, which check has seen. stop ends it and must be
// called on every way out: a profile is complete only then, also of a run that
// failed or was interrupted. All files are open before the first is emptied, so
// that one that cannot be written costs no other.
func (f *profileFlags) start(stderr io.Writer) (stop func() error, err error) {
	asked := f.files()
	for _, p := range asked {
		if err := p.open(); err != nil {
			return nil, errors.Join(err, giveUp(asked))
		}
	}
	serving, err := f.serve(stderr)
	if err != nil {
		return nil, errors.Join(err, giveUp(asked))
	}
	stops := []func() error{serving}
	stop = func() error {
		var errs []error
		for i := len(stops) - 1; i >= 0; i-- {
			errs = append(errs, stops[i]())
		}
		return errors.Join(errs...)
	}
	for i, p := range asked {
		if err := p.start(); err != nil {
			return nil, errors.Join(err, giveUp(asked[i:]), stop())
		}
		stops = append(stops, p.stop)
	}
	return stop, nil
}

func done() error { return nil }

func nothing(io.Writer) error { return nil }

// open opens the file as it is.
func (p *profile) open() (err error) {
	_, there := os.Lstat(p.path)
	p.fresh = there != nil
	if p.file, err = os.OpenFile(p.path, os.O_WRONLY|os.O_CREATE, 0o666); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

// giveUp closes files that nothing was written to, and removes those that were not
// there before.
func giveUp(profiles []*profile) error {
	var errs []error
	for _, p := range profiles {
		if p.file == nil {
			continue
		}
		errs = append(errs, p.file.Close())
		if p.fresh {
			errs = append(errs, os.Remove(p.path))
		}
	}
	return errors.Join(errs...)
}

// start empties the file and begins the profile.
func (p *profile) start() error {
	if info, err := p.file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := p.file.Truncate(0); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
	}
	if err := p.begin(p.file); err != nil {
		return fmt.Errorf("profile %s: %w", p.path, err)
	}
	return nil
}

// stop completes the file.
func (p *profile) stop() error {
	if err := errors.Join(p.end(p.file), p.file.Close()); err != nil {
		return fmt.Errorf("profile %s: %w", p.path, err)
	}
	return nil
}

func writeAllocations(w io.Writer) error {
	runtime.GC() // the profile is of the last completed collection
	return runtimepprof.Lookup("allocs").WriteTo(w, 0)
}

// serve answers /debug/pprof/ until stop.
func (f *profileFlags) serve(stderr io.Writer) (stop func() error, err error) {
	if f.Pprof == "" {
		return done, nil
	}
	listener, err := net.Listen("tcp", f.Pprof)
	if err != nil {
		return nil, fmt.Errorf("--pprof: %w", err)
	}
	server := &http.Server{Handler: profileHandler(), ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) //nolint:errcheck // it returns when stop closes it
	fmt.Fprintf(stderr, "uorobench: profiles at http://%s/debug/pprof/\n", listener.Addr())
	return server.Close, nil
}

// checkAddress refuses an address that other machines reach: profiles tell
// paths and arguments to whoever asks.
func (f *profileFlags) checkAddress() error {
	host, _, err := net.SplitHostPort(f.Pprof)
	if err != nil {
		return fmt.Errorf("--pprof %s: must be host:port, such as 127.0.0.1:6060", f.Pprof)
	}
	if ip := net.ParseIP(host); f.PprofPublic || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--pprof %s: must be a loopback address, such as 127.0.0.1:6060, unless --pprof-public is given", f.Pprof)
}

// profileHandler is a mux of its own: the default one is everybody's.
func profileHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
