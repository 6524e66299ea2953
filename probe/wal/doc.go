// Package wal reads etcd's write-ahead log, and counts who writes what into it.
//
// It reads the files of a stopped member or of one that runs: it takes no lock, makes no request and writes nothing. A
// log holds writes only, without times: when a file was last written to bounds the time of what is in it. What is read
// is checked against the log's own checksums, as etcd does when it starts.
//
// etcd's package for this (go.etcd.io/etcd/server/v3/storage/wal) holds a whole log in memory and can't go on where it
// stopped, and whoever imports it carries etcd's raft and metrics along. The tests compare with it.
package wal
