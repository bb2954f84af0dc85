package verify

import "slices"

// drawFaults leave every estimator unbiased, which is why neither the means by all
// noise patterns nor a test for bias can see them: a scale from the wrong norm, noise
// that goes to the wrong step, an average of which one term counts alone.
var drawFaults = []fault{
	{"split-residual takes ρ1 of a block from all units", "estimators/residual.go",
		"for i := u.firstUnit; i < u.endUnit; i++ {\n\t\tfor a := range l.Parts {\n\t\t\tfor b := range a + 1 {", "for i := range l.H {\n\t\tfor a := range l.Parts {\n\t\t\tfor b := range a + 1 {",
		on("gru", "split-residual-K"), "estimators", "TestDrawsAreTheTextbook/split-residual-2/gru"},
	{"residual takes ρ0 from the norm of the source", "estimators/residual.go",
		"u.setScales(drive)", "u.scale.ThetaSq = u.scale.FactorSq\n\tu.setScales(drive)",
		on("gru", "residual"), "estimators", "TestDrawsAreTheTextbook/residual/gru"},
	{"residual takes ρ1 from the noise before its product with F − F̃", "estimators/split_residual.go",
		"u.stepResidual(j, s.snap, left, s.drive)", "u.carry(j); u.sourceNormSq(s.snap, left); u.setScales(noise); u.advanceState(s.drive); u.advanceThetaBy(s.snap, left); u.advanceCovariates(j, s.drive)",
		on("gru", "split-residual-K"), "estimators", "TestDrawsAreTheTextbook/split-residual-1/gru"},
	{"kf-rtrl's p1 and p2 are swapped", "estimators/kronecker.go",
		"\tk.guard.setRho(sc)\n", "\tk.guard.setRho(sc)\n\tsc.Rho0, sc.Rho1 = sc.Rho1, sc.Rho0\n",
		on("rnn", "kf-rtrl"), "estimators", "TestDrawsAreTheTextbook/kf-rtrl/rnn"},
	{"preuoro takes ρ1 from the largest gain in place of ‖D‖", "estimators/kronecker.go",
		"fill(sc.NoiseSq[:], k.group.gainSq(k.layout, j))", "fill(sc.NoiseSq[:], func() float64 { m := largest(j.Gain); return m * m }())",
		on("gru", "preuoro"), "estimators", "TestDrawsAreTheTextbook/preuoro/gru"},
	{"kf-rtrl gives every group of features the first one's signs", "estimators/kf_rtrl.go",
		"\t\teps = eps[2*Lanes:]\n", "",
		on("gru", "kf-rtrl"), "estimators", "TestDrawsAreTheTextbook/kf-rtrl/gru"},
	{"a group of features that ok keeps exactly takes the gains without the features", "estimators/exact_sum.go",
		"fill(k.drive[:], z)", "fill(k.drive[:], 1+0*z)",
		on("gru", "ok-R"), "estimators", "TestOKIsExactAtFullRank"},
	{"the rows of a group of features stand in the wrong order", "estimators/kronecker.go",
		"addOuter(dst[(lo+first)*Lanes:], pulled, u, from-group.lo, to-group.lo)", "addOuter(dst[(lo+0*first)*Lanes:], pulled, u, from-group.lo, to-group.lo)",
		on("gru", "kf-rtrl"), "estimators", "TestDrawsAreTheTextbook/kf-rtrl/gru"},
	{"nobacktrack takes ρ_i from the squared norm", "estimators/nobacktrack.go",
		"b.guard.scale(math.Sqrt(sq), 1)", "b.guard.scale(math.Sqrt(sq)*math.Sqrt(sq), 1)",
		on("gru", "nobacktrack"), "estimators", "TestDrawsAreTheTextbook/nobacktrack/gru"},
	{"memory-uoro gives an old step the noise of the new one", "estimators/memory_uoro.go",
		"m.vectorUORO.Step(old.jacobian, m.noise[at])", "m.vectorUORO.Step(old.jacobian, eps)",
		on("gru", "memory-uoro-K"), "estimators", "TestDrawsAreTheTextbook/memory-uoro-2/gru"},
	{"multi-uoro's first copy counts for all", "estimators/multi_uoro.go",
		"m.weight[w] = a / float64(len(m.copies))", "m.weight[w] = 0\n\t\t\t\tif u == m.copies[0] {\n\t\t\t\t\tm.weight[w] = a\n\t\t\t\t}",
		on("gru", "multi-uoro-K"), "estimators", "TestDrawsAreTheTextbook/multi-uoro-2/gru"},
	{"split-uoro's blocks are cut elsewhere", "estimators/split_uoro.go",
		"u.firstUnit, u.endUnit = m*l.H/k, (m+1)*l.H/k", "u.firstUnit, u.endUnit = (m*l.H+k-1)/k, ((m+1)*l.H+k-1)/k",
		on("gru", "split-uoro-K"), "estimators", "TestDrawsAreTheTextbook/split-uoro-2/gru"},
	{"ok mixes one pair more than it must", "estimators/ok_mixer.go",
		"if float64(m.n-1-first)*m.sigma[m.order[first]] <= s1 {", "if float64(m.n-1-first)*m.sigma[m.order[first]] <= s1*1.5 && s1 > 0 {",
		on("rnn", "ok-R"), "estimators", "TestOKFollowsTheTextbook/ok-3/rnn"},
	{"truncated's noise keeps the ρ1 of another step", "estimators/covariate_truncated.go",
		"kernel.ScaleLanes(c.drive[at], rowOf(rho1, 0), len(eps)/Lanes)", "kernel.ScaleLanes(c.drive[at], rowOf(rho0, 0), len(eps)/Lanes)",
		on("gru", "uoro"), "estimators", "TestDrawsAreTheTextbook/uoro/gru"},
}

// on are the arguments for one estimator on one cell.
func on(cell, estimator string) []string { return []string{"--cell", cell, "--estimator", estimator} }

// allFaults are the faults of every kind.
func allFaults() []fault { return slices.Concat(faults, drawFaults, scaledFaults) }
