// Package etcdtest runs real etcd clusters on loopback, for tests and for the demo, and breaks them on request.
//
// Every member is a process of its own, because etcd's metric registry is global to a process: two members in one
// process would share every counter. The process is the running binary itself, which [Main] turns into etcd, so every
// program that starts clusters calls [Main] first:
//
//	func TestMain(m *testing.M) {
//		etcdtest.Main()
//		os.Exit(m.Run())
//	}
//
// A [Cluster] owns its processes, its ports and one temporary directory with all its files; [Cluster.Stop] removes
// everything. Members also end, and remove that directory, when the process that started them ends in any other way,
// even by SIGKILL and even while they are stopped: they read a pipe whose other end only that process holds.
//
// [Link] and [OneWay] delay or cut the traffic between members; [Proxy], [HTTPProxy] and [GRPCProxy] do so in front of
// anything else. [Member.Throttle] takes the CPU away, [Cluster.ReadStorm] and its siblings load a cluster,
// [Cluster.Replace] and [Cluster.AddUnstarted] change its members, and [Member.CorruptValue] corrupts data.
//
// Any goroutine may call the methods of a Cluster, its members and its links. The package needs a Unix.
package etcdtest
