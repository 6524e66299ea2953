package probe

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// TestBodiesHoldUpNobody: endless and dripping bodies delay no other member's metrics. A request that waits for one
// of the large buffers waits no longer than its own timeout.
func TestBodiesHoldUpNobody(t *testing.T) {
	t.Parallel()
	const good = "etcd_server_id{server_id=\"1\"} 1\netcd_server_has_leader 1\n"
	large := good + strings.Repeat("# "+strings.Repeat("x", 1<<10)+"\n", 2<<10)
	synctest.Test(t, func(t *testing.T) {
		b := newBodyPool(t.Context())
		b.members.Store(90)
		ctx, cancel := context.WithCancel(t.Context())
		ends := make(chan error)
		for range 88 {
			go func() {
				r, w := io.Pipe()
				defer context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })()
				go func() { _, _ = io.WriteString(w, good) }() // then it hangs
				_, err := b.decodeMember(ctx, "", r)
				ends <- err
			}()
		}
		go func() { // holds the buffer for large bodies
			r, w := io.Pipe()
			defer context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })()
			go func() { _, _ = io.WriteString(w, large) }()
			_, err := b.decodeMember(ctx, "", r)
			ends <- err
		}()
		synctest.Wait()
		go func() {
			_, err := b.decodeMember(ctx, "", strings.NewReader(large))
			ends <- err
		}()
		synctest.Wait()
		if m, err := b.decodeMember(ctx, "", strings.NewReader(good)); err != nil || m.ServerID != 1 {
			t.Errorf("a usual one among them: %v, %v", m, err)
		}
		cancel()
		for range 90 {
			if err := <-ends; !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want that it was cancelled", err)
			}
		}
		if m, err := b.decodeMember(t.Context(), "", strings.NewReader(large)); err != nil || m.ServerID != 1 {
			t.Errorf("a large one after them: %v, %v", m, err)
		}
	})
}

// TestDecodingEnds: both decoders stop as soon as their context ends.
func TestDecodingEnds(t *testing.T) {
	t.Parallel()
	text := exposition(t, "testdata/etcd-3.7.3-follower-of-three.prom.gz")
	ended := errors.New("it is wanted no longer")
	for name, text := range map[string]string{
		"the fast path": string(text),
		"expfmt":        "{etcd_server_has_leader} 1\n" + string(text),
	} {
		asked := 0
		for after := 0; ; after++ {
			d := newDecoder()
			asked = 0
			d.cancelled = func() error {
				if asked++; asked > after {
					return ended
				}
				return nil
			}
			m, err := d.decodeText("", []byte(text), nil, true)
			if asked <= after { // the decoder was faster
				break
			}
			if !errors.Is(err, ended) || m != nil {
				t.Fatalf("%s, asked %d times: %v, %v", name, asked, m, err)
			}
		}
		if asked < 2 {
			t.Errorf("%s checked its context %d times", name, asked)
		}
	}
}
