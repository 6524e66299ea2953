package keyspace

import (
	"cmp"
	"errors"
	"os"
)

// A temporary is a temporary file. Where the system allows that it loses its name as soon as it is made: then nothing
// is left of it once it is closed, however the program ends.
type temporary struct {
	*os.File
	named bool
}

// newTemporary makes a temporary file in a directory, or where temporary files are if that is empty.
func newTemporary(dir string) (*temporary, error) {
	file, err := os.CreateTemp(dir, "etcdoc-snapshot-*.db")
	if err != nil {
		return nil, err
	}
	return &temporary{file, !canReopen || os.Remove(file.Name()) != nil}, nil
}

// discard closes the file and removes it.
func (t *temporary) discard() error {
	err := t.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if t.named {
		err = cmp.Or(err, os.Remove(t.Name()))
	}
	return err
}
