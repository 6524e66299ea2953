// Package recovery reads what is left of an etcd cluster — data directories of members, snapshots, members that still
// answer — and says what each of them has: up to which entry of the log, and which keys would be lost if the cluster
// were built anew from it.
//
// It writes to none of the files. It takes a lock on a database only for as long as opening it takes, to see whether
// etcd runs on it.
package recovery
