package thresholds

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestPeakIsThatOfTheColumns, whatever the window: of samples, of minutes, and of both.
func TestPeakIsThatOfTheColumns(t *testing.T) {
	t.Parallel()
	var h History
	random := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := begin
	for i := range 3000 {
		now = begin.Add(time.Duration(i) * time.Second)
		m := Member{MemberRef: MemberRef{Key: "m"}, State: StateOK}
		m.Vitals[DBQuota] = probe.Known(8) // constant
		if i%400 > 90 {                    // with gaps
			m.Vitals[ProposalsPending] = probe.Known(float64(random.IntN(1000)))
		}
		h.add(now, time.Second, &m, 1)
	}
	for range 500 {
		to := now.Add(-time.Duration(random.IntN(2900)) * time.Second)
		window := time.Duration(1+random.IntN(3000)) * time.Second
		n := 1 + random.IntN(300)
		for _, v := range []Vital{ProposalsPending, DBQuota, ApplyLag} {
			var want probe.Value
			for _, value := range h.Columns("m", v, to, window, n) {
				want = want.Max(value)
			}
			if got := h.Peak("m", v, to, window, n); got != want {
				t.Fatalf("%s until %s over %s in %d columns: peak %v, want %v", v, to.Sub(begin), window, n, got, want)
			}
		}
	}
	if got := h.Peak("nobody", ProposalsPending, now, time.Minute, 10); got.IsKnown() {
		t.Errorf("the peak of nobody is %v", got)
	}
}

// TestHistoryShowsWhatCellsShow: a p99 of which only the bucket is known is the bucket's end in charts as in cells, and
// levels go by what the rule judges.
func TestHistoryShowsWhatCellsShow(t *testing.T) {
	t.Parallel()
	known := probe.Known
	for name, test := range map[string]struct {
		latency       Latency
		shown, judged float64
		atMost        bool
	}{
		"exact": {Latency{P99: known(0.009), Low: known(0.008), High: known(0.016), Exact: true}, 0.009, 0.009,
			false},
		"one bucket": {Latency{P99: known(0.0158), Low: known(0.008), High: known(0.016)}, 0.016, 0.0158, true},
		"few":        {Latency{Low: known(0.008), High: known(0.016), Few: true}, 0.016, 0.008, true},
	} {
		m := Member{MemberRef: MemberRef{Key: "m"}, State: StateOK, WALFsync: test.latency}
		m.Vitals[WALFsyncP99], m.Vitals[WALFsyncWorst] = test.latency.P99, test.latency.High
		if test.latency.Few {
			m.TooFewSamples.put(WALFsyncP99)
		}
		var h History
		now := time.Unix(1e9, 0)
		h.add(now, time.Second, &m, 1)
		to := now.Add(time.Second)
		chart := h.Charts("m", []Vital{WALFsyncP99}, to, time.Minute, 1)[0]
		shown, judged := chart.Values[0], chart.Judged[0]
		cell, _ := m.Shown(WALFsyncP99)
		if shown != cell || shown != known(test.shown) || judged != known(test.judged) {
			t.Errorf("%s: shown %v and judged %v, the cell has %v", name, shown, judged, cell)
		}
		if got := chart.AtMost(shown, 0, 1); got != test.atMost || chart.AtMost(known(1), 0, 1) {
			t.Errorf("%s: at most is %v", name, got)
		}
		if lag := h.Charts("m", []Vital{ApplyLag}, to, time.Minute, 1)[0]; lag.AtMost(known(0), 0, 1) {
			t.Errorf("%s: a count is at most", name)
		}
	}
}
