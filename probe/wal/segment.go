package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Segment is a file of a log.
type Segment struct {
	Path string
	// Number counts the segments from 0, and FirstIndex is the index that its first entry has at least.
	Number, FirstIndex uint64
	Bytes              int64
	// Written is when it was last written to. What it holds was written after the segment before it was, and by then.
	Written time.Time
}

// A NoLogError says that a directory holds no log.
type NoLogError struct{ Dir string }

func (e *NoLogError) Error() string {
	return e.Dir + " holds no write-ahead log: no file there is named like 0000000000000000-0000000000000000.wal"
}

// Dir returns the directory of a member's log: that in a data directory, unless etcd was given another one (--wal-dir).
func Dir(dataDir string) string { return filepath.Join(dataDir, "member", "wal") }

// Segments returns the segments of a log in their order. None of those in between is missing.
func Segments(dir string) ([]Segment, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segments []Segment
	for _, file := range files {
		number, first, named := parseName(file.Name())
		if !named { // such as the next segment, which etcd prepares as a .tmp file
			continue
		}
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) { // etcd has no more use for it
			continue
		}
		if err != nil {
			return nil, err
		}
		segments = append(segments, Segment{Path: filepath.Join(dir, file.Name()), Number: number, FirstIndex: first,
			Bytes: info.Size(), Written: info.ModTime()})
	}
	if len(segments) == 0 {
		return nil, &NoLogError{dir}
	}
	slices.SortFunc(segments, func(a, b Segment) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(segments); i++ {
		if before, next := segments[i-1], segments[i]; next.Number != before.Number+1 {
			return nil, fmt.Errorf("a segment of the log is missing between %s and %s in %s",
				filepath.Base(before.Path), filepath.Base(next.Path), dir)
		}
	}
	return segments, nil
}

// parseName reads the number and the first index in the name of a segment.
func parseName(name string) (number, first uint64, ok bool) {
	const digits = 16
	base, isLog := strings.CutSuffix(name, ".wal")
	if !isLog || len(base) != 2*digits+1 || base[digits] != '-' {
		return 0, 0, false
	}
	number, errNumber := strconv.ParseUint(base[:digits], 16, 64)
	first, errFirst := strconv.ParseUint(base[digits+1:], 16, 64)
	return number, first, errNumber == nil && errFirst == nil
}
