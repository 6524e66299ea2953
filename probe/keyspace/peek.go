package keyspace

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"

	"github.com/etcdoc/etcdoc/probe"
)

// peekBytes is how much of a compressed file is unpacked to see what it is: the two headers of a database whose pages
// have up to 64 KiB.
const peekBytes = 129 << 10

// Peek reads the beginning of a file alone, and reports whether it is compressed. Its error is a [KindError] if the
// file is no database, and a [DamagedError] if it can't be a whole one: how long it is shows that of one that is not
// compressed.
func Peek(ctx context.Context, path string) (compressed bool, err error) {
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
	size := info.Size()
	if unpack == nil {
		err = checkKind(file, size)
	} else {
		var first []byte
		if first, err = peek(ctx, &meter{ctx: ctx, file: file, size: uint64(size)}, size, unpack); err == nil {
			err = checkKind(bytes.NewReader(first), math.MaxInt64)
		}
	}
	var other *notOneFileError
	if errors.As(err, &other) {
		err = &KindError{"is an archive: " + other.what}
	}
	if err != nil {
		err = (&DB{Path: path}).wrong(err)
	}
	return unpack != nil, err
}

// peek unpacks the beginning of a file.
func peek(ctx context.Context, file *meter, size int64, unpack unpacker) ([]byte, error) {
	from, err := unpack(file, size)
	if err != nil {
		return nil, asDamage(ctx, err)
	}
	defer from.Close()
	first, err := io.ReadAll(io.LimitReader(from, peekBytes))
	if err != nil {
		return nil, asDamage(ctx, err)
	}
	return first, nil
}
