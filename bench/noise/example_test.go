package noise_test

import (
	"fmt"

	"uorobench/bench/noise"
)

// Draw 40 is in the chunk that starts with draw 32, in lane 8.
func ExampleStream_Rademacher() {
	const dim = 4
	signs := noise.New(1, noise.Measurement).Rademacher(dim)
	eps := make([]float64, dim*noise.Lanes)
	signs.Seek(32)
	signs.Fill(eps, 0)
	for i := range dim {
		fmt.Printf("%+.0f,", eps[i*noise.Lanes+8])
	}
	fmt.Printf("\nthe same, from the word: %04b\n", noise.New(1, noise.Measurement).Words(40, 0)[0]&15)
	// Output:
	// -1,+1,+1,+1,
	// the same, from the word: 1110
}
