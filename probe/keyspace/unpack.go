package keyspace

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/etcdoc/etcdoc/probe"
)

// maxUnpackedBytes bounds what a compressed snapshot is unpacked to. etcd's largest sensible quota is 8 GiB.
const maxUnpackedBytes = 64 << 30

// An unpacker returns the database in a compressed file of so many bytes.
type unpacker func(file *meter, size int64) (io.ReadCloser, error)

// unpackerOf returns what unpacks a file, by how it begins, whatever it is called; nil if it is not compressed.
func unpackerOf(file io.ReaderAt) unpacker {
	first, err := readAt(file, 0, 4)
	switch {
	case err != nil:
		return nil
	case bytes.HasPrefix(first, []byte("\x1f\x8b")):
		return func(file *meter, _ int64) (io.ReadCloser, error) { return gzip.NewReader(file) }
	case bytes.HasPrefix(first, []byte("PK\x03\x04")), bytes.HasPrefix(first, []byte("PK\x05\x06")):
		return openZip
	}
	return nil
}

// openZip opens the only file in a zip archive, as RKE2 and k3s write them.
func openZip(file *meter, size int64) (io.ReadCloser, error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, err
	}
	var names []string
	var found *zip.File
	for _, f := range archive.File {
		if !f.FileInfo().IsDir() {
			names, found = append(names, f.Name), f
		}
	}
	switch len(names) {
	case 0:
		return nil, &notOneFileError{"there is no file in it"}
	case 1:
		return found.Open()
	}
	return nil, &notOneFileError{fmt.Sprintf("there are %d files in it (%.200s): unpack it, and name the one that is "+
		"the snapshot", len(names), strings.Join(names, ", "))}
}

// unpackFile unpacks a file to a temporary one. It leaves nothing behind if it fails or ctx ends.
func unpackFile(
	ctx context.Context, file *os.File, size int64, unpack unpacker, report Progress,
) (*temporary, error) {
	to, err := newTemporary("")
	if err != nil {
		return nil, err
	}
	if err := unpackTo(ctx, to.File, file, size, unpack, report); err != nil {
		return nil, errors.Join(err, to.discard())
	}
	return to, nil
}

// unpackTo unpacks a file to another.
func unpackTo(ctx context.Context, to, file *os.File, size int64, unpack unpacker, report Progress) error {
	from, err := unpack(&meter{ctx: ctx, file: file, size: uint64(size), report: report}, size)
	if err != nil {
		return asDamage(ctx, err)
	}
	defer from.Close()
	source := &source{reader: io.LimitReader(from, maxUnpackedBytes)}
	_, err = io.Copy(to, source)
	switch {
	case source.err != nil:
		return asDamage(ctx, source.err)
	case err != nil:
		return fmt.Errorf("to %s (TMPDIR names another place): %w", to.Name(), err)
	}
	return nil
}

// Unpack writes a compressed snapshot to another file. It reports false, and writes nothing, if it is not compressed.
func Unpack(ctx context.Context, to *os.File, path string, report Progress) (compressed bool, err error) {
	file, err := probe.OpenRegular(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	unpack := unpackerOf(file)
	if unpack == nil {
		return false, nil
	}
	if err := unpackTo(ctx, to, file, info.Size(), unpack, report); err != nil {
		return true, fmt.Errorf("unpacking %q: %w", path, err)
	}
	return true, nil
}

// A source keeps the error of what it reads, to tell it from one of what that is written to.
type source struct {
	reader io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// asDamage returns the error of a compressed file that can't be unpacked: it is damaged, unless ctx has ended, the disk
// failed, or the archive holds something else.
func asDamage(ctx context.Context, err error) error {
	var disk *fs.PathError
	var other *notOneFileError
	if ctx.Err() != nil || errors.As(err, &disk) || errors.As(err, &other) {
		return err
	}
	return &DamagedError{Truncated: errors.Is(err, io.ErrUnexpectedEOF), Packed: err.Error()}
}

// A notOneFileError says that an archive does not hold one file.
type notOneFileError struct{ what string }

func (e *notOneFileError) Error() string { return e.what }

// A meter reads a file until ctx ends, and reports how much of it was read.
type meter struct {
	ctx        context.Context
	file       *os.File
	read, size uint64
	report     Progress
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.file.Read(p)
	return n, m.count(n, err)
}

// ReadAt is what a zip archive is read by.
func (m *meter) ReadAt(p []byte, at int64) (int, error) {
	n, err := m.file.ReadAt(p, at)
	return n, m.count(n, err)
}

func (m *meter) count(n int, err error) error {
	m.read += uint64(n)
	if m.report != nil {
		m.report(min(m.read, m.size), m.size)
	}
	if ended := m.ctx.Err(); ended != nil {
		return ended
	}
	return err
}
