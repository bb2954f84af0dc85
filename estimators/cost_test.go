package estimators_test

import (
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// TestCostsByHand pins the counted multiply-adds of a draw and of what all draws
// share, at X = 3 inputs and H = 32 units. GRU: S = 32, 4 groups, Z = 3+32+2 = 37,
// P = 3·32·37 = 3552, and the groups have 37 + 37 + 4 + 33 = 111 features. RNN: 1
// group, P = 32·37 = 1184. (TestCostIsCounted has most of them counted as they are
// done; here they are as numbers that people read.)
func TestCostsByHand(t *testing.T) {
	const (
		uoro   = 1024 + 3*128 + 3*3552 + 5*32 + 3552
		direct = 128 + 3552
	)
	for _, c := range []struct {
		cell, estimator string
		draw, shared    int64
	}{
		// F s̃ 32²; u 4·32, its norm and u/ρ1; θ̃'s decay, update and norm 3P; the norms
		// of F s̃ and ε, the two terms of s̃, q·s̃: 5·32; ĝ. Shared: the direct term, ‖z‖².
		{"gru", "uoro", uoro, direct + 111},
		{"gru", "uoro-post", uoro, 111},
		// εᵀ(F − F̃) is a second product; θ̃ as before; the norm of the source 2·32, left/ρ1.
		// Shared: S¹, its pull, its inner products 4P; the direct term.
		{"gru", "residual", 2*1024 + 4*3552 + 2*32 + 6*32, 4*3552 + direct},
		// 31 times more F s̃ᵐ, its norm, its part of s̃ᵐ and the scalar.
		{"gru", "split-uoro-32", uoro + 31*(1024+3*32), direct + 111},
		{"gru", "multi-uoro-4", 4 * uoro, direct + 111},
		// μ ε, ε/μ, w F s̃, w μ ε. V: F∘F and its product, q², the difference, the step; w
		// twice; μ and 1/μ; the norms of 4 groups' rows twice.
		{"gru", "scaled-uoro", uoro + 4*32, direct + 111 + 2*1024 + 7*32 + 8*32},
		{"gru", "scaled-residual", 2*1024 + 4*3552 + 2*32 + 10*32, 4*3552 + direct + 2*1024 + 7*32 + 2*1024},
		// 31 times more F s̃ᵐ, its norm and that of (F − F̃)εᵐ, two terms of s̃ᵐ, the
		// scalar; μ ε, ε/μ, and 2·32 products with w. Shared: w² on the columns of F − F̃.
		{"gru", "scaled-split-residual-32", 2*1024 + 4*3552 + 2*32 + 6*32 + 31*(1024+5*32) + 66*32, 4*3552 + direct + 2*1024 + 7*32 + 2*1024 + 32},
		// Q = 4·32 columns: F A, its norm, ρ0 F A and q A; ρ1 D; ã; ĝ. Shared also ‖z‖, ‖D‖.
		{"gru", "preuoro", 32*32*128 + 3*32*128 + 128 + 3*37 + 3552, direct + 37 + 128},
		// 8 steps back; of 7 products with F the first is q.
		{"gru", "tbptt-1", 0, direct},
		{"gru", "tbptt-8", 0, 8*direct + 6*1024},
		{"gru", "memory-uoro-8", uoro, 8*direct + 7*1024 + 111},
		{"gru", "snap1", 0, 3 * 3552},
		{"gru", "rflo", 0, 3 * 3552},
		// F M, M's own row for I, δ M.
		{"gru", "rtrl", 0, (32*32 + 1 + 32) * 3552},
		{"rnn", "kf-rtrl", 32*32*32 + 3*32*32 + 32 + 3*37 + 1184, 1184 + 32 + 37 + 32},
		// 4 products with F; of the 4 old terms 10 inner products and 4·4 combinations of
		// 32² + 37 numbers, of the new one 4 and 4 of its gains and features, which are
		// shared with themselves; the decomposition, the estimate.
		{"rnn", "ok-4", 4*32768 + (10+16)*1061 + (4+4)*(32+37) + 60*125 + 4*(1024+1184), 1184 + 32 + 32 + 37},
		// Two groups of 3·32 columns: [x; 1] with 4 features, [h; 1] with 33.
		{"gru", "kf-rtrl", 2*(32*32*96+3*32*96+96) + 3*(4+33) + 3552, direct + 4 + 33 + 2*96},
		{"gru", "ok-1", 220084, direct + 4 + 33 + 2*96}, // counted by others from the convention alone
		{"gru", "ok-2", 460031, direct + 4 + 33 + 2*96},
		{"gru", "ok-3", 2*(3*32*3072+60*64+3*3072) + (6+9)*(2*3072+37) + (3+3)*(2*96+37) + 3*3552, direct + 4 + 33 + 2*96},
		// At rank 4 the first is exact: F, gains and pull of 4 matrices, and ĝ.
		{"gru", "ok-4", 4*32*3072 + 4*32*3 + 4*3072 + 96*4 + 4*32*3072 + 60*125 + 4*3072 + (10+16)*(3072+33) + (4+4)*(96+33) + 4*96*33, direct + 33 + 96},
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

// Estimators that are the same under two names have the same price. That they are the
// same, sameSignals and TestSplitIntoOneIsUORO say; the prices alone are held here, for
// every cell and convention.
func TestTheSameCostsTheSame(t *testing.T) {
	for _, same := range [][]string{
		{"uoro", "split-uoro-1", "multi-uoro-1"},
		{"cv-uoro/snap1", "cv-split-uoro-1/snap1", "cv-multi-uoro-1/snap1", "cv-uoro/block-1"},
		{"cv-uoro/instant", "cv-uoro/truncated-1"},
		{"uoro-post", "cv-uoro-post"},
		{"scaled-uoro", "scaled-split-uoro-1"},
		{"snap1", "snap-1"},
		{"rtrl", "snap-2"},
		{"residual", "split-residual-1"}, // the noise stands elsewhere
	} {
		for _, name := range cell.Names() {
			net, err := cell.New(name, 3, 8)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []estimators.Convention{estimators.Pre, estimators.Post} {
				want := costOf(t, same[0], net.Layout(), c)
				for _, other := range same[1:] {
					if got := costOf(t, other, net.Layout(), c); got != want {
						t.Errorf("%s, %s: %s costs %+v, %s %+v", name, c, other, got, same[0], want)
					}
				}
			}
		}
	}
	for _, name := range cell.Names() { // memory-uoro-1 is uoro under pre
		net, err := cell.New(name, 3, 8)
		if err != nil {
			t.Fatal(err)
		}
		l := net.Layout()
		if memory, plain := costOf(t, "memory-uoro-1", l, estimators.Post), costOf(t, "uoro", l, estimators.Pre); memory != plain {
			t.Errorf("%s: memory-uoro-1 costs %+v, uoro %+v", name, memory, plain)
		}
	}
}

func costOf(t *testing.T, label string, l *cell.Layout, c estimators.Convention) estimators.Cost {
	t.Helper()
	if label == "cv-uoro-post" { // the post form without a name of its own
		label, c = "uoro", estimators.Post
	}
	sel, err := estimators.Parse(label)
	if err != nil {
		t.Fatal(err)
	}
	if sel.Spec.Convention != nil {
		c = *sel.Spec.Convention
	}
	ch, err := sel.Spec.New(l, options(c, estimators.GuardCode, sel.Covariates...))
	if err != nil {
		t.Fatal(err)
	}
	return estimators.Cost{PerDraw: ch.Cost.PerDraw, Shared: ch.Cost.Shared} // what is stored may differ
}
