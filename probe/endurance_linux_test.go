package probe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestThousandSweeps: members die and return a hundred times in 1,000 sweeps, cut off at once or in silence. Afterwards
// there are no more goroutines, files, connections and memory than after the first of them.
func TestThousandSweeps(t *testing.T) {
	cluster := threeMembers.Use(t)
	cluster.Client() // its goroutines are not ours
	var links []*etcdtest.Proxy
	var endpoints []string
	for _, m := range cluster.Members() {
		proxy, err := etcdtest.NewProxy(strings.TrimPrefix(m.ClientURL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(proxy.Close)
		links, endpoints = append(links, proxy), append(endpoints, proxy.Addr())
	}
	p, err := New(Config{
		Endpoints: endpoints, Interval: 10 * time.Millisecond, DialTimeout: 100 * time.Millisecond,
		CommandTimeout: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	open := func() (n int) {
		for _, l := range links {
			n += l.Open()
		}
		return n
	}
	sweep := func() Sweep {
		s, err := p.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// settle sweeps until every member has answered anew.
	settle := func() {
		for healed := time.Now(); ; {
			if !slices.ContainsFunc(sweep().Members, func(m Member) bool {
				return m.Status.Err != nil || m.Metrics.Err != nil || !m.Status.At.After(healed) ||
					!m.Metrics.At.After(healed)
			}) {
				return
			}
		}
	}
	const sweeps, period = 1000, 10
	var first etcdtest.Footprint
	var connections, failed int // failed sweeps have a member that did not answer
	for n := range sweeps {
		l := links[n/period%len(links)]
		switch {
		case n%period == 0 && n/period%2 == 0:
			l.Cut()
		case n%period == 0:
			l.Stall()
		case n%period == period/2:
			l.Heal()
		}
		s := sweep()
		if slices.ContainsFunc(s.Members, func(m Member) bool { return m.Status.Err != nil }) {
			failed++
		}
		if n == sweeps/10 {
			for _, l := range links {
				l.Heal()
			}
			settle()
			first, connections = etcdtest.FootprintNow(t), open()
		}
	}
	settle()
	last := etcdtest.FootprintNow(t)
	if failed < sweeps/10 {
		t.Errorf("a member failed in %d of %d sweeps only", failed, sweeps)
	}
	t.Logf("%d sweeps with failures; after %d sweeps %+v, %d connections; after %d %+v, %d", failed,
		sweeps/10, first, connections, sweeps, last, open())
	// A few goroutines and files come and go with a connection that is just being opened or closed.
	const passing = 12
	if last.Goroutines > first.Goroutines+passing || last.Descriptors > first.Descriptors+passing ||
		open() > connections+passing/2 {
		t.Errorf("%+v and %d connections, before that %+v and %d", last, open(), first, connections)
	}
	if last.Live > first.Live+1<<20 {
		t.Errorf("%d bytes live, before that %d", last.Live, first.Live)
	}
}
