package agent

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestGuardsFit: while another member is not fit, this one is fit only if each ready guard is on the node of a fit one.
func TestGuardsFit(t *testing.T) {
	t.Parallel()
	member := func(node string, fit, voter bool) thresholds.Member {
		m := thresholds.Member{Voter: voter, Fit: thresholds.Fit{OK: fit, Reason: "etcd-3 does not answer"}}
		if node != "" {
			m.Node = &probe.Node{Name: node}
		}
		return m
	}
	a, b, c := member("a", true, true), member("b", true, true), member("c", false, true)
	all, refused := []string{"a", "b", "c"}, errors.New("refused")
	for name, test := range map[string]struct {
		others []thresholds.Member
		ready  []string
		err    error
		want   string // empty: fit
	}{
		"all fit, nobody asks":      {[]thresholds.Member{b}, nil, refused, ""},
		"its guard is not ready":    {[]thresholds.Member{b, c}, all[:2], nil, ""},
		"its guard is still ready":  {[]thresholds.Member{b, c}, all, nil, "on node c"},
		"its node is not known":     {[]thresholds.Member{b, member("", false, true)}, all, nil, "on node c"},
		"another's node is unknown": {[]thresholds.Member{member("", true, true), c}, all[:2], nil, "on node b"},
		"no API server":             {[]thresholds.Member{b, c}, nil, refused, "refused"},
		"no guards":                 {[]thresholds.Member{b, c}, nil, nil, ""},
		"a learner has no vote":     {[]thresholds.Member{b, member("c", false, false)}, nil, refused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := New(Options{ReadyGuards: func(context.Context) ([]string, error) { return test.ready, test.err }})
			err := agent.guardsFit(t.Context(), &thresholds.Assessment{Members: append(test.others, a)})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "etcd-3 does not answer")):
				t.Errorf("not %q: %v", test.want, err)
			}
		})
	}
	down := &thresholds.Assessment{Members: []thresholds.Member{a, c}}
	if err := New(Options{}).guardsFit(t.Context(), down); err != nil {
		t.Errorf("outside Kubernetes: %v", err)
	}
}
