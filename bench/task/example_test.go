package task_test

import (
	"fmt"

	"uorobench/bench/noise"
	"uorobench/bench/task"
)

func ExampleNew() {
	o := task.Defaults()
	o.Lo, o.Hi = 2, 4
	anbn, err := task.New("anbn", o)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := anbn.Sequence(noise.New(1, noise.Data).Uniforms(0), 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Symbols)
	fmt.Println(s.Input)
	fmt.Println(s.Target)
	// Output:
	// [a b \n]
	// [0 0 0 2 1 1 1 2 0 0 2 1 1 2 0 0]
	// [0 0 2 1 1 1 2 0 0 2 1 1 2 0 0 2]
}

func ExampleANBN_Levels() {
	anbn, err := task.NewANBN(task.Defaults())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", anbn.Levels())
	// Output: {1.2589 0.3681 0.1429}
}
