package probe

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

// TestWrittenIsItsMembers: what was written to a log is that of the member whose log it is, in every sweep; nobody has
// that of another cluster's. When it can't be read any more, that says why.
func TestWrittenIsItsMembers(t *testing.T) {
	cluster := threeMembers.Use(t)
	var log atomic.Pointer[Written]
	log.Store(&Written{})
	p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true,
		Written: func(context.Context) (Written, error) {
			if w := log.Load(); w != nil {
				return *w, nil
			}
			return Written{}, errors.New("it is damaged")
		}})
	holders := func(s Sweep) (n int) {
		for _, m := range s.Members {
			if m.Written.Answered() {
				n++
			}
		}
		return n
	}
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if n := holders(s); n != 0 {
		t.Errorf("%d members have a log that says nobody's", n)
	}
	of := s.Members[1]
	log.Store(&Written{Member: of.ID, Cluster: of.Cluster + 1, Puts: 7})
	for range 3 {
		s = next(t, p)
	}
	if n := holders(s); n != 0 {
		t.Errorf("%d members have the log of another cluster's", n)
	}
	log.Store(&Written{Member: of.ID, Cluster: of.Cluster, Puts: 7})
	s = await(t, p, "it is its member's", func(s Sweep) bool { return s.Members[1].Written.Value.Puts == 7 })
	if n := holders(s); n != 1 || !s.Members[1].Written.Fresh() {
		t.Errorf("%d members have it: %+v", n, s.Members[1].Written)
	}
	log.Store(nil)
	await(t, p, "it can't be read", func(s Sweep) bool {
		err := s.Members[1].Written.Err
		return err != nil && err.Text == "it is damaged"
	})
}
