// Package thresholds judges an etcd cluster: sweeps in, an [Assessment] out.
//
// It is pure. Time is the sweep's time; there is no I/O, no clock and no package state, so the same sweeps give
// the same assessments: live, in a replay, and in a test. An [Evaluator] is owned by one goroutine; what it hands
// over is never changed afterwards, except for its [History] and its event log, which belong to that goroutine too.
//
// Every limit stands in one table, see [Rules]. What is missing, stale, NaN or infinite is unknown, never ok.
package thresholds
