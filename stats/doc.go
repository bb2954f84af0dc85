// Package stats turns sums over draws into bias, variance and their error bars.
//
// Its opinion: a figure without an error bar is not a finding, an error bar that
// was never checked against the truth is not one either, and a test that sees no
// bias says nothing until it says which bias it would have seen. Every interval
// here is checked by simulation in this package's tests, and what was tried and
// failed is written beside what was kept.
//
// # Contract
//
// Draws are independent and come in chunks of [Lanes]. A group of chunks is
// summed into one [Moments] per measured step; nothing is stored per draw.
// Everything else follows from a few dozen groups: they give the error bars, by
// leaving one out at a time. Groups may differ in size or be empty. No result is
// NaN or infinite: what cannot be had (fewer than two groups, four for the error of
// bias_sq, six for max |z|, no variance, a zero
// gradient) is absent, as the flags of [Interval] say. A variance below the
// rounding of the sums is none. Nothing here draws random numbers, reads a clock
// or starts a goroutine; the same sums give the same bytes. Shape errors panic
// with a constant string, as in gonum.
//
// # From draws to rows
//
// A draw is K signals y_0 … y_{K−1} of length P: y_0 a gradient estimate less a
// known offset, the others covariates with known means μ_k.
//
//	Moments        N, Σ y_k, Σ ⟨y_k, y_l⟩            per group and step
//	Fit            λ* = Var(c)⁻¹ Cov(c, y_0)         from groups of moments
//	Combination    e = y_0 + offset − Σ λ_k∘(y_k − μ_k) − g
//	NewErrors      E_g = Σ e, Q_g = Σ‖e‖², E_g·E_h   from moments and λ
//	Errors.Pool    several steps as one long vector
//	NewRow         the figures, with their errors
//
// λ must come from other draws than it corrects (pilot draws, or other folds of
// groups), or the estimate has a bias of order 1/N.
//
// # Formulas
//
// With N draws, E = Σ e, Q = Σ‖e‖²:
//
//	var_trace  (Q − ‖E‖²/N)/(N−1)                    trace of the sample covariance
//	bias_sq    (‖E‖² − Q)/(N(N−1))                   U-statistic, unbiased for ‖bias‖²
//	mse        bias_sq + var_trace = Q/N
//	rel_var    var_trace/‖g‖²
//	var_ratio  var_trace/var_trace of the plain estimator, same draws
//
// Never ‖E/N‖² alone for the bias: it is too large by var_trace/N.
//
// λ: least squares with the sample means, although the means of the covariates
// are known. Known means in numerator and denominator would save one draw in N;
// a known mean in the denominator alone, which is tempting, makes λ worse, most
// so where the covariate is best. (TestCentringOfLambda has the closed forms.)
//
// Standard errors: the delete-a-group jackknife for groups of unlike size
// (Busing, Meijer & van der Leeden 1999), see [Jackknife]; intervals on the log
// scale for var_trace and var_ratio. Their ends are θ − q·se with the points q of
// t* over resamples of the groups (bootstrap-t, Efron 1982), on either side no
// nearer to zero than Student's t_{G−1}, both times t_ν/t_{G−1} with
//
//	ν = 2/(2/(G−1) + k/G),   k the excess kurtosis of the groups' contributions
//
// (Satterthwaite 1946). Pooled over steps, all steps of a draw share its noise:
// replicates are summed over the steps before the jackknife.
//
// The error of bias_sq is another matter: without a bias the U-statistic is
// degenerate and a jackknife doubles its variance. See [Bias]: score intervals,
// with Var(U) = 2 tr Σ²/(N(N−1)) + 4 b'Σb/N (Hoeffding 1948) and the traces by Li
// & Chen (2012) from the inner products of group sums; a χ² with three moments
// (Zhang et al. 2020), as an F because the traces are estimates, for the test of
// Chen & Qin (2010); the bound and the smallest detectable bias.
//
// Squares and cubes of variances are formed in units of a power of two, so that every
// figure scales exactly with the unit of the gradient. [Tails.Unsampled] says where the
// draws have not seen what their mean rests on; then nothing is told of the bias.
//
// max |z|: t tests along fixed directions and along g from the group sums, told
// as the z of the same p; the family-wise p is the chance of any so large under the
// correlations of the directions, integrated as Owen, Maximov & Chertkov (2019) do:
// Bonferroni's bound times the mean of 1/S over normal groups of which one
// direction, drawn at random, has so large a t, S of them in all. [Holm] serves
// across rows.
//
// # How far to trust it
//
// Measured in the tests, nominal 95 %: bias_sq 95–97 %, with and without a bias (and
// up to 99 % where the bias lies off the few directions that carry the variance); its
// test rejects 3–5 %. var_trace and var_ratio 95–97 % for light tails and for 512 draws
// whose scale has log-normal tails of width 0.8, mse 93 %. max |z| rejects 5–6 % from 8
// groups as from 32. docs/coverage.md has the same of whole runs. A draw that did not come is in
// no standard error; [Tails] warns of it.
package stats
