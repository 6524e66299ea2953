// Package faults holds the evaluator against real faults: a matrix of things that happen to etcd clusters, each done to
// a real one, and what the evaluator must say of it. It is all tests, behind the build tag faults, and takes its time:
// see `make test-faults`.
//
// Every row of the matrix has a cluster of its own (one process per member, on loopback), a load, and an observer: a
// prober at the dashboard's pace that feeds an evaluator with the dashboard's options. The row's own goroutine breaks
// the cluster and waits for what the observer's goroutine then reads; the rows run one after the other, because the
// machine's disk and cores are theirs in common. At the end the matrix prints a table: the fault, the cause that was
// read, after how many sweeps, the findings and the verdicts.
//
// To look at a row's cluster with etcdoc itself, let it stand once its fault is made; the endpoints are printed:
//
//	go test -tags faults ./thresholds/faults -v -run 'TestFaultMatrix/slow_link' -hold 5m
package faults
