// Package window is PromQL's arithmetic over samples in memory: rate and increase with counter resets and
// extrapolation, histogram_quantile, deriv.
//
// A [Series] keeps samples in time order for a bounded time. [Counter], [Gauge] and [Histogram] are the series of
// Prometheus' types. A method that takes (to, window) evaluates the samples in (to-window, to] and names the PromQL
// function that it follows. Times are those of the samples, never a nominal interval.
//
// It depends only on the standard library. Results are plain floats with an ok: a result that the samples don't
// determine is not ok, and an ok result is finite, except for bucket bounds.
package window
