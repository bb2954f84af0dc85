// Package training trains a network online, one parameter update per symbol,
// with the gradient estimators that the bench measures.
//
// The contract: the estimators are chains of package estimators, made by name
// from its list and fed by package noise; nothing of them is written a second
// time here. A training is a pure function of its Config. Curve points are
// taken from predictions made before the update on the same symbol.
//
// What is stated of an estimator at frozen weights (unbiased, exact) holds along
// a training only as far as the weights move slowly: the influence matrix, and
// UORO's two factors alike, carry contributions made with older weights. This is
// online RTRL as published, not an approximation added here.
package training
