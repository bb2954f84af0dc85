package weights_test

import (
	"bytes"
	"fmt"

	"uorobench/bench/weights"
)

func Example() {
	var file bytes.Buffer
	bias := weights.Tensor{Name: "bias_ih_l0", Shape: []int{2}, Data: []float64{0.5, -1}}
	meta := map[string]string{"stage": "mid"}
	if err := weights.Write(&file, []weights.Tensor{bias}, meta, weights.F64); err != nil {
		fmt.Println(err)
		return
	}
	tensors, meta, err := weights.Read(file.Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range tensors {
		fmt.Println(meta["stage"], t.Name, t.Shape, t.Data)
	}
	// Output: mid bias_ih_l0 [2] [0.5 -1]
}
