package probe

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// TestBackups: what is known of the backups is in every sweep, without characters that move a cursor; so is why nothing
// is. Without a place of them there is nothing.
func TestBackups(t *testing.T) {
	var fails atomic.Bool
	p := start(t, Config{Endpoints: []string{"127.0.0.1:1"}, Backups: func(context.Context) (Backups, error) {
		if fails.Load() {
			return Backups{}, errors.New("gone\x1b")
		}
		return Backups{Dir: "/b\n", Files: []Backup{{Name: "a\r", Problem: "x\x07"}}}, nil
	}})
	s := await(t, p, "they are looked at", func(s Sweep) bool { return s.Backups != nil && s.Backups.Answered() })
	own := s.Printable().Backups.Value
	if own.Dir != `/b\n` || own.Files[0].Name != `a\r` || own.Files[0].Problem != `x\a` || s.Backups.Value.Dir != "/b\n" {
		t.Errorf("%+v", own)
	}
	fails.Store(true)
	p.sweeping.Lock()
	p.backups.every = time.Nanosecond
	p.sweeping.Unlock()
	s = await(t, p, "they can't be looked at", func(s Sweep) bool { return s.Backups.Err != nil })
	if text := s.Printable().Backups.Err.Text; text != `gone\x1b` || s.Backups.Value.Dir == "" {
		t.Errorf("%q, %+v", text, s.Backups.Value)
	}
	var looks atomic.Int32
	more := start(t, Config{Endpoints: []string{"127.0.0.1:1"}, Backups: func(context.Context) (Backups, error) {
		return Backups{More: looks.Add(1) < 3}, nil
	}})
	await(t, more, "all was read", func(s Sweep) bool { return s.Backups.Answered() && !s.Backups.Value.More })
	if n := looks.Load(); n != 3 {
		t.Errorf("%d looks, want 3", n)
	}
	without := start(t, Config{Endpoints: []string{"127.0.0.1:1"}})
	if s := await(t, without, "any", func(Sweep) bool { return true }); s.Backups != nil || s.Printable().Backups != nil {
		t.Errorf("%+v", s.Backups)
	}
}
