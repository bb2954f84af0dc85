// Command uorobench measures bias and variance of online gradient estimators
// of recurrent networks against the exact gradient.
//
//	uorobench run [EXPERIMENT]   measure, write datasets, print the report
//	uorobench train [EXPERIMENT] train online, draw learning curves
//	uorobench report DIR         print the report of a run or training again
//	uorobench compare A [B]      compare the variances of two runs, or of one
//	uorobench verify [DIR]       check the program, or a run, against oracles
//	uorobench estimators         list estimators and covariates
//	uorobench version            say what was built
//
// Exit status: 0 done; 2 the command line or the experiment is wrong, and
// nothing was written; 1 anything else went wrong; 130 or 143 interrupted by
// SIGINT or SIGTERM. Every failure is one line on stderr.
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

// supervised runs the command under a context that the first SIGINT or SIGTERM
// ends. A second signal ends the process at once.
func supervised(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		sig := <-signals
		signal.Stop(signals)
		cancel(interrupted{sig.(syscall.Signal)})
	}()
	return run(ctx, args, os.Stdout, os.Stderr)
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string {
	return fmt.Sprintf("interrupted (%s): nothing was kept", i.signal)
}

// status is what shells report for a process that the signal kills.
func (i interrupted) status() int { return 128 + int(i.signal) }
