package main

import (
	"errors"
	"io"
	"sync/atomic"
	"syscall"
)

// reader is a stdout that somebody may stop reading, as head does. What is written
// after that is dropped: the command goes on to finish its files and profiles.
type reader struct {
	io.Writer
	gone func() // called once
	left atomic.Bool
}

// Write implements io.Writer.
func (r *reader) Write(b []byte) (int, error) {
	if r.left.Load() {
		return len(b), nil
	}
	n, err := r.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		r.left.Store(true)
		r.gone()
		return len(b), nil
	}
	return n, err
}

// status is the command's exit status, or the one of a process that SIGPIPE kills.
func (r *reader) status(of int) int {
	if r.left.Load() && of == statusDone {
		return interrupted{syscall.SIGPIPE}.status()
	}
	return of
}
