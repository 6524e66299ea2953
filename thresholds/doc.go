// Package thresholds judges an etcd cluster: sweeps in, an [Assessment] out.
//
// It is pure: no I/O, no clock, no package state. Time is the sweep's time, so the same sweeps give the same
// assessments live, in a replay and in a test. One goroutine owns an [Evaluator], its [History] and its event log;
// everything else that it hands over is immutable.
//
// Every limit stands in one table, see [Rules]. What is missing, stale, NaN or infinite is unknown, never ok.
package thresholds
