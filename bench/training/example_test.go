package training_test

import (
	"context"
	"fmt"

	"uorobench/bench/training"
)

// Two methods on short strings: the censored medians say what is known, and no
// more.
func ExamplePlan_Run() {
	e := training.DefaultExperiment()
	err := e.Fields().Read([]byte(`
methods       = ["rtrl", "uoro"]
hidden        = 8
seeds         = 3
steps         = 1500
record        = 100
bits_goals    = [0.8, 0.55]
endings_goals = []
optimizer.rate = 1e-2
task.hi = 4
`), "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := e.Plan()
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := plan.Run(context.Background(), 2, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := e.Summary(results)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rows {
		fmt.Printf("%s to %s: %d of %d, median %v\n", r.Method, r.Goal, r.Reached, r.Runs, r.Steps.Estimate)
	}
	// Output:
	// rtrl to 0.80 bits: 3 of 3, median 600
	// rtrl to 0.55 bits: 3 of 3, median 1000
	// uoro to 0.80 bits: 3 of 3, median 1000
	// uoro to 0.55 bits: 1 of 3, median > 1500
}
