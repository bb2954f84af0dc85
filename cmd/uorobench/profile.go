package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
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

// start begins all that is asked for. stop ends it and must be called on every
// way out: a profile is complete only then, also of a run that failed or was
// interrupted.
func (f *profileFlags) start(stderr io.Writer) (stop func() error, err error) {
	var stops []func() error
	stop = func() error {
		var errs []error
		for i := len(stops) - 1; i >= 0; i-- {
			errs = append(errs, stops[i]())
		}
		return errors.Join(errs...)
	}
	for _, begin := range []func() (func() error, error){
		func() (func() error, error) { return f.serve(stderr) },
		func() (func() error, error) { return recordTo(f.MemProfile, nothing, writeAllocations) },
		func() (func() error, error) {
			return recordTo(f.Trace, trace.Start, func(io.Writer) error { trace.Stop(); return nil })
		},
		func() (func() error, error) {
			return recordTo(f.CPUProfile, runtimepprof.StartCPUProfile, func(io.Writer) error { runtimepprof.StopCPUProfile(); return nil })
		},
	} {
		end, err := begin()
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		stops = append(stops, end)
	}
	return stop, nil
}

func done() error { return nil }

func nothing(io.Writer) error { return nil }

// recordTo opens the file at once, so that a wrong path is known before hours
// of work, and returns what completes it.
func recordTo(path string, begin, end func(io.Writer) error) (stop func() error, err error) {
	if path == "" {
		return done, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := begin(file); err != nil {
		return nil, errors.Join(fmt.Errorf("profile %s: %w", path, err), file.Close())
	}
	return func() error {
		if err := errors.Join(end(file), file.Close()); err != nil {
			return fmt.Errorf("profile %s: %w", path, err)
		}
		return nil
	}, nil
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
	if err := f.checkAddress(); err != nil {
		return nil, asUsage(err)
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
