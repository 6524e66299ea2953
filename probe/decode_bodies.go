package probe

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// bodyPool reads and decodes the expositions of all members, so that memory does not grow with the number of listed
// members. An exposition of a usual size gets a buffer of its own: a small one first, so that a member that sends
// little, and slowly, delays nobody, and one of maxUsual others if it is larger. Yet larger ones, which no etcd has,
// share one buffer. Two decoders, one for the usual and one for the large, decode them: decoding takes CPU time, of
// which there is one core (see main), and does not count towards a member's timeout.
type bodyPool struct {
	// ctx ends decoding. What arrived of an exposition before its own timeout is decoded after it.
	ctx     context.Context
	members atomic.Int64
	small   sync.Pool // of *bytes.Buffer
	// usual are the buffers that are kept. A sync.Pool would lose them at each collection, and to make them anew would
	// be a tenth of all garbage.
	usual chan *bytes.Buffer
	// inUse has an item for each buffer of usual that is lent out.
	inUse  chan struct{}
	large  chan *bytes.Buffer
	unzips sync.Pool // of *gzip.Reader
	// forUsual and forLarge lend out the decoders.
	forUsual, forLarge chan *decoder
}

const (
	// usualBodies bounds all buffers for usual expositions together, in bytes, and each has at least minUsualBody:
	// etcd 3.7 exposes about 0.2 MB. Only from maxUsual members on they wait for each other.
	usualBodies, minUsualBody = 4 << 20, 256 << 10
	maxUsual                  = usualBodies / minUsualBody
	// keptUsual is how many of these buffers are kept.
	keptUsual = 5
	smallBody = 32 << 10
	// maxUsualBody bounds a usual exposition, however few members there are.
	maxUsualBody = maxKeptBytes
	// largeBody is what the shared buffer begins with: ten times what etcd exposes.
	largeBody = 2 << 20
)

func newBodyPool(ctx context.Context) *bodyPool {
	b := &bodyPool{
		ctx:   ctx,
		small: sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, smallBody+2*bytes.MinRead)) }},
		usual: make(chan *bytes.Buffer, keptUsual),
		inUse: make(chan struct{}, maxUsual),
		large: make(chan *bytes.Buffer, 1), forUsual: make(chan *decoder, 1), forLarge: make(chan *decoder, 1),
	}
	b.large <- new(bytes.Buffer)
	b.forUsual <- newDecoder()
	b.forLarge <- newDecoder()
	return b
}

// usualSize is the size up to which an exposition is read concurrently with the others.
func (b *bodyPool) usualSize() int {
	return min(max(usualBodies/max(int(b.members.Load()), 1), minUsualBody), maxUsualBody)
}

// decodeMember reads an exposition until ctx ends, and decodes what arrived.
func (b *bodyPool) decodeMember(ctx context.Context, contentType string, r io.Reader) (*Metrics, error) {
	small := emptied(&b.small)
	_, readErr := small.ReadFrom(io.LimitReader(r, smallBody))
	if readErr != nil || small.Len() < smallBody {
		defer b.small.Put(small)
		return decodeWith(b.ctx, b.forUsual, contentType, small.Bytes(), readErr)
	}
	select {
	case b.inUse <- struct{}{}:
	case <-ctx.Done():
		b.small.Put(small)
		return nil, ctx.Err()
	}
	body := b.usualBody()
	giveBack := sync.OnceFunc(func() {
		select {
		case b.usual <- body:
		default: // enough are kept
		}
		<-b.inUse
	})
	defer giveBack()
	body.Write(small.Bytes())
	b.small.Put(small)
	usual := b.usualSize()
	_, readErr = body.ReadFrom(io.LimitReader(r, int64(usual-body.Len())))
	if readErr != nil || body.Len() < usual {
		return decodeWith(b.ctx, b.forUsual, contentType, body.Bytes(), readErr)
	}
	large, err := borrow(ctx, b.large)
	if err != nil {
		return nil, err
	}
	defer func() { b.large <- large }()
	large.Reset()
	large.Grow(largeBody + bytes.MinRead)
	large.Write(body.Bytes())
	giveBack()
	_, readErr = large.ReadFrom(io.LimitReader(r, int64(largeBody-usual)))
	if readErr == nil && large.Len() == largeBody {
		large.Grow(maxBody - largeBody + 1 + bytes.MinRead) // all at once: growing would leave as much garbage
		_, readErr = large.ReadFrom(io.LimitReader(r, int64(maxBody-largeBody+1)))
	}
	return decodeWith(b.ctx, b.forLarge, contentType, large.Bytes(), readErr)
}

// usualBody takes an empty buffer for a usual exposition.
func (b *bodyPool) usualBody() *bytes.Buffer {
	select {
	case body := <-b.usual:
		body.Reset()
		return body
	default:
		return bytes.NewBuffer(make([]byte, 0, minUsualBody+2*bytes.MinRead))
	}
}

// emptied takes an empty buffer from a pool.
func emptied(pool *sync.Pool) *bytes.Buffer {
	body, ok := pool.Get().(*bytes.Buffer)
	if !ok {
		return new(bytes.Buffer)
	}
	body.Reset()
	return body
}

// unzip returns a reader that unpacks r. The caller gives it back to unzips.
func (b *bodyPool) unzip(r io.Reader) (*gzip.Reader, error) {
	if unzip, ok := b.unzips.Get().(*gzip.Reader); ok {
		return unzip, unzip.Reset(r)
	}
	return gzip.NewReader(r)
}

// decodeWith decodes what was read until readErr, with a borrowed decoder.
func decodeWith(ctx context.Context, decoders chan *decoder, contentType string, text []byte,
	readErr error) (*Metrics, error) {
	d, err := borrow(ctx, decoders)
	if err != nil {
		return nil, err
	}
	defer func() { decoders <- d }()
	d.cancelled = ctx.Err
	return requireMember(single(d.decodeText(contentType, text, readErr, true)))
}

// borrow waits for an item from the channel. The caller gives it back.
func borrow[T any](ctx context.Context, from chan T) (T, error) {
	select {
	case lent := <-from:
		return lent, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
