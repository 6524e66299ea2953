package wal

import (
	"context"
	"errors"
	"io"
)

// A Follower counts what is written to a log from now on.
type Follower struct {
	reader *Reader
	tally  *Tally
	// began reports that what was there is behind it.
	began bool
}

// Follow begins at the end of a log, which has some segments.
func Follow(segments []Segment, o Options) (*Follower, error) {
	r, err := Open(segments[max(len(segments)-1, 0):])
	if err != nil {
		return nil, err
	}
	return &Follower{reader: r, tally: NewTally(o)}, nil
}

// Close closes the log.
func (f *Follower) Close() error { return f.reader.Close() }

// Next returns what was written since it was last called: nothing the first time. An entry counts once it is known to
// be committed, or nothing has come after it: another leader's may still take its place then.
func (f *Follower) Next(ctx context.Context) (Writes, error) {
	more := false
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return Writes{}, ctx.Err()
		}
		record, err := f.reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Writes{}, err
		}
		f.tally.Add(record)
		more = true
	}
	switch {
	case !f.began:
		f.tally.End() // what is there already
		f.began = true
		return f.tally.Take(), nil
	case more:
		return f.tally.Take(), nil
	}
	return f.tally.End(), nil
}
