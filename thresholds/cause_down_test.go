package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhyAMemberIsDown: a host that refuses, ends or resets connections answers, and the text says so. Nothing is
// called down unless it is known to be.
func TestWhyAMemberIsDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{probe.ErrRefused, probe.ErrClosed, probe.ErrUnreachable, probe.ErrTimeout} {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, nil)
		const where = "http://etcd-2:2379"
		s.member(2).down = &probe.Error{Kind: kind, Where: where, Text: where + ": " + kind.Words()}
		for _, after := range []time.Duration{time.Second, 20 * time.Second} {
			a := s.run(after, nil)
			wantBlamed(t, &a, "etcd-2")
			says(t, fmt.Sprintf("%s, %v after", kind, after),
				strings.Join(append([]string{a.Reading.Text, a.Reading.Next}, a.Reading.EvidenceTexts()...), "\n"))
		}
	}
}

// TestStepCoversAllThatAreDown: two members down are two to bring back, whether for the same reason or not.
func TestStepCoversAllThatAreDown(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][2]probe.ErrorKind{
		"alike":     {probe.ErrRefused, probe.ErrRefused},
		"different": {probe.ErrRefused, probe.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 5, Options{})
			s.run(10*time.Second, nil)
			for i, kind := range kinds {
				s.member(2 + 2*i).down = &probe.Error{Kind: kind, Text: kind.Words()}
			}
			a := s.run(20*time.Second, nil)
			wantBlamed(t, &a, "etcd-2", "etcd-4")
			for _, words := range []string{a.Reading.Headline, a.Reading.Step, a.Reading.Next} {
				for _, member := range []string{"etcd-2", "etcd-4"} {
					if !strings.Contains(words, member) {
						t.Errorf("%s is not in %q", member, words)
					}
				}
			}
			says(t, "step", a.Reading.Step)
			says(t, "next", a.Reading.Next)
		})
	}
}

// TestWhatNeverStartedIsNotDown: a member that was added and never ran has nothing to be down.
func TestWhatNeverStartedIsNotDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	s.member(4).membership, s.member(4).down = probe.MembershipNeverStarted, errRefused
	a := s.run(10*time.Second, nil)
	var all []string
	for i := range a.Events {
		all = append(all, a.Events[i].Text)
	}
	for i := range a.Findings {
		all = append(all, a.Findings[i].Words())
	}
	m := &a.Members[3]
	all = append(all, m.CanLose.Reason, m.CanRemove.Reason, m.CanLose.Headline, a.Reading.Text, a.Reading.Headline)
	for _, words := range append(all, a.Reading.NotLookedAt...) {
		if strings.Contains(words, "down") {
			t.Errorf("%q", words)
		}
	}
	says(t, "not looked at", strings.Join(a.Reading.NotLookedAt, "\n"))
}
