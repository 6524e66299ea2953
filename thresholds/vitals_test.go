package thresholds

import (
	"errors"
	"io"
	"math"
	"path/filepath"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestOperationsAndTrafficOfRealMembers: two expositions, 20 s apart, of a member of three in etcd 3.5.35, 3.6.14 and
// 3.7.3. Between them, clients made 40 puts of about 300 bytes, 20 ranges, 10 transactions of two puts each, 5 deletes
// and 3 lease grants, all of that member.
func TestOperationsAndTrafficOfRealMembers(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v3.5", "v3.6", "v3.7"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dumps, err := probe.OpenDumps(t.Context(), filepath.Join("testdata", "expositions", version), nil)
			if err != nil {
				t.Fatal(err)
			}
			evaluator := New(Options{})
			var a Assessment
			for {
				sweep, err := dumps.Next(t.Context())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				a = evaluator.Observe(sweep)
			}
			if len(a.Members) != 1 {
				t.Fatalf("%d members, want the one that is dumped", len(a.Members))
			}
			v := &a.Members[0].Vitals
			for vital, want := range map[Vital]float64{
				PutsRate: 60. / 20, DeletesRate: 5. / 20, TxnsRate: 10. / 20, RangesRate: 20. / 20,
				LeaseOperationsRate: 3. / 20, ClientCallsRate: 78. / 20,
			} {
				if got, known := v[vital].Get(); !known || math.Abs(got-want) > 1e-9 {
					t.Errorf("%s is %v, want %v", vital, v[vital], want)
				}
			}
			// The requests are 40 values and their keys, each with its answer; raft sends those to two peers.
			for vital, least := range map[Vital]float64{
				ClientReceivedRate: 40 * 300. / 20, ClientSentRate: 40 * 20. / 20,
				PeerSentRate: 40 * 300. / 20, PeerReceivedRate: 40 * 20. / 20,
			} {
				if got, known := v[vital].Get(); !known || got < least || got > 100*least {
					t.Errorf("%s is %v, want at least %v and not much more", vital, v[vital], least)
				}
			}
		})
	}
}

// TestTrafficOfAMemberAlone: what its metrics lack is unknown, and so is its traffic with peers that it does not have.
func TestTrafficOfAMemberAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	m := &s.member(1).metrics
	*m = probe.Metrics{ServerID: m.ServerID}
	a := s.run(10e9, nil)
	for _, vital := range []Vital{
		PutsRate, DeletesRate, TxnsRate, RangesRate, LeaseOperationsRate, ClientCallsRate, ClientSentRate,
		ClientReceivedRate, PeerSentRate, PeerReceivedRate,
	} {
		if a.Members[0].Vitals[vital].IsKnown() {
			t.Errorf("%s is %v, and no metric says so", vital, a.Members[0].Vitals[vital])
		}
	}
}
