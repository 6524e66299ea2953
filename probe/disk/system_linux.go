package disk

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const hasDatasync, hasLocks = true, true

func datasync(file *os.File) error {
	for {
		if err := unix.Fdatasync(int(file.Fd())); err != unix.EINTR {
			return err
		}
	}
}

// preallocate gives a file its length and its place on the disk, as far as the file system can.
func preallocate(file *os.File, bytes int64) error {
	for {
		switch err := unix.Fallocate(int(file.Fd()), 0, 0, bytes); err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.EOPNOTSUPP:
			return file.Truncate(bytes)
		default:
			return err
		}
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written to it
	return d.Sync()
}

// isInMemory reports a file system that has no disk.
func isInMemory(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && (s.Type == unix.TMPFS_MAGIC || s.Type == unix.RAMFS_MAGIC)
}

// lock locks a file for as long as it is open, and fails at once where another process has it locked.
func lock(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// counters are what the kernel counts of a device, at a moment.
type counters struct {
	at           time.Time
	name         string
	busy, queued time.Duration
}

// readDevice reads the counters of the device that a directory is on; nil where the kernel has none, as of a network
// file system or of an overlay.
func readDevice(dir string) *counters {
	var s unix.Stat_t
	if err := unix.Stat(dir, &s); err != nil {
		return nil
	}
	file, err := os.Open("/proc/diskstats")
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // nothing was written to it
	major, minor := strconv.Itoa(int(unix.Major(s.Dev))), strconv.Itoa(int(unix.Minor(s.Dev)))
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// Linux's Documentation/admin-guide/iostats.rst: behind the name, the tenth number is the time with requests in
		// milliseconds, and the eleventh the same times their number.
		const nameField, busyField, queuedField = 2, 12, 13
		f := strings.Fields(lines.Text())
		if len(f) <= queuedField || f[0] != major || f[1] != minor {
			continue
		}
		busy, errBusy := strconv.ParseInt(f[busyField], 10, 64)
		queued, errQueued := strconv.ParseInt(f[queuedField], 10, 64)
		if errBusy != nil || errQueued != nil {
			return nil
		}
		return &counters{time.Now(), f[nameField], time.Duration(busy) * time.Millisecond,
			time.Duration(queued) * time.Millisecond}
	}
	return nil
}

// until is the device between two moments.
func (c *counters) until(later *counters) *Device {
	took := later.at.Sub(c.at).Seconds()
	if took <= 0 {
		return nil
	}
	return &Device{later.name, min((later.busy-c.busy).Seconds()/took, 1), (later.queued - c.queued).Seconds() / took}
}

// liveDataDir returns the data directory of a running etcd that a directory is in, or is; empty if there is none. A
// running etcd holds locks on its database and on its log. The kernel's list of locks does not show those of another
// container, and names files on btrfs and overlays otherwise than they name themselves: there it is not seen.
func liveDataDir(dir string) string {
	locked := lockedFiles()
	if len(locked) == 0 {
		return ""
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(at); err == nil {
		at = real
	}
	for {
		for _, files := range [...]struct{ below, pattern string }{
			{"", "*.wal"}, {filepath.Join("member", "wal"), "*.wal"}, {filepath.Join("member", "snap"), "db"},
		} {
			for _, name := range namesIn(filepath.Join(at, files.below), files.pattern) {
				if locked[idOf(filepath.Join(at, files.below, name))] {
					return at
				}
			}
		}
		above := filepath.Dir(at)
		if above == at {
			return ""
		}
		at = above
	}
}

// idOf is a file as /proc/locks names it: the major and the minor number of its device, and its inode.
func idOf(path string) string {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return ""
	}
	return fmt.Sprintf("%02x:%02x:%d", unix.Major(s.Dev), unix.Minor(s.Dev), s.Ino)
}

// lockedFiles are the files on which some process holds a lock.
func lockedFiles() map[string]bool {
	content, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil
	}
	locked := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		for _, field := range strings.Fields(line) {
			if strings.Count(field, ":") == 2 {
				locked[field] = true
			}
		}
	}
	delete(locked, "")
	return locked
}
