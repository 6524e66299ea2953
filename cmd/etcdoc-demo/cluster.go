package main

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// quotaBytes is the members' quota: small enough for the story to come near it, and large enough for the load, which
// takes a fifth of it.
const quotaBytes = 64 << 20

// clusterConfig is the cluster that the story is told with.
func clusterConfig() etcdtest.Config {
	return etcdtest.Config{
		Size:        3,
		PeerProxies: true,
		Args: []string{
			fmt.Sprintf("--quota-backend-bytes=%d", quotaBytes),
			// The story goes on for as long as somebody watches: keep little of the log, in files as in memory.
			"--snapshot-count=2000", "--snapshot-catchup-entries=2000", "--max-wals=2", "--max-snapshots=2",
			// The events of the story are not news, and nobody reads them.
			"--log-level=error",
		},
	}
}
