package probe

import "golang.org/x/sys/unix"

// FreeBytes are those of a directory's file system that a user other than root may still take.
func FreeBytes(dir string) (bytes int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * s.Bsize, true
}
