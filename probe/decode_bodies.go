package probe

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// bodies is where expositions are read into and decoded, for all members together: what that takes does not grow with the
// members that a list names. An exposition of a usual size has a buffer of its own while it is read, so that a member that
// is slow holds up nobody; of the larger ones, which no etcd has, there is one at a time in memory. What was read is decoded
// by one of two decoders, one for the usual and one for the large: decoding takes the processor alone, of which
// there is one (see main), and no member's time.
type bodyPool struct {
	// ctx ends the decoding: what came of an exposition before its own time ran out is decoded after that.
	ctx     context.Context
	members atomic.Int64
	usual   sync.Pool // of *bytes.Buffer
	large   chan *bytes.Buffer
	unzips  sync.Pool // of *gzip.Reader
	// forUsual and forLarge lend the decoders.
	forUsual, forLarge chan *decoder
}

const (
	// usualBodies is how much all buffers for expositions of a usual size may take together, in bytes, as long as each
	// may have leastBody: etcd 3.7 exposes some 0.2 MB.
	usualBodies, minUsualBody = 16 << 20, 256 << 10
	// mostBody is how large an exposition of a usual size is at most, however few members there are.
	maxUsualBody = maxKeptBytes
)

func newBodyPool(ctx context.Context) *bodyPool {
	b := &bodyPool{
		ctx:   ctx,
		usual: sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, minUsualBody+2*bytes.MinRead)) }},
		large: make(chan *bytes.Buffer, 1), forUsual: make(chan *decoder, 1), forLarge: make(chan *decoder, 1),
	}
	b.large <- new(bytes.Buffer)
	b.forUsual <- newDecoder()
	b.forLarge <- newDecoder()
	return b
}

// usualSize is how large an exposition may be to be read beside those of all others.
func (b *bodyPool) usualSize() int {
	return min(max(usualBodies/max(int(b.members.Load()), 1), minUsualBody), maxUsualBody)
}

// decodeMember reads an exposition, until ctx ends at the latest, and decodes what came.
func (b *bodyPool) decodeMember(ctx context.Context, contentType string, r io.Reader) (*Metrics, error) {
	body, is := b.usual.Get().(*bytes.Buffer)
	if !is {
		body = new(bytes.Buffer)
	}
	body.Reset()
	usual := b.usualSize()
	_, readErr := body.ReadFrom(io.LimitReader(r, int64(usual)))
	if readErr != nil || body.Len() < usual {
		m, err := decodeWith(b.ctx, b.forUsual, contentType, body.Bytes(), readErr)
		b.usual.Put(body)
		return m, err
	}
	large, err := borrow(ctx, b.large)
	if err != nil {
		return nil, err
	}
	defer func() { b.large <- large }()
	large.Reset()
	large.Grow(maxBody + 1 + bytes.MinRead) // all of it at once: growing would leave as much behind
	large.Write(body.Bytes())
	b.usual.Put(body)
	_, readErr = large.ReadFrom(io.LimitReader(r, int64(maxBody-usual+1)))
	return decodeWith(b.ctx, b.forLarge, contentType, large.Bytes(), readErr)
}

// unzip unpacks what is read; the reader is to be given back to unzips.
func (b *bodyPool) unzip(r io.Reader) (*gzip.Reader, error) {
	if unzip, is := b.unzips.Get().(*gzip.Reader); is {
		return unzip, unzip.Reset(r)
	}
	return gzip.NewReader(r)
}

// decodeWith decodes what was read until readErr with the decoder that is lent.
func decodeWith(ctx context.Context, decoders chan *decoder, contentType string, text []byte, readErr error) (*Metrics, error) {
	d, err := borrow(ctx, decoders)
	if err != nil {
		return nil, err
	}
	defer func() { decoders <- d }()
	d.cancelled = ctx.Err
	return requireMember(single(d.decodeText(contentType, text, readErr, true)))
}

// lend waits for what is to be given back to the channel.
func borrow[T any](ctx context.Context, from chan T) (T, error) {
	select {
	case lent := <-from:
		return lent, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
