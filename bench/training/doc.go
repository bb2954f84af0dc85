// Package training trains a network online, one parameter update per symbol,
// with the gradient estimators that the bench measures.
//
// The contract: the estimators are chains of package estimators, made by name
// from its list and fed by package noise; nothing of them is written a second
// time here. A training is a pure function of its Config, a plan's results do
// not depend on its workers, and a resumed training ends on the bits of one that
// was never interrupted. Curve points are taken from predictions made before the
// update on the same symbol.
//
// What is stated of an estimator at frozen weights (unbiased, exact) holds along
// a training only as far as the weights move slowly: the influence matrix, and
// UORO's two factors alike, carry contributions made with older weights. This is
// online RTRL as published, not an approximation added here. A control variate's
// λ is 1, or fitted on the draws of the batch that the update does not use; no
// other scope of a measurement has an online form.
//
// Steps are compared, not seconds. A batch advances sixteen draws and an update
// uses one of them, so that UORO here takes far longer than it would alone: see
// Cost for what is used and what is spent.
//
// Clipping is off by default for a reason that was measured: on a^n b^n(1,32)
// the rare large gradients at the ends of strings are the signal. RTRL on a GRU
// with 32 units is at 0.24 bits after 20,000 steps without a limit, at 0.33 with
// a limit of 10 and at 0.39 with a limit of 1 (one seed each).
package training
