// Package window is PromQL's arithmetic over samples that are kept in memory: rate and increase with counter resets and
// extrapolation, histogram_quantile, deriv.
//
// A [Series] keeps samples in time order for a bounded time. [Counter], [Gauge] and [Histogram] are the series of
// Prometheus' types; each method that takes (to, window) evaluates the samples in (to-window, to], and names the
// function of PromQL that it follows. Times are those of the samples, never a nominal interval.
//
// It depends on the standard library alone. Numbers are plain floats with an ok: what can't be told of the samples is
// not ok, and what is ok is finite, but for bounds of buckets.
package window
