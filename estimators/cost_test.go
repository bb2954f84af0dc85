package estimators_test

import (
	"testing"

	"uorobench/estimators/cell"
)

// TestCostsByHand pins the counted multiply-adds of a draw and of what all draws
// share, at X = 3 inputs and H = 32 units. GRU: S = 32, 4 groups, Z = 3+32+2 = 37,
// P = 3·32·37 = 3552. RNN: 1 group, P = 32·37 = 1184.
func TestCostsByHand(t *testing.T) {
	for _, c := range []struct {
		cell, estimator string
		draw, shared    int64
	}{
		// F s̃ 32², factors 4·32, decay + update + norm 3P, short vectors 6·32.
		{"gru", "uoro", 1024 + 128 + 10656 + 192, 3552},
		// A second product with F; S¹ and its pull, 4P, and the direct term.
		{"gru", "residual", 12000 + 1024, 4*3552 + 3552},
		// All but the 3P 31 times more, and scale·θ̃.
		{"gru", "split-uoro-32", 12000 + 31*(12000-10656) + 3552, 3552},
		{"gru", "multi-uoro-4", 4 * (12000 + 3552), 3552},
		// 5S a draw; for each of S row norms of 4 groups and 3 running means.
		{"gru", "scaled-uoro", 12000 + 5*32, 3552 + 7*32},
		// Q = 4·32 columns: F A, update and norm and pull of A, ã, the estimate.
		{"gru", "preuoro", 32*32*128 + 3*32*128 + 3*37 + 3552, 3552},
		// 8 steps back: F, 4 groups' factors and P each.
		{"gru", "tbptt-8", 0, 8 * (1024 + 128 + 3552)},
		{"gru", "memory-uoro-8", 12000, 3552 + 8*(1024+128+3552)},
		{"gru", "snap1", 0, 3 * 3552},
		{"gru", "rtrl", 0, 32 * 34 * 3552},
		{"rnn", "kf-rtrl", 32*32*32 + 3*32*32 + 3*37 + 1184, 1184},
		// 4 products with F, 15 inner products and 4·5 combinations of the factors
		// (32² + 37 numbers), the decomposition, the estimate.
		{"rnn", "ok-4", 4*32768 + 15*1061 + 20*1061 + 60*125 + 4*(1024+1184), 1184},
		// Two groups of 3·32 columns: [x; 1] with 4 features, [h; 1] with 33.
		{"gru", "kf-rtrl", 2*(32*32*96+3*32*96) + 3*(4+33) + 3552, 3552},
		{"gru", "ok-3", 2*(3*32*3072+60*64+3*3072) + (10+12)*(3072+4+3072+33) + 3*3552, 3552},
		// At rank 4 the first is exact: F, gains and pull of 4 matrices.
		{"gru", "ok-4", 4*32*3072 + 4*32*3 + 4*3072 + 4*32*3072 + 60*125 + 4*3072 + (15+20)*(3072+33) + 4*3552, 3552},
	} {
		net, err := cell.New(c.cell, 3, 32)
		if err != nil {
			t.Fatal(err)
		}
		got := chain(t, c.estimator, net.Layout(), options(0, "code")).Cost
		if got.PerDraw != c.draw || got.Shared != c.shared {
			t.Errorf("%s on %s: %d a draw and %d shared, by hand %d and %d", c.estimator, c.cell, got.PerDraw, got.Shared, c.draw, c.shared)
		}
	}
}
