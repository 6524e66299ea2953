package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// writtenLately is what a member's log has of the last minute.
func writtenLately() *probe.Written {
	return &probe.Written{Member: 0xa1, Cluster: 0xc1, Dir: "/var/lib/etcd/member/wal", Over: time.Minute, Puts: 950,
		Deletes: 50, Bytes: 1 << 20, Granted: 700, Prefixes: []probe.WrittenPrefix{
			{Name: "/registry/events/", Puts: 700, Bytes: 1 << 19}, {Name: "/registry/pods/", Puts: 200, Deletes: 10},
			{Rest: true, Puts: 50, Deletes: 40},
		}}
}

// TestWritersAreNamed: the reading of a burst of writes, of a database that grows, and of leases that churn says which
// prefixes are written to, by the log that can be read; without one, of a few seconds, or of a log that can't be read
// any more, it names none.
func TestWritersAreNamed(t *testing.T) {
	t.Parallel()
	for name, assess := range map[string]func(t *testing.T, log func(*scene)) Assessment{
		"burst": func(t *testing.T, log func(*scene)) Assessment {
			s := newScene(t, 3, Options{})
			s.interval = 5 * time.Second
			puts := func(n float64) {
				s.work(100, quickFsync)
				s.member(2).serves("Put", 5*n, 100, 100)
			}
			s.run(10*time.Minute, func() { puts(20) })
			log(s)
			a := s.run(2*time.Minute, func() {
				puts(1500)
				s.member(2).slowApplies(15)
			})
			wantReading(t, &a, CauseBurst)
			return a
		},
		"growth": func(t *testing.T, log func(*scene)) Assessment {
			const rate, grows = 300 << 10, 30 * time.Minute
			s := newFilling(t, Options{}, startSize(time.Hour.Seconds(), rate, grows), 10*time.Second)
			log(s.scene)
			a := s.grow(rate, grows)
			wantReading(t, &a, CauseQuotaGrowing)
			return a
		},
		"leases": func(t *testing.T, log func(*scene)) Assessment {
			s := newScene(t, 3, Options{})
			log(s)
			a := s.run(10*time.Minute, func() {
				s.work(20, quickFsync)
				m := &s.member(2).metrics
				m.LeasesGranted = m.LeasesGranted.Plus(probe.Known(12))
			})
			if a.Finding(LeasesChurning, s.member(2).id.String()) == nil {
				t.Errorf("no finding of leases: %q", a.Reading.Text)
			}
			return a
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const prefix = "/registry/events/"
			says := func(a *Assessment) bool {
				return strings.Contains(a.Reading.Text+strings.Join(a.Reading.EvidenceTexts(), "\n"), "etcd-2's log") ||
					strings.Contains(a.Reading.Step, prefix)
			}
			a := assess(t, func(s *scene) { s.member(2).written = writtenLately() })
			if !says(&a) {
				t.Errorf("no writers: %q, %q", a.Reading.Text, a.Reading.EvidenceTexts())
			}
			saysReading(t, &a)
			if named := strings.Contains(a.Reading.Step, prefix); named != (name != "leases") {
				t.Errorf("step %q", a.Reading.Step)
			}
			for why, log := range map[string]func(*scene){
				"nothing is read": func(*scene) {},
				"a few seconds": func(s *scene) {
					s.member(2).written = writtenLately()
					s.member(2).written.Over = 9 * time.Second
				},
				"nothing was written": func(s *scene) { s.member(2).written = &probe.Written{Over: time.Minute} },
				"it can't be read": func(s *scene) {
					s.member(2).written = writtenLately()
					s.member(2).noWritten = &probe.Error{Kind: probe.ErrOther, Text: "it is damaged"}
				},
			} {
				b := assess(t, log)
				if says(&b) {
					t.Errorf("%s: %q", why, b.Reading.Text)
				}
				if m := b.Members[1]; (m.WrittenErr != nil) != (why == "it can't be read") {
					t.Errorf("%s: %v", why, m.WrittenErr)
				}
			}
		})
	}
}
