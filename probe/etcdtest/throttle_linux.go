package etcdtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	cgroupRoot = "/sys/fs/cgroup"
	// leaveTimeout bounds how long a control group may still count a process that has just left it or ended.
	leaveTimeout = 5 * time.Second
)

// limitCPU puts a process into a new control group with a quota of that share of one core, until lift is called. lift
// may be called again, and after the process has ended. If this process dies first, the empty group stays behind.
func limitCPU(pid int, share float64, period time.Duration) (lift func() error, err error) {
	quota := strconv.FormatInt(max(1000, int64(share*float64(period.Microseconds()))), 10) // the kernel wants 1 ms
	parent, files, err := cpuHierarchy(quota, strconv.FormatInt(period.Microseconds(), 10))
	if err != nil {
		return nil, err
	}
	group, err := os.MkdirTemp(parent, "etcdtest-")
	if err != nil {
		return nil, fmt.Errorf("making a control group: %w", refused(err))
	}
	lift = sync.OnceValue(func() error { return leave(pid, group, parent) })
	files = append(files, [2]string{"cgroup.procs", strconv.Itoa(pid)})
	for _, f := range files {
		// No O_CREATE: a missing file means a missing controller.
		if err := writeExisting(filepath.Join(group, f[0]), f[1]); err != nil {
			return nil, errors.Join(fmt.Errorf("setting %s of a control group: %w", f[0], refused(err)), lift())
		}
	}
	return lift, nil
}

// cpuHierarchy returns where to make control groups with a CPU quota, and which of their files to set: version 1 if its
// cpu controller is mounted, else version 2.
func cpuHierarchy(quota, period string) (parent string, files [][2]string, err error) {
	v1 := filepath.Join(cgroupRoot, "cpu")
	if _, err := os.Stat(filepath.Join(v1, "cgroup.procs")); err == nil {
		return v1, [][2]string{{"cpu.cfs_period_us", period}, {"cpu.cfs_quota_us", quota}}, nil
	}
	controllers, err := os.ReadFile(filepath.Join(cgroupRoot, "cgroup.subtree_control"))
	if err != nil || !strings.Contains(" "+strings.TrimSpace(string(controllers))+" ", " cpu ") {
		return "", nil, fmt.Errorf("no CPU controller under %s: %w", cgroupRoot, errors.ErrUnsupported)
	}
	return cgroupRoot, [][2]string{{"cpu.max", quota + " " + period}}, nil
}

// leave moves the process back to the parent group and removes its own.
func leave(pid int, group, parent string) error {
	// It fails if the process has ended; then there is nothing to move.
	_ = writeExisting(filepath.Join(parent, "cgroup.procs"), strconv.Itoa(pid))
	deadline := time.Now().Add(leaveTimeout)
	for {
		err := os.Remove(group)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func writeExisting(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// refused unifies the errors with which a system says that we may not change control groups.
func refused(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w (%w)", errors.ErrUnsupported, err)
	}
	return err
}
