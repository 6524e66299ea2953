package probe

import "context"

// An early scrape begins as soon as the member's connection is there, beside the first Status, although only the
// Status will tell whose exposition it should be: an exposition takes a member longer than all other answers together.
// It is kept for the scrape that knows.
type early struct {
	url  string
	want MemberID // as of known
	// known is closed by the scrape that takes the result. got is closed without one if there is no connection.
	known  chan struct{}
	got    chan answer[*Metrics]
	cancel context.CancelFunc
}

// begin scrapes a URL early.
func (s *scraper) begin(u string) *early {
	ctx, cancel := context.WithCancel(s.p.ctx)
	e := &early{url: u, cancel: cancel, known: make(chan struct{}), got: make(chan answer[*Metrics], 1)}
	s.p.calls.Go(func() {
		defer cancel()
		defer close(e.got)
		timed, cancel := context.WithTimeout(ctx, s.p.cfg.CommandTimeout)
		defer cancel()
		if _, failure := s.grpcClient.get(timed); failure != nil {
			return
		}
		e.got <- s.try(timed, func() (MemberID, error) {
			select {
			case <-e.known:
				return e.want, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}, u, false)
	})
	return e
}

// takeEarly hands over the early scrape, if there is one, to the scrape for the member want.
func (w *worker) takeEarly(want MemberID) *early {
	e := w.early
	if w.early = nil; e != nil {
		e.want = want
		close(e.known)
	}
	return e
}

// result waits for the result; false if there is none.
func (e *early) result(ctx context.Context) (answer[*Metrics], bool) {
	defer context.AfterFunc(ctx, e.cancel)()
	got, has := <-e.got
	return got, has
}

// A wanted returns the member whose exposition is wanted (0 if its id is unknown); it may wait for that.
type wanted func() (MemberID, error)

// known is the wanted of a scrape that knows.
func known(id MemberID) wanted { return func() (MemberID, error) { return id, nil } }
