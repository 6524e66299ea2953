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

// quitReader ends a terminal's input at ^\, because a terminal in raw mode sends no SIGQUIT.
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

// promptOn returns where to ask: on stderr, or on the terminal itself where stderr leads elsewhere, as into a log. done
// ends its use.
func promptOn(stderr io.Writer) (to io.Writer, done func()) {
	to = unescaped(stderr)
	if _, is := terminal(stderr); is {
		return to, func() {}
	}
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil { // there is none, or this is Windows
		return to, func() {}
	}
	return tty, func() { _ = tty.Close() }
}

// askPassword reads a user's password from the terminal without echo. It restores the terminal however it ends: by
// enter, ^C, ^D, ^\ or ctx.
func askPassword(ctx context.Context, user string, in *os.File, to io.Writer) (string, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGQUIT) // would leave the terminal raw
	defer stop()
	before, err := term.MakeRaw(int(in.Fd())) // not term.ReadPassword: nothing interrupts it to restore the terminal
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
		_, _ = io.WriteString(to, "\r\n") // ends the prompt's line; err matters more
	}
	if restoreErr := term.Restore(int(in.Fd()), before); restoreErr != nil {
		return "", fmt.Errorf("leaving the password's prompt: %w", restoreErr)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, context.Canceled):
		return "", errors.New("no password was given")
	case err != nil:
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	return typed, nil
}
