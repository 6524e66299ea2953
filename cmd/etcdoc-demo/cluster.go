package main

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// quotaBytes is the members' quota: small enough for the story to fill most of it, large enough for the load, which
// takes a fifth.
const quotaBytes = 64 << 20

// clusterConfig is the configuration of the demo's cluster.
func clusterConfig() etcdtest.Config {
	return etcdtest.Config{
		Size:        3,
		PeerProxies: true,
		Args: []string{
			fmt.Sprintf("--quota-backend-bytes=%d", quotaBytes),
			// The story goes on as long as somebody watches: keep little of the log, in files as in memory.
			"--snapshot-count=2000", "--snapshot-catchup-entries=2000", "--max-wals=2", "--max-snapshots=2",
			// Nobody reads about the story's faults in the logs.
			"--log-level=error",
		},
	}
}
