package noise

import "math/bits"

// Constants of Philox4x64: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC'11, §3.3 and table 2. The
// key increments are those of the golden ratio and of sqrt(3)−1.
const (
	philoxM0 = 0xD2E7470EE14C6C93
	philoxM1 = 0xCA5A826395121157
	philoxW0 = 0x9E3779B97F4A7C15
	philoxW1 = 0xBB67AE8584CAA73B

	philoxRounds = 10
)

// philox is the Philox4x64-10 bijection of the counter under the key. Ten
// rounds are the authors' default; seven pass BigCrush, ten leave a margin.
func philox(c [4]uint64, key [2]uint64) [4]uint64 {
	k0, k1 := key[0], key[1]
	for range philoxRounds {
		hi0, lo0 := bits.Mul64(philoxM0, c[0])
		hi1, lo1 := bits.Mul64(philoxM1, c[2])
		c = [4]uint64{hi1 ^ c[1] ^ k0, lo1, hi0 ^ c[3] ^ k1, lo0}
		k0 += philoxW0
		k1 += philoxW1
	}
	return c
}
