package etcdtest

import (
	"net"
	"net/netip"
)

// peerRoute routes the proxy in front of a member's peer port: it finds the link by the member whose process opened the
// connection. Connections of others use the proxy's own link, which no fault ever impairs.
func (c *Cluster) peerRoute(to *Member) router {
	return func(conn *net.TCPConn, whole *Link) (*Link, int) {
		members := map[int]*Member{}
		var pids []int
		for _, m := range c.Members() {
			if pid := m.PID(); pid != 0 && m != to {
				members[pid] = m
				pids = append(pids, pid)
			}
		}
		opener := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
		opened := conn.LocalAddr().(*net.TCPAddr).AddrPort()
		pid, err := connectionOwner(unmapped(opener), unmapped(opened), pids)
		if err != nil {
			return nil, toServer
		}
		if from, ok := members[pid]; ok {
			return c.link(from, to), dirFrom(from, to)
		}
		return whole, toServer
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
