package recovery

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// maxArchiveBytes bounds what is unpacked of an archive.
const maxArchiveBytes = 256 << 30

// An archive is a tar archive in a file.
type archive struct {
	tar *tar.Reader
	at  *position
}

// position is how much of a file was read.
type position struct {
	file       *os.File
	read, size int64
}

func (p *position) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	p.read += int64(n)
	return n, err
}

// archiveIn returns the tar archive in a file, plain or compressed by gzip; nil if there is none.
func archiveIn(file *os.File) *archive {
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	at := &position{file: file, size: info.Size()}
	const block, markAt = 512, 257
	buffered := bufio.NewReaderSize(at, 64<<10)
	if first, err := buffered.Peek(2); err == nil && bytes.Equal(first, []byte("\x1f\x8b")) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil
		}
		buffered = bufio.NewReaderSize(unpacked, 64<<10)
	}
	header, err := buffered.Peek(block)
	if err != nil || !bytes.HasPrefix(header[markAt:], []byte("ustar")) {
		return nil
	}
	return &archive{tar.NewReader(buffered), at}
}

// unpackArchive writes what is part of a data directory in an archive, and snapshots, to a directory.
func unpackArchive(ctx context.Context, a *archive, dir string, report func(done, of uint64)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is written through it itself
	left := int64(maxArchiveBytes)
	for range maxEntries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if report != nil {
			report(uint64(a.at.read), uint64(a.at.size))
		}
		header, err := a.tar.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean("/" + header.Name)[1:]
		if header.Typeflag != tar.TypeReg || !isWanted(name) {
			continue
		}
		n, err := unpackEntry(ctx, root, filepath.FromSlash(name), io.LimitReader(a.tar, left))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if left -= n; left <= 0 {
			return fmt.Errorf("there are more than %d GiB in it", maxArchiveBytes>>30)
		}
	}
	return fmt.Errorf("there are more than %d files in it", maxEntries)
}

// isWanted reports that a file in an archive may be part of a data directory, or a snapshot.
func isWanted(name string) bool {
	if strings.Contains("/"+name, "/member/") {
		return true
	}
	base := strings.ToLower(path.Base(name))
	return base == "db" || strings.HasSuffix(base, ".db") || strings.HasSuffix(base, ".db.gz") || strings.Contains(base, "snapshot")
}

func unpackEntry(ctx context.Context, root *os.Root, name string, from io.Reader) (n int64, err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return 0, err
	}
	to, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for {
		const chunk = 16 << 20
		written, err := io.CopyN(to, from, chunk)
		n += written
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return n, err
		}
	}
}
