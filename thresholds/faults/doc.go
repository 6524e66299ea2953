// Package faults tests the evaluator against real faults: each row of a matrix breaks a real etcd cluster and states
// what the evaluator must report. It contains only tests, behind the build tag faults, and takes a while: see
// `make test-faults`.
//
// Every row has a cluster of its own (one process per member, on loopback), a load, and an observer: a prober at the
// dashboard's interval that feeds an evaluator with the dashboard's options. The row's goroutine breaks the cluster and
// waits for the reading of the observer's goroutine. Rows run one after the other, because they share the machine's
// disk and cores. At the end the matrix prints a table: the fault, the cause in the reading, after how many sweeps, the
// findings and the verdicts.
//
// To inspect a row's cluster with etcdoc itself, hold it after its fault; the row prints the endpoints:
//
//	go test -tags faults ./thresholds/faults -v -run 'TestFaultMatrix/slow_link' -hold 5m
package faults
