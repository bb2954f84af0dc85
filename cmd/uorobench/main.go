// Command uorobench measures bias and variance of online gradient estimators
// of recurrent networks against the exact gradient.
//
//	uorobench run [EXPERIMENT]   measure, write datasets, print the report
//	uorobench train [EXPERIMENT] train online, draw learning curves
//	uorobench report DIR         print the report of a run or training again
//	uorobench compare A [B]      compare the variances of two runs, or of one
//	uorobench verify [DIR]       check the program, or a run, against oracles
//	uorobench inspect FILE       tell what a file of weights holds
//	uorobench estimators         list estimators and covariates
//	uorobench version            say what was built
//
// Exit status: 0 done; 2 the command line or the experiment is wrong, and
// nothing was written; 1 anything else went wrong; 129, 130 or 143 interrupted by
// SIGHUP, SIGINT or SIGTERM; 141 nobody reads stdout any more: files are finished
// then, and nothing is said. Every other failure is one line on stderr.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Set by -ldflags "-X main.version=… -X main.revision=…", where the build has
// no VCS information of its own.
var version, revision string

// launched is the program's beginning, nearly: the runtime was up before.
var launched = time.Now()

func main() { os.Exit(supervised(os.Args[1:])) }

// supervised runs the command under a context that the first SIGINT, SIGTERM or
// SIGHUP ends, or a reader of stdout that has gone. A second signal ends the process
// at once. A signal that was ignored when the process began, as nohup and shells do
// for what runs in the background, stays so.
func supervised(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		sig := <-signals
		signal.Stop(signals)
		cancel(interrupted{sig.(syscall.Signal)})
	}()
	// Without this a write to a closed pipe ends the process there and then, and the
	// profiles with it. A write fails now instead.
	signal.Ignore(syscall.SIGPIPE)
	stdout := &reader{Writer: os.Stdout, gone: func() { cancel(interrupted{syscall.SIGPIPE}) }}
	return stdout.status(run(ctx, args, stdout, os.Stderr))
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string {
	return fmt.Sprintf("interrupted (%s): nothing was kept", i.signal)
}

// status is what shells report for a process that the signal kills.
func (i interrupted) status() int { return 128 + int(i.signal) }
