//go:build !unix

package keyspace

import "os"

// canReopen says that a file keeps its name until it is closed.
const canReopen = false

// reopen returns a second handle of an open file.
func reopen(file *os.File) (*os.File, error) { return os.Open(file.Name()) }
