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
	f, err := weights.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	t, ok := f.Find("bias_ih_l0")
	fmt.Println(f.Metadata["stage"], ok, t.Shape, t.Data)
	// Output: mid true [2] [0.5 -1]
}
