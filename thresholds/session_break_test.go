package thresholds

import (
	"slices"
	"testing"
	"time"
)

// TestUnwatched: after a time without sweeps an event says how long that was, and a session does not count it: neither
// as watched, nor as a member's outage, nor as a time without a leader.
func TestUnwatched(t *testing.T) {
	t.Parallel()
	for gap, want := range map[time.Duration]bool{
		DefaultWindow - time.Second: false, DefaultWindow: true, time.Hour: true,
	} {
		s := newScene(t, 3, Options{})
		var session Session
		watch := func(d time.Duration) (a Assessment) {
			for range d / time.Second {
				a = s.run(time.Second, func() { s.work(50, 2*time.Millisecond) })
				session = session.With(&a)
			}
			return a
		}
		before := watch(20 * time.Second)
		s.member(2).down = errRefused
		s.elect(0)
		last := watch(5 * time.Second)
		s.now = s.now.Add(gap - time.Second)
		first := watch(time.Second)
		at := slices.IndexFunc(first.Events, func(e Event) bool { return e.Kind == EventStarted })
		if got := at >= 0; got != want {
			t.Fatalf("after %v an event: %v, want %v: %v", gap, got, want, first.Events)
		}
		if !want {
			if session.Watched(session.To) != session.To.Sub(session.From) || session.Members[key(s, 2)].Down < gap {
				t.Errorf("after %v some of the time does not count: %v", gap, session.Watched(session.To))
			}
			continue
		}
		unwatched := session.To.Sub(session.From) - session.Watched(session.To)
		if lasted := first.Events[at].Lasted; lasted != gap || unwatched != gap {
			t.Errorf("the event says %v, and the session was not watched for %v, want %v", lasted, unwatched, gap)
		}
		if watched := session.Watched(last.At); watched != last.At.Sub(session.From) {
			t.Errorf("until the last sweep before it was watched for %v", watched)
		}
		if down := session.Members[key(s, 2)].Down; down >= gap {
			t.Errorf("etcd-2 counts as down for %v", down)
		}
		if session.Leaderless.Most >= gap {
			t.Errorf("%v without a leader, of which nobody watched %v", session.Leaderless, gap)
		}
		if !session.Between(last.At, first.At).Partial || session.Between(before.At, last.At).Partial {
			t.Error("a comparison does not say that nobody watched, or says so of another time")
		}
	}
}
