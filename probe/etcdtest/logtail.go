package etcdtest

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
)

// logTailBytes is about how much of a member's log is kept: some hundred lines.
const logTailBytes = 64 << 10

// A logTail keeps the last lines written to it and passes all of them on.
type logTail struct {
	name string
	next io.Writer // nil: nobody
	mu   *sync.Mutex

	kept bytes.Buffer // under mu, like next
}

// Write implements io.Writer. It never fails, because that would end the member.
func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Write(p)
	if l.next != nil {
		for line := range bytes.Lines(p) {
			_, _ = l.next.Write(append([]byte(l.name+" "), line...))
		}
	}
	if excess := l.kept.Len() - logTailBytes; excess > logTailBytes {
		l.kept.Next(excess)
		_, _ = l.kept.ReadBytes('\n')
	}
	return len(p), nil
}

// String returns the kept lines.
func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.String()
}

// lastError returns why the process ended, by its log: a line that is no log entry (a panic, a wrong flag), else
// the last entry above info, else the last entry.
func (l *logTail) lastError() string {
	var last, warning string
	for line := range strings.Lines(l.String()) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		var entry struct{ Level, Msg, Error string }
		if json.Unmarshal([]byte(line), &entry) != nil {
			return line
		}
		last = entry.Msg
		if entry.Error != "" {
			last += ": " + entry.Error
		}
		if entry.Level != "debug" && entry.Level != "info" {
			warning = last
		}
	}
	if warning != "" {
		return warning
	}
	return last
}
