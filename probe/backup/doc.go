// Package backup finds the snapshots of etcd in a directory, says when each was taken, and checks them. It only reads.
package backup
