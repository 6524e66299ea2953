package thresholds

import (
	"cmp"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// A unit is the systemd unit that has etcd inside of it, or starts it, for the commands that show it. It is empty where
// etcd has a unit of its own, is the kubelet's, or it is not known how it runs.
type unit string

// unit is that of all members: they are of the same distribution as the one on this host.
func (f *frame) unit() unit {
	if f.sweep.Host == nil {
		return ""
	}
	return unit(f.sweep.Host.Unit)
}

// state is the command that shows whether etcd runs.
func (u unit) state() string {
	if u == "" {
		return "systemctl status etcd; kubelet: crictl ps -a --name etcd"
	}
	return "systemctl status " + u.name()
}

// log is the command that shows the end of etcd's log, and how to find it where the kubelet runs etcd.
func (u unit) log() string {
	if u == "" {
		return u.journal() + "; kubelet: crictl ps -a --name etcd"
	}
	return u.journal()
}

// journal is the command that shows the end of the unit's log.
func (u unit) journal() string { return "journalctl -u " + u.name() + " -n 50" }

// name is the unit's, or that of etcd's own.
func (u unit) name() string { return cmp.Or(string(u), "etcd") }

// process is what ps calls the process that has etcd inside of it.
func (u unit) process() string {
	if u == "k3s" {
		return "k3s-server"
	}
	return "etcd"
}

// processState is what shows why the process hangs.
func (u unit) processState() string {
	return "top, and the state of the process (ps -o stat,wchan -C " + u.process() + ": T is stopped, D waits for the disk)."
}

// isHere reports that the member at an index is asked on this host itself, by its files: no network lies between.
func (f *frame) isHere(i int) bool {
	return f.sweep.Host != nil && probe.IsLoopbackHost(probe.Hostname(f.members[i].probed.Endpoint))
}

// allHere reports that those at some indices are asked on this host itself.
func (f *frame) allHere(at places) bool {
	return len(at) > 0 && !slices.ContainsFunc(at, func(i int) bool { return !f.isHere(i) })
}
