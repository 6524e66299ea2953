package recovery

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// Bounds of the search below a directory.
const (
	maxDepth   = 10
	maxEntries = 100_000
)

// found is a data directory or a snapshot.
type found struct {
	kind   Kind
	path   string // where it is
	walDir string
	in     string // the bundle that it was found in, empty if it was named itself; path is below root then
	root   string
}

// shown is the path to show: of something in a bundle it is that below the bundle.
func (f *found) shown() string {
	if f.in == "" {
		return f.path
	}
	if below, err := filepath.Rel(f.root, f.path); err == nil && below != "." {
		return below
	}
	return filepath.Base(f.path)
}

// A search finds what paths name.
type search struct {
	found []found
	// walDirs are the logs of data directories that etcd has elsewhere, by the data directory.
	walDirs map[string]string
	// unpacked are temporary directories.
	unpacked []string
}

// add finds what a path names: a data directory, a snapshot, or a bundle of several, as a directory or as a tar
// archive.
func (s *search) add(ctx context.Context, path string, report func(done, of uint64)) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return s.addFile(ctx, path, report)
	}
	if dir, ok := dataDirAt(path); ok {
		s.addDataDir(found{kind: DataDir, path: dir})
		return nil
	}
	before := len(s.found)
	if err := s.addBelow(ctx, path, path); err != nil {
		return err
	}
	if len(s.found) == before {
		return fmt.Errorf("%q holds neither a data directory of etcd (with member/snap/db and member/wal) nor a snapshot",
			path)
	}
	return nil
}

func (s *search) addFile(ctx context.Context, path string, report func(done, of uint64)) error {
	file, err := probe.OpenRegular(path)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := archiveIn(file)
	if archive == nil {
		s.found = append(s.found, found{kind: Snapshot, path: path})
		return nil
	}
	dir, err := os.MkdirTemp("", "etcdoc-bundle-*")
	if err != nil {
		return err
	}
	s.unpacked = append(s.unpacked, dir)
	if err := unpackArchive(ctx, archive, dir, report); err != nil {
		return fmt.Errorf("unpacking %q: %w", path, err)
	}
	before := len(s.found)
	if err := s.addBelow(ctx, path, dir); err != nil {
		return err
	}
	if len(s.found) == before {
		return fmt.Errorf("%q is an archive with neither a data directory of etcd (with member/snap/db and member/wal) "+
			"nor a snapshot in it", path)
	}
	return nil
}

func (s *search) addDataDir(f found) {
	if f.walDir = wal.Dir(f.path); f.in == "" {
		for dir, walDir := range s.walDirs {
			if sameFile(dir, f.path) {
				f.walDir = walDir
				delete(s.walDirs, dir)
			}
		}
	}
	s.found = append(s.found, f)
}

func sameFile(a, b string) bool {
	ofA, errA := os.Stat(a)
	ofB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ofA, ofB)
}

// dataDirAt returns the data directory that a directory is, or whose folder "member" it is.
func dataDirAt(path string) (dir string, ok bool) {
	isMember := func(member string) bool {
		_, noDatabase := os.Stat(filepath.Join(member, "snap", "db"))
		_, noLog := os.Stat(filepath.Join(member, "wal"))
		return noDatabase == nil || noLog == nil
	}
	if isMember(filepath.Join(path, "member")) {
		return path, true
	}
	if absolute, err := filepath.Abs(path); err == nil && filepath.Base(absolute) == "member" && isMember(path) {
		return filepath.Dir(absolute), true
	}
	return "", false
}

// addBelow finds data directories and snapshots below a directory. bundle is what was named.
func (s *search) addBelow(ctx context.Context, bundle, root string) error {
	entries := 0
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entries++; entries > maxEntries {
			return fmt.Errorf("%q holds more than %d files: name the data directories in it", bundle, maxEntries)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f := found{kind: Snapshot, path: path, in: bundle, root: root}
		if entry.IsDir() {
			below, _ := filepath.Rel(root, path)
			if dir, ok := dataDirAt(path); ok && dir == path {
				f.kind = DataDir
				s.addDataDir(f)
				return filepath.SkipDir
			}
			if strings.Count(below, string(filepath.Separator)) >= maxDepth {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() && isSnapshot(path) {
			s.found = append(s.found, f)
		}
		return nil
	})
}

// isSnapshot reports that a file in a bundle is a database of bbolt, or a compressed one by its name.
func isSnapshot(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	if strings.HasSuffix(name, ".db.gz") || strings.HasSuffix(name, ".zip") && strings.Contains(name, "snapshot") {
		return true
	}
	if slices.Contains([]string{".wal", ".snap", ".tmp"}, filepath.Ext(name)) {
		return false
	}
	file, err := probe.OpenRegular(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var first [20]byte
	if _, err := file.ReadAt(first[:], 0); err != nil {
		return false
	}
	const magicAt, boltMagic = 16, 0xED0CDAED
	return binary.NativeEndian.Uint32(first[magicAt:]) == boltMagic
}
