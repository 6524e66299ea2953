//go:build unix && !solaris && !aix

package keyspace

import (
	"os"
	"syscall"
)

// unlock gives up the lock that bbolt takes on a file that it opens.
func unlock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
