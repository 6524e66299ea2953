//go:build !linux

package etcdtest

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// connectionOwner returns which of the processes holds the socket bound to local and connected to remote; 0 if none
// does. It asks lsof, which exits with 1 if it finds nothing.
func connectionOwner(local, remote netip.AddrPort, pids []int) (int, error) {
	out, err := exec.Command("lsof", "-nP", "-Fpn", "-iTCP:"+strconv.Itoa(int(local.Port()))).Output()
	if err != nil && len(out) == 0 {
		return 0, fmt.Errorf("looking for a connection's owner with lsof: %w", err)
	}
	var pid int
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if number, ok := strings.CutPrefix(line, "p"); ok {
			pid, _ = strconv.Atoi(number)
		}
		if line == "n"+local.String()+"->"+remote.String() && slices.Contains(pids, pid) {
			return pid, nil
		}
	}
	return 0, nil
}
