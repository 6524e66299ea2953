// Package disk measures how long a disk takes to make a write durable, in the way in which etcd writes its log: records
// one behind the other into a file that is preallocated, and fdatasync after each (etcd server/storage/wal). It says
// how long that took, and judges nothing.
package disk
