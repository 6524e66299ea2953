// Package etcdtest runs real etcd clusters on loopback, for tests and for the demo, and breaks them on request.
//
// Every member is a process of its own, because etcd's metric registry is global to a process: two members in one
// process would share every counter. The process is the running binary once more, which [Main] turns into etcd; so
// every program that starts clusters calls [Main] first:
//
//	func TestMain(m *testing.M) {
//		etcdtest.Main()
//		os.Exit(m.Run())
//	}
//
// A [Cluster] owns its processes, its ports and one temporary directory with the data, the certificates and nothing
// else; [Cluster.Stop] leaves nothing of it. Members also end when the process that started them ends in any other
// way, SIGKILL included and even while they are stopped, and remove that directory: they read a pipe whose other end
// only that process holds.
//
// Between members, [Link] and [OneWay] delay or cut what they say to each other; in front of anything else, [Proxy],
// [HTTPProxy] and [GRPCProxy] do. [Member.Throttle] takes the CPU away, [Cluster.ReadStorm] and its like load a cluster,
// [Cluster.Replace] and [Cluster.AddUnstarted] change its members, and [Member.CorruptValue] spoils data.
//
// The methods of a Cluster, its members and its links may be called from any goroutine. The package needs a Unix.
package etcdtest
