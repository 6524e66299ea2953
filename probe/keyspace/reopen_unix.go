//go:build unix

package keyspace

import (
	"os"
	"syscall"
)

// canReopen says that a file that has no name any more can be read all the same.
const canReopen = true

// reopen returns a second handle of an open file. bbolt closes the one that it gets. It opens files by their names, for
// which /proc/self/fd would do on Linux alone, but takes a handle, too.
func reopen(file *os.File) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), file.Name()), nil
}
