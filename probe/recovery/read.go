package recovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// A reader reads survivors.
type reader struct {
	ctx    context.Context
	report func(doing, path string) keyspace.Progress
}

// read reads what was found. An error says that nothing of it can be: what is wrong with one of its parts is among the
// survivor's problems. Its database is open then.
func (r *reader) read(f *found) (s *Survivor, err error) {
	s = &Survivor{Kind: f.kind, Path: f.shown(), In: f.in}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
			s = nil
		}
	}()
	if f.kind == Snapshot {
		var damaged *keyspace.DamagedError
		switch err := r.readDatabase(s, f.path); {
		case errors.As(err, &damaged):
			r.noteDatabase(s, err)
		case err != nil:
			return s, err
		}
		s.unknown("a snapshot does not say it", "cluster id", "member id", "term", "commit index", "last log index")
		s.describe()
		s.choose()
		return s, nil
	}
	s.WALDir = f.walDir
	databaseErr := r.readDatabase(s, keyspace.DataFile(f.path))
	if err := r.fatal(databaseErr); err != nil {
		return s, err
	}
	s.Running = errors.Is(databaseErr, keyspace.ErrLocked)
	logErr := r.readLog(s)
	if err := r.fatal(logErr); err != nil {
		return s, err
	}
	var damaged *keyspace.DamagedError
	if databaseErr != nil && logErr != nil && !errors.As(databaseErr, &damaged) {
		return s, fmt.Errorf("%w; and %w", databaseErr, logErr)
	}
	if databaseErr == nil && s.log != nil && s.log.snapshot.Index > index(s.state.ConsistentIndex) {
		r.adoptLeadersDatabase(s, f.path)
	}
	r.note(s, databaseErr, logErr)
	r.countSnaps(s, filepath.Join(f.path, "member", "snap"))
	s.describe()
	s.choose()
	return s, nil
}

func index(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}

// fatal returns an error that is about more than one file.
func (r *reader) fatal(err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// note says what could not be read of a data directory.
func (r *reader) note(s *Survivor, databaseErr, logErr error) {
	switch {
	case s.Running:
		s.unknown("etcd is running on it: its database must not be read meanwhile. Name the member with --endpoints and "+
			"--exact, or save a snapshot of it (etcdctl snapshot save FILE)", "consistent index", "revision", "members", "alarms",
			"last compaction", "versions", "database size")
		s.problem("etcd is running on it: only its log was read")
	case databaseErr != nil:
		r.noteDatabase(s, databaseErr)
	}
	switch {
	case logErr != nil:
		s.problem("its log can't be read, and without it etcd begins anew: only its database can be restored. %v", logErr)
		s.unknown("the log can't be read", "cluster id", "member id", "term", "commit index", "last log index")
	case s.log.damage != nil:
		s.Damaged = true
		s.problem("%v", s.log.damage)
		s.unknown("the log is damaged: what is behind that is not known", "commit index", "last log index")
	}
}

// noteDatabase says why a database can't be read.
func (r *reader) noteDatabase(s *Survivor, err error) {
	var damaged *keyspace.DamagedError
	s.Damaged = s.Damaged || errors.As(err, &damaged)
	s.problem("%v", err)
	s.unknown("the database can't be read", "consistent index", "revision", "members", "alarms", "last compaction",
		"versions", "database size")
}

// readDatabase opens a database and reads its own account of its cluster. Its lock is given up once it is open.
func (r *reader) readDatabase(s *Survivor, path string) error {
	db, err := keyspace.Open(r.ctx, path, r.report("unpacking", path))
	if err != nil {
		return err
	}
	state, err := db.Summarize(r.ctx)
	if err = errors.Join(err, db.Unlock()); err != nil {
		return errors.Join(err, db.Close())
	}
	if s.db != nil {
		err = s.db.Close()
	}
	s.state, s.db = &state, db
	s.wrote(db.Modified)
	if err != nil {
		return err
	}
	return r.checkDatabase(s)
}

// checkDatabase notes what is damaged in a database: etcd reads all keys of it when it starts.
func (r *reader) checkDatabase(s *Survivor) error {
	err := s.db.CheckPages(r.ctx, func(stage keyspace.Stage) keyspace.Progress {
		return r.report(string(stage), s.db.Path)
	})
	var damaged *keyspace.DamagedError
	if s.isUnreadable = errors.As(err, &damaged); !s.isUnreadable {
		return err
	}
	s.Damaged = true
	s.problem("%v: etcd ends when it reads that, and it is not known what can be kept of it", err)
	return nil
}

// ErrStarted means that etcd was started on a directory while it was read.
var ErrStarted = errors.New("was written to while it was read, as etcd does that is started on it: stop it, or name the " +
	"member with --endpoints")

// close closes the database, and returns an error if it was written to since it was opened.
func (s *Survivor) close() error {
	if s.db == nil {
		return nil
	}
	path, changed := s.db.Path, s.db.Changed()
	err := s.db.Close()
	if s.db = nil; err == nil && changed {
		return fmt.Errorf("%q %w", path, ErrStarted)
	}
	return err
}

func (s *Survivor) wrote(at time.Time) {
	if at.After(s.Written) {
		s.Written = at
	}
}

// readLog reads the log of a data directory.
func (r *reader) readLog(s *Survivor) error {
	segments, err := wal.Segments(s.WALDir)
	if err != nil {
		return err
	}
	bytes := int64(0)
	for _, segment := range segments {
		bytes += segment.Bytes
		s.wrote(segment.Written)
	}
	behind := uint64(0)
	if s.state != nil {
		behind = index(s.state.ConsistentIndex)
	}
	l, err := readLog(r.ctx, segments, behind, r.report("reading", s.WALDir))
	if err != nil {
		return err
	}
	if l.member.ID == 0 && l.damage == nil {
		return fmt.Errorf("%s holds no record: etcd begins each file with whose log it is", segments[0].Path)
	}
	s.log, s.LogBytes, s.LogFiles = l, &bytes, len(segments)
	return nil
}

// adoptLeadersDatabase reads the database that the leader sent with a snapshot, in the place of the member's own: etcd
// puts it there when it starts (server/storage, RecoverSnapshotBackend).
func (r *reader) adoptLeadersDatabase(s *Survivor, dir string) {
	path := filepath.Join(dir, "member", "snap", fmt.Sprintf("%016x.snap.db", s.log.snapshot.Index))
	if err := r.readDatabase(s, path); err != nil {
		return
	}
	s.problem("its database is %s, which the leader sent, and etcd puts it in its place when it starts",
		filepath.Base(path))
}

// countSnaps counts the files of raft's snapshots.
func (r *reader) countSnaps(s *Survivor, dir string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".snap") {
			s.SnapFiles++
		}
	}
}
