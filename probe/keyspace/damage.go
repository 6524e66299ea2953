package keyspace

import (
	"fmt"
	"runtime/debug"
	"unsafe"
)

// A DamagedError means that a database is not whole. It names the first page that is not as it must be.
type DamagedError struct {
	Path string
	// Page is the number of the page, of so many Pages (0 if that is not known), and At where in the file it begins.
	Page, Pages, At uint64
	// Truncated means that the file ends before this page.
	Truncated bool
	// What is wrong with the page: what follows its number in a sentence.
	What string
	// Sum means that no page is known to be damaged, and that the sum at the end of the file does not match, or is not
	// whole if Truncated.
	Sum bool
	// Packed is what is wrong with a compressed file, of which no page was read; empty otherwise.
	Packed string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%q is %s. Copy it again from where it came, or save a new snapshot of a healthy member "+
		"(etcdctl snapshot save FILE)", e.Path, e.Brief())
}

// Brief is what follows the file's name in a sentence.
func (e *DamagedError) Brief() string {
	kind, of := "damaged", ""
	if e.Truncated {
		kind = "truncated"
	}
	if e.Pages > 0 {
		of = fmt.Sprintf(" of %d (at byte %d)", e.Pages, e.At)
	}
	switch {
	case e.Packed != "":
		return fmt.Sprintf("%s, and can't be unpacked (%s)", kind, e.Packed)
	case e.Sum && e.Truncated:
		return "truncated: the sum of its content, of 32 bytes behind the last page, is not whole"
	case e.Sum:
		return "damaged: its content does not match the sum at its end (SHA-256), so that one of them has changed since " +
			"it was saved; all pages can be read, and which value is wrong is not known"
	}
	return fmt.Sprintf("%s: page %d%s %s", kind, e.Page, of, e.What)
}

// guarded runs a function that reads a mapping. Where the file's end is gone, or the disk can't read it, the kernel
// sends a signal that would end the program: that becomes an error about the page.
func guarded(mapping []byte, pageSize uint64, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		fault, is := caught.(interface{ Addr() uintptr })
		if !is {
			panic(caught)
		}
		damaged := &DamagedError{What: "can't be read: the file was cut, or the disk fails"}
		base := uintptr(unsafe.Pointer(unsafe.SliceData(mapping)))
		if at := uint64(fault.Addr() - base); at < uint64(len(mapping)) {
			damaged.Page, damaged.Pages = at/pageSize, uint64(len(mapping))/pageSize
			damaged.At = damaged.Page * pageSize
		}
		err = damaged
	}()
	return f()
}
