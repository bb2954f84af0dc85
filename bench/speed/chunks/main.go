// Command chunks runs a number of chunks of an engine job, for an instruction
// counter. The difference of two counts is free of the program's start.
//
//	chunks JOB N
package main

import (
	"fmt"
	"os"
	"strconv"

	"uorobench/bench/speed"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "chunks:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want JOB N, got %q", args)
	}
	job, err := speed.Find(args[0])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 0 {
		return fmt.Errorf("number of chunks %q: must be a whole number", args[1])
	}
	return speed.Chunks(job, n)
}
