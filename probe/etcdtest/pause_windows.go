package etcdtest

import (
	"errors"
	"os"
)

// suspend needs a signal, which Windows does not have.
func suspend(*os.Process) error { return errors.ErrUnsupported }

func resume(*os.Process) error { return nil }
