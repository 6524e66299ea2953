package wal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/etcdoc/etcdoc/probe"
)

// The layout of a segment (etcd server/storage/wal/encoder.go): records in frames, each behind eight bytes with its
// length and how many bytes pad it; zeros behind the last one, because etcd fills a segment with them beforehand.
const (
	lengthBytes = 8
	readAhead   = 256 << 10
	maxRecord   = 1 << 30 // what is longer is no record: etcd refuses requests of over 1.5 MiB (--max-request-bytes)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A DamagedError says where a log can't be read, although something is written behind that.
type DamagedError struct {
	Path   string
	Offset int64
	Why    string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %s. What is before that is whole. etcd does not start with such a log, "+
		"or cuts off all that is behind: copy the files before you start it", e.Path, e.Offset, e.Why)
}

// A Torn is the end of a log whose last record was not written in full: the file ends within it, or some sector of it
// was not written, as after a crash. etcd drops it when it starts.
type Torn struct {
	Path   string
	Offset int64
}

// A Reader reads the records of a log in their order. After [io.EOF] it can be asked again, for what has been written
// since.
type Reader struct {
	dir      string
	segments []Segment // that being read, and those behind it
	file     *os.File
	buffered *bufio.Reader
	// offset is where the record that is read next begins, size how long the file was when it was opened, crc the
	// checksum of what was read before, which is not known of what is before the first segment.
	offset, size int64
	past         int64 // the bytes of the segments before
	crc          uint32
	isCRCKnown   bool
	message      []byte // the newest frame; reused
	torn         *Torn
	// confirmed is the last end of a segment that was read once more after the next segment was seen.
	confirmed int64
}

// Open opens a log at the first of some of its segments, as [Segments] returns them.
func Open(segments []Segment) (*Reader, error) {
	if len(segments) == 0 {
		return nil, errors.New("no segment of a log is given")
	}
	r := &Reader{dir: filepath.Dir(segments[0].Path), segments: segments, confirmed: -1}
	if err := r.openSegment(0); err != nil {
		return nil, err
	}
	return r, nil
}

// Close closes the segment being read.
func (r *Reader) Close() error { return r.file.Close() }

// Torn is the record that was not written in full and ends the log, after [io.EOF]; nil if there is none. In the log of
// a running member it is one that is being written.
func (r *Reader) Torn() *Torn { return r.torn }

// Done is how many bytes were read of those that the segments have, as far as they are known.
func (r *Reader) Done() (done, of uint64) {
	behind := int64(0)
	for i := range r.segments[1:] {
		behind += r.segments[1+i].Bytes
	}
	return uint64(r.past + r.offset), uint64(r.past + r.size + behind)
}

// openSegment opens the segment being read at an offset.
func (r *Reader) openSegment(offset int64) error {
	file, err := probe.OpenRegular(r.segments[0].Path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		_ = file.Close() // nothing was written to it
		return err
	}
	if r.file != nil {
		_ = r.file.Close() // nothing was written to it
	}
	r.file, r.buffered, r.offset, r.size = file, bufio.NewReaderSize(file, readAhead), offset, info.Size()
	return nil
}

// Next returns the next record, or [io.EOF] at the end of what is written.
func (r *Reader) Next() (Record, error) {
	r.torn = nil
	for {
		f, err := r.frame()
		if errors.Is(err, io.EOF) {
			if err = r.nextSegment(); err == nil {
				continue
			}
		}
		if err != nil {
			return Record{}, err
		}
		if f.kind == crcRecord {
			continue
		}
		record, err := f.record()
		if err != nil {
			return Record{}, r.damaged(r.offset-int64(lengthBytes+len(r.message)), err.Error())
		}
		return record, nil
	}
}

func (r *Reader) damaged(offset int64, why string) error {
	return &DamagedError{r.segments[0].Path, offset, why}
}

// nextSegment goes on to the next segment, also one that did not exist when the log was opened. It returns [io.EOF]
// where there is none, and the next frame is then read anew.
func (r *Reader) nextSegment() error {
	if len(r.segments) == 1 {
		now, err := Segments(r.dir)
		if err != nil {
			return err
		}
		for i := range now {
			if now[i].Number == r.segments[0].Number+1 {
				r.segments = append(r.segments, now[i:]...)
				break
			}
		}
	}
	if len(r.segments) == 1 {
		if err := r.openSegment(r.offset); err != nil {
			return err
		}
		return io.EOF
	}
	if r.confirmed != r.offset { // etcd may have written more before it began the next one
		r.torn, r.confirmed = nil, r.offset
		return r.openSegment(r.offset)
	}
	if r.torn != nil {
		return r.damaged(r.offset, "its last record is not whole, and another segment follows")
	}
	r.past += r.size
	r.segments, r.confirmed = r.segments[1:], -1
	err := r.openSegment(0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("etcd has removed %s while the log was read, as it does once a snapshot has what is in it: "+
			"read the log again", r.segments[0].Path)
	}
	return err
}

// frame reads the next frame of the segment and checks it. It returns [io.EOF] at the end of what is whole in it.
func (r *Reader) frame() (frame, error) {
	f, problem, err := r.readFrame()
	if problem == "" || err != nil {
		return f, err
	}
	// etcd may be writing just this record: what was read of it may be older than the rest.
	offset := r.offset
	if err := r.openSegment(offset); err != nil {
		return frame{}, err
	}
	if f, problem, err = r.readFrame(); problem == "" || err != nil {
		return f, err
	}
	torn, err := r.isTorn(offset)
	switch {
	case err != nil:
		return frame{}, err
	case !torn:
		return frame{}, r.damaged(offset, problem)
	}
	r.torn = &Torn{r.segments[0].Path, offset}
	return frame{}, io.EOF
}

// readFrame reads a frame. problem is why it is none; then it may have been written in part.
func (r *Reader) readFrame() (f frame, problem string, err error) {
	var prefix [lengthBytes]byte
	n, err := io.ReadFull(r.buffered, prefix[:])
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && prefix != [lengthBytes]byte{}:
		return f, fmt.Sprintf("the file ends after %d bytes of a record", n), nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return f, "", io.EOF
	case err != nil:
		return f, "", r.unreadable(err)
	}
	length, padding := frameLength(binary.LittleEndian.Uint64(prefix[:]))
	if length == 0 && padding == 0 {
		return f, "", io.EOF
	}
	if whole := length + padding; length > maxRecord {
		return f, "there is no record", nil
	} else if whole > r.size-r.offset-lengthBytes {
		return f, fmt.Sprintf("a record of %d bytes would end behind the file", length), nil
	} else if int64(cap(r.message)) < whole {
		r.message = make([]byte, whole)
	} else {
		r.message = r.message[:whole]
	}
	if _, err := io.ReadFull(r.buffered, r.message); err != nil {
		return f, "", r.unreadable(err)
	}
	if f, err = parseFrame(r.message[:length]); err != nil {
		return f, "what is there is no record", nil
	}
	if problem = r.check(&f); problem == "" {
		r.offset += int64(lengthBytes + len(r.message))
	}
	return f, problem, nil
}

func (r *Reader) unreadable(err error) error {
	return fmt.Errorf("reading %s at byte %d: %w", r.segments[0].Path, r.offset, err)
}

// frameLength reads how long a record is and how many bytes pad it.
func frameLength(prefix uint64) (length, padding int64) {
	const lengthBits = 56
	if int64(prefix) < 0 {
		padding = int64(prefix >> lengthBits & 7)
	}
	return int64(prefix & (1<<lengthBits - 1)), padding
}

// check compares the checksum of a frame, which is that of all records before it, too.
func (r *Reader) check(f *frame) (problem string) {
	if f.kind < metadataRecord || f.kind > snapshotRecord {
		return fmt.Sprintf("a record of kind %d is not one of etcd's", f.kind)
	}
	if f.kind == crcRecord { // it begins a segment with that of those before
		if r.isCRCKnown && f.crc != r.crc {
			return "its checksum is not that of what is before it"
		}
		r.crc, r.isCRCKnown = f.crc, true
		return ""
	}
	crc := crc32.Update(r.crc, castagnoli, f.data)
	if crc != f.crc {
		return "its checksum is wrong"
	}
	r.crc = crc
	return ""
}

// isTorn reports that the frame at an offset, which is none, was not written in full, and is not damaged.
func (r *Reader) isTorn(offset int64) (bool, error) {
	const sector = 512
	var prefix [lengthBytes]byte
	if _, err := r.file.ReadAt(prefix[:], offset); err != nil {
		return errors.Is(err, io.EOF), ignoreEOF(err)
	}
	length, padding := frameLength(binary.LittleEndian.Uint64(prefix[:]))
	end := offset + lengthBytes + length + padding
	switch {
	case length > maxRecord:
		return false, nil // it never was a length
	case end > r.size: // the file is cut, unless what etcd has filled it with beforehand is still there
		zero, err := isZero(io.NewSectionReader(r.file, max(r.size-sector, 0), sector))
		return !zero, err
	}
	return r.hasHole(offset+lengthBytes, end)
}

// hasHole reports that some sector between two offsets, or the part of one, holds zeros only, as a crash leaves it: a
// disk writes a sector whole or not at all.
func (r *Reader) hasHole(from, to int64) (bool, error) {
	const sector = 512
	for from < to {
		next := min(from-from%sector+sector, to)
		zero, err := isZero(io.NewSectionReader(r.file, from, next-from))
		if zero || err != nil {
			return zero, err
		}
		from = next
	}
	return false, nil
}

// isZero reports that all that is read is zero.
func isZero(r io.Reader) (bool, error) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := r.Read(buffer)
		for _, b := range buffer[:n] {
			if b != 0 {
				return false, nil
			}
		}
		if err != nil {
			return true, ignoreEOF(err)
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
