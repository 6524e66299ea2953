package keyspace

import "syscall"

// willReadAll tells the kernel that a mapping is going to be read whole, which bbolt has told it not to expect: it then
// reads more of a file at a time that is not in memory yet.
func willReadAll(mapping []byte) {
	if len(mapping) > 0 {
		_ = syscall.Madvise(mapping, syscall.MADV_NORMAL) // it is only slower without
	}
}

// populateRead is MADV_POPULATE_READ, which Linux has since 5.14.
const populateRead = 22

// populate lets the kernel map a part of a mapping at once, which is faster than at each access. It reports whether the
// kernel can do that.
func populate(part []byte) bool { return syscall.Madvise(part, populateRead) != syscall.EINVAL }
