package etcdtest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errConnectionGone: the opener has already closed the connection.
var errConnectionGone = errors.New("the connection is gone")

// connectionOwner returns which of the processes holds the IPv4 socket bound to local and connected to remote; 0 if
// none does.
func connectionOwner(local, remote netip.AddrPort, pids []int) (int, error) {
	inode, err := socketInode(local, remote)
	if err != nil {
		return 0, err
	}
	socket := "socket:[" + inode + "]"
	for _, pid := range pids {
		dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
		descriptors, err := os.ReadDir(dir)
		if err != nil {
			continue // it has exited
		}
		for _, d := range descriptors {
			if link, err := os.Readlink(filepath.Join(dir, d.Name())); err == nil && link == socket {
				return pid, nil
			}
		}
	}
	return 0, nil
}

// socketInode finds a socket in the kernel's table, whose lines are: number, local address, remote address, state,
// queues, timer, retransmits, uid, timeout, inode.
func socketInode(local, remote netip.AddrPort) (string, error) {
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return "", fmt.Errorf("looking for a connection's owner: %w", err)
	}
	defer func() { _ = table.Close() }()
	wantLocal, wantRemote := procAddress(local), procAddress(remote)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), wantLocal) {
			continue
		}
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[1] == wantLocal && fields[2] == wantRemote && fields[9] != "0" {
			return fields[9], nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("looking for a connection's owner: %w", err)
	}
	return "", errConnectionGone
}

// procAddress formats an IPv4 address and port like /proc/net/tcp.
func procAddress(a netip.AddrPort) string {
	ip := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port())
}
