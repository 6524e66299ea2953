package keyspace_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// A sender is a member that sends a database in parts.
type sender struct {
	size     int64 // by its Status
	database []byte
	trailer  []byte
	// between is called between two parts; its error ends the stream.
	between func() error
}

func (s *sender) Status(context.Context) (probe.Status, error) {
	return probe.Status{DBSizeBytes: s.size}, nil
}

func (s *sender) Snapshot(ctx context.Context, to io.Writer, _ func(done, of uint64)) (uint64, error) {
	half := len(s.database) / 2
	for _, part := range [][]byte{s.database[:half], s.database[half:], s.trailer} {
		if s.between != nil {
			if err := s.between(); err != nil {
				return 0, err
			}
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if _, err := to.Write(part); err != nil {
			return 0, err
		}
	}
	return uint64(len(s.database)), nil
}

// TestStreamLeavesNothing: whatever ends it, there is an error that says what, and no file.
func TestStreamLeavesNothing(t *testing.T) {
	t.Parallel()
	database := make([]byte, 100_000)
	sum := sha256.Sum256(database)
	ctx, cancel := context.WithCancel(t.Context())
	cut := errors.New("cut")
	parts := 0
	for name, test := range map[string]struct {
		sender
		want string
	}{
		"too large":        {sender{size: math.MaxInt64 / 2, database: database, trailer: sum[:]}, "MB free, and the member's"},
		"another checksum": {sender{database: database, trailer: make([]byte, len(sum))}, "does not have the checksum"},
		"no checksum":      {sender{database: database}, "does not have the checksum"},
		"cut off":          {sender{database: database, between: func() error { return cut }}, "cut"},
		"no database":      {sender{database: database, trailer: sum[:]}, "is no database of etcd"},
		"interrupted": {sender{database: database, trailer: sum[:], between: func() error {
			if parts++; parts == 2 {
				cancel()
			}
			return nil
		}}, context.Canceled.Error()},
	} {
		dir := t.TempDir()
		of := t.Context()
		if name == "interrupted" {
			of = ctx
		}
		if runtime.GOOS != "linux" && name == "too large" {
			continue // the free space is not known
		}
		if _, err := keyspace.Stream(of, &test.sender, "m", dir, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v, %v", name, left, err)
		}
	}
}
