package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
)

// quits is a terminal's input that ends at ^\, for which the terminal sends no signal while it is asked for a password.
type quitReader struct{ io.Reader }

// quitKey is ^\, the default of VQUIT (see termios(3)).
const quitKey = 0x1c

func (q quitReader) Read(p []byte) (int, error) {
	n, err := q.Reader.Read(p)
	if at := bytes.IndexByte(p[:n], quitKey); at >= 0 {
		return at, io.EOF
	}
	return n, err
}

// askPassword asks for a user's password on the terminal, which shows nothing of it. However it ends, by enter, ^C, ^D, ^\ or
// with ctx, the terminal is as it was.
func askPassword(ctx context.Context, user string, in *os.File, to io.Writer) (string, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGQUIT) // which leaves a terminal as it is, otherwise
	defer stop()
	was, err := term.MakeRaw(int(in.Fd())) // by us, as what waits for a key can't be made to tidy up
	if err != nil {
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	typed, err := withContext(ctx, func() (string, error) {
		return term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{quitReader{in}, to}, "").ReadPassword(fmt.Sprintf("Password of %s: ", probe.Printable(user)))
	})
	if err != nil {
		_, _ = io.WriteString(to, "\r\n") // the prompt's line ends here; that it could not be written changes nothing
	}
	if restoreErr := term.Restore(int(in.Fd()), was); restoreErr != nil {
		return "", fmt.Errorf("leaving the password's prompt: %w", restoreErr)
	}
	switch {
	case errors.Is(err, io.EOF):
		return "", errors.New("no password was given")
	case err != nil:
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	return typed, nil
}
