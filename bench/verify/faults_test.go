package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fault is a deliberate slip in the program: old, which occurs once in the file,
// becomes new. The verification of the selection must fail then, and where a
// test is named, that test too.
type fault struct {
	name     string
	file     string // from the module's root
	old, new string
	args     []string // of uorobench verify: enough to see it, so that the check is quick
	pkg      string   // package of the named test, from the module's root
	test     string   // its name, and those of its parts that are enough: TestX/gru
}

var (
	gru   = []string{"--cell", "gru"}
	lstm  = []string{"--cell", "lstm"}
	uoro  = []string{"--cell", "gru", "--estimator", "uoro"}
	noisy = []string{"--check", "noise stream"} // which is of no cell and no estimator

	written = []string{"--check", "written rows"}
	learned = []string{"--check", "replayed training"}
)

// faults are the slips that such a program can have and hide: a wrong derivative,
// a scale that unbiasedness cannot see, noise of the wrong law, the two
// conventions mixed, statistics off by a draw. The list is to grow with the
// program.
var faults = []fault{
	{"the diagonal of F is used for F", "estimators/uoro_vector.go",
		"u.product.set(j)\n\t}\n\tu.product.mul(u.carried, u.sTilde)",
		"d := *j\n\t\td.F = make([]float64, len(j.F))\n\t\tfor i := 0; i < len(d.F); i += u.layout.S() + 1 {\n\t\t\td.F[i] = j.F[i]\n\t\t}\n\t\tu.product.set(&d)\n\t}\n\tu.product.mul(u.carried, u.sTilde)",
		uoro, "estimators", "TestMeanIsExact/uoro/gru"},
	{"ρ0 is swapped with 1/ρ0", "estimators/uoro_vector.go",
		"u.guard.setRho(u.scale)", "u.scale.ThetaSq, u.scale.CarriedSq = u.scale.CarriedSq, u.scale.ThetaSq\n\tu.guard.setRho(u.scale)",
		uoro, "estimators", "TestScalesByHand"},
	{"guard paper leaves out its + e", "estimators/uoro_vector.go",
		"kernel.Rho(sc, 0, guardE, guardE)", "kernel.Rho(sc, 0, guardE, 0)",
		uoro, "estimators", "TestScalesByHand"},
	{"guard fixed takes ρ1 from ρ0's schedule", "estimators/uoro_vector.go",
		"fill(u.scale.Rho1[:], u.schedule.Rho1[u.step])", "fill(u.scale.Rho1[:], u.schedule.Rho0[u.step])",
		uoro, "estimators", "TestScheduleIsUsed"},
	{"the batches on kernels multiply ε by ρ1 on both sides", "estimators/uoro_vector.go",
		"1/rho, 1/u.scale.Rho1[w]", "1/rho, u.scale.Rho1[w]",
		[]string{"--cell", "gru", "--estimator", "scaled-uoro"}, "estimators", "TestMeanIsExact/scaled-uoro/gru"},
	{"ε has variance 1/3", "bench/noise/signs.go",
		"i, k = i+n, k+uint64(n)\n",
		"for a := i * Lanes; a < (i+n)*Lanes; a++ { eps[a] /= math.Sqrt(3) }\n\t\ti, k = i+n, k+uint64(n)\n",
		noisy, "bench/noise", "TestMasksAreTheSigns"},
	{"ε is not symmetric (√3 with probability ¼, else −1/√3)", "bench/noise/signs.go",
		"i, k = i+n, k+uint64(n)\n",
		"was := append([]float64(nil), eps...)\n\t\tfor a := i * Lanes; a < (i+n)*Lanes; a++ { eps[a] = -1 / math.Sqrt(3); if was[a] > 0 && was[a^1] > 0 { eps[a] = math.Sqrt(3) } }\n\t\ti, k = i+n, k+uint64(n)\n",
		noisy, "bench/noise", "TestMasksAreTheSigns"},
	{"Gaussian ε has variance ½", "bench/noise/gaussian.go",
		"return math.Sqrt2 * math.Erfinv(", "return math.Erfinv(",
		noisy, "bench/noise", "TestGaussianAgainstPython"},
	{"the noise generator does nine rounds of ten", "bench/noise/philox.go",
		"philoxRounds = 10", "philoxRounds = 9",
		noisy, "bench/noise", "TestPhiloxKnownAnswers"},
	{"the direct term δ_t I_t is dropped", "estimators/uoro.go",
		"k.layout.AddImmediate(offset, j.Delta, j)", "_ = offset",
		uoro, "estimators", "TestMeanIsExact/uoro/gru"},
	{"pre and post are mixed", "estimators/uoro.go",
		"if c == Pre {\n\t\treturn j.Q", "if c == Post {\n\t\treturn j.Q",
		uoro, "estimators", "TestMeanIsExact/uoro/gru"},
	{"μ is taken from the wrong step", "estimators/estimator.go",
		"if offset != nil && c.Convention == Pre {\n\t\tk.At(j, offset, means)\n\t}\n\tk.Step(j)\n",
		"k.Step(j)\n\tif offset != nil && c.Convention == Pre {\n\t\tk.At(j, offset, means)\n\t}\n",
		uoro, "estimators", "TestCovariates/gru"},
	{"one gate's gain is wrong", "estimators/cell/lstm.go",
		"lstmForget:    prev[k] * f * (1 - f),", "lstmForget:    prev[k] * f,",
		lstm, "estimators/cell", "TestConformance"},
	{"the h-part of the GRU's candidate lacks r", "estimators/cell/gru.go",
		"gm := gn * r\n", "gm := gn\n",
		gru, "estimators/cell", "TestConformance"},
	{"the residual chain's source keeps the within-unit part", "estimators/product.go",
		"for k := i % l.H; k < p.s; k += l.H { // within", "for k := p.s; k < p.s; k += l.H { // within",
		[]string{"--cell", "gru", "--estimator", "residual"}, "estimators", "TestMeanIsExact/residual/gru"},
	{"TBPTT's window is a step short", "estimators/tbptt.go",
		"newWindow(l, k, false)", "newWindow(l, max(1, k-1), false)",
		[]string{"--cell", "gru", "--estimator", "tbptt-K"}, "estimators", "TestTBPTT"},
	{"the closed form takes κ − 1 for κ − 3", "estimators/oracle/closed.go",
		"return &Moments{Step: c.Step, Mean: c.Mean, Cov: addScaled(c.gauss, kappa-3, c.quartic)}",
		"return &Moments{Step: c.Step, Mean: c.Mean, Cov: addScaled(c.gauss, kappa-1, c.quartic)}",
		uoro, "estimators/oracle", "TestClosedFormIsEnumeration"},
	{"the engine takes the covariates' scales at the step before", "estimators/engine_run.go",
		"kernel.Advance(c, carried, e.eps, step.pull, rowOf(e.signal, at), &e.scales, s)\n",
		"kernel.Advance(c, carried, e.eps, step.pull, rowOf(e.signal, 0), &e.scales, s)\n",
		uoro, "estimators", "TestEngine"},
	{"ψ of a linear covariate misses its scale at a block's end", "estimators/engine_close.go",
		"kernel.ScaleLanes(l.psi, &e.scales.Factor, l.plan.states())", "kernel.ScaleLanes(l.psi, &e.scales.Factor, l.plan.d)",
		uoro, "estimators", "TestEngine"},
	{"λ is fitted in-sample but called pilot", "bench/fitting.go",
		"f.stream, f.phase = true, noise.Pilot, \"pilot\"", "f.stream, f.phase = true, noise.Measurement, \"pilot\"",
		uoro, "", ""},
	{"a group's last chunk of a turn is dropped", "bench/draw/worker.go",
		"for c := first; c < to; c += n {", "for c := first; c < to-1; c += n {",
		uoro, "bench", "TestDrawsDoNotDependOnTheirNumber"},
	{"the sums of the pass before are not cleared", "bench/draw/memory.go",
		"clear(x)", "_ = x",
		uoro, "bench", "TestPassesLeaveNothingBehind"},
	{"n stands for n − 1 in var_trace", "stats/errors.go",
		"return left / (n - 1), true", "return left / n, true",
		uoro, "stats", "TestErrorsAgainstStoredDraws"},
	{"bias_sq is the naive ‖ḡ − g‖²", "stats/errors.go",
		"return (square - q) / (n * (n - 1)), true", "return square / (n * n), true",
		uoro, "stats", "TestErrorsAgainstStoredDraws"},
	{"λ is fitted to moments that are not centred", "stats/covariance.go",
		"out[bin*pairs+at] -= v / n })", "out[bin*pairs+at] -= 0 * v / n })",
		uoro, "stats", "TestFitAgainstNormalEquations"},
	{"the sum over the window takes λ from its first step", "bench/draw/view.go",
		"-v.lambda[fold].At(m, i, j)", "-v.lambda[fold].At(0, i, j)",
		uoro, "", ""},
	{"the window starts at zero in spite of its warm-up", "bench/problem/problem.go",
		"Vectors(window), start)", "Vectors(window), start[:0])",
		uoro, "bench", "TestWarmUpIsTheStartOfALongRun"},
	{"the closed form of the sum forgets which steps saw both noises", "estimators/oracle/total.go",
		"return t.tail[k][tau][max(tau, m)-tau]", "return t.tail[k][tau][0]",
		uoro, "estimators/oracle", "TestTotalIsEnumeration"},
	{"a trained covariate's mean is that of its untrained weights", "estimators/covariate.go",
		"Mean { return make(l, as(o)) }", "Mean { return make(l, o) }",
		uoro, "", ""},
	{"backpropagation through a covariate stops after a step", "estimators/learn_gradient.go",
		"n.pull(back, dh, &t.in[k-1])", "n.pull(back, dh, &t.in[k-1])\n\t\t\tclear(back)",
		uoro, "estimators", "TestTrainersAgree"},
	{"λ's sign is wrong where the errors are formed", "stats/errors.go",
		"y -= l.At(c.Step, i, j) * m.Sum[k][j]", "y += l.At(c.Step, i, j) * m.Sum[k][j]",
		uoro, "stats", "TestErrorsAgainstStoredDraws"},

	// Statistics, rows and reports, and trainings: what is written of right draws.
	{"bias_bound and bias_detectable are swapped", "reports/convert.go",
		"BiasBound: value(s.BiasBound), BiasDetectable: value(s.BiasDetectable)", "BiasBound: value(s.BiasDetectable), BiasDetectable: value(s.BiasBound)",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"correlation is always of the chain's first covariate", "bench/result/rows.go",
		"stats.TraceCorrelation(d.Moments, steps, signals[0])", "stats.TraceCorrelation(d.Moments, steps, 1)",
		written, "reports", "TestRecheckColumnsHold/engine"},
	{"kurtosis is told as an excess over −3", "stats/tails.go",
		"return Interval{Value: k, OK: true}", "return Interval{Value: k + 3, OK: true}",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"λ in training remembers ten steps", "bench/training/lambda.go",
		"const lambdaMemory = 100", "const lambdaMemory = 10",
		learned, "bench/verify", "TestReplayedTrainingHolds"},
	{"λ in training is fitted on the draws that it corrects", "bench/training/lambda.go",
		"for w := l.first; w < estimators.Lanes; w++ {", "for w := 0; w < l.first; w++ {",
		learned, "bench/verify", "TestReplayedTrainingHolds"},
	{"the curve's mean leaves out an interval of its window", "bench/training/curve.go",
		"r.ring[(step/r.every)%len(r.ring)] = r.now", "r.ring[(step/r.every)%max(1, len(r.ring)-1)] = r.now",
		learned, "bench/verify", "TestReplayedTrainingHolds"},
	{"mse lacks the bias", "stats/row.go",
		"return v + b, ok", "return v + 0*b, ok",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"the cosine is that of the chunk's first draw", "bench/draw/observation.go",
		"result.Cosine(l.Dot[lane], l.NormSq[lane]", "result.Cosine(l.Dot[0], l.NormSq[lane]",
		written, "reports", "TestRecheckColumnsHold/draw_by_draw"},
	{"quantiles of the cosine are a bin too high", "stats/cosine.go",
		"(float64(i)+left/here)/(cosineBins/2)", "(float64(i)+1+left/here)/(cosineBins/2)",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"var_ratio is turned over", "stats/row.go",
		"return v / p, true", "return p / v, true",
		written, "reports", "TestRecheckColumnsHold/engine"},
	{"a pooled λ is that of the first step", "stats/lambda.go",
		"l.overall = l.add(f.solve(0, steps))", "l.overall = l.add(f.solve(0, 1))",
		written, "reports", "TestRecheckColumnsHold/engine"},
	{"standard errors divide by the draws, not by the groups", "stats/jackknife.go",
		"/ math.Sqrt(g*(h-1))", "/ math.Sqrt(float64(j.total)*(h-1))",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"along_exact has the error's sign turned", "stats/along.go",
		"return 1 + mean/length, ok", "return 1 - mean/length, ok",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"the top 1 % counts a draw too many", "stats/tails.go",
		"left, mass := fraction*float64(t.N), 0.0", "left, mass := fraction*float64(t.N)+1, 0.0",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"merged tails count one draw per bin", "stats/tails.go",
		"to.n += b.n", "to.n++",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"lambda_lo and lambda_hi are swapped", "reports/lambdas.go",
		"Lo: low(l), Hi: high(l)}", "Lo: high(l), Hi: low(l)}",
		written, "reports", "TestRecheckColumnsHold/engine"},
	{"exact_norm_sq of a mean is that of the first step", "reports/convergence.go",
		"ExactNormSq: exact[d.Step],", "ExactNormSq: exact[est.Steps[0].Step],",
		written, "reports", "TestRecheckColumnsHold/draw_by_draw"},
	{"plain_draws does not bound what plain batches carry", "bench/plan.go",
		"w.measured = min(e.Draws, e.PlainDraws)", "w.measured = e.Draws",
		written, "reports", "TestRecheckColumnsHold/engine"},
	{"bias_p is of the other tail", "stats/bias.go",
		"return s.tail(u / math.Sqrt(s.null()))", "return s.tail(-u / math.Sqrt(s.null()))",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"every coordinate has the variance of the first", "reports/convert.go",
		"Optional(at.Variance[j], est", "Optional(at.Variance[0], est",
		written, "reports", "TestRecheckColumnsHold/draw_by_draw"},
	{"var_exact_k1 and var_exact_k3 are swapped", "reports/convert.go",
		"= value(e.Signs), value(e.Gaussian)", "= value(e.Gaussian), value(e.Signs)",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"draw_cost and known_cost are swapped", "reports/convert.go",
		"cost, known := est.Cost.PerDraw, est.Cost.Shared", "known, cost := est.Cost.PerDraw, est.Cost.Shared",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"Holm's p forgets that fewer tests are left", "stats/holm.go",
		"float64(len(p)-i)*p[at]", "float64(len(p))*p[at]",
		written, "reports", "TestRecheckColumnsHold/closed_form"},
	{"a deviation is divided by N once too often", "bench/draw/convergence.go",
		"d := sum[j]/n - g", "d := sum[j]/n/n - g",
		written, "reports", "TestRecheckColumnsHold/draw_by_draw"},
}

// root is the module's folder.
var root = filepath.Join("..", "..")

// broken is the fault's file with the fault in it.
func (f *fault) broken() (text string, count int, err error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.file)))
	return strings.Replace(string(data), f.old, f.new, 1), strings.Count(string(data), f.old), err
}

// TestFaultsApply keeps the list in step with the program: a fault whose place
// has moved would test nothing.
func TestFaultsApply(t *testing.T) {
	for _, f := range allFaults() {
		if _, n, err := f.broken(); err != nil || n != 1 {
			t.Errorf("%s: its text stands %d times in %s, must be once; move the fault in faults_test.go along (%v)", f.name, n, f.file, err)
		}
	}
}
