package tui

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// hostile has one of each kind of character that no face may print unescaped, and of those with a meaning in some
// output format.
const hostile = "a\x1b[2J\x1b]0;x\x07\nOK b\r\t\x00\x7f\u0085\u009b31m\u202e\u2066\u2028" +
	"\u200b\ufeff\U000e0041\ufe0f\u3164\ue000\xff|'=;<b>]]>&#x1b;`$(x)"

// defame puts a text wherever a cluster can provide one.
func defame(text string) func(time.Duration, *probe.Sweep, *world) {
	return func(ago time.Duration, s *probe.Sweep, w *world) {
		failed := &probe.Error{Kind: probe.ErrOther, Text: text, Where: "http://" + text, What: text}
		certificate := &probe.Certificate{Subject: text, Issuer: text, NotBefore: s.At.AddDate(-1, 0, 0),
			NotAfter: s.At.Add(time.Hour)}
		s.ClientCertificate = certificate
		for j := range s.Members {
			m := &s.Members[j]
			m.Name, m.Endpoint, m.MetricsEndpoint = fmt.Sprintf("%d%s", j, text), "http://"+text, text
			m.ClientURLs, m.PeerURLs, m.ServedCertificate = []string{text}, []string{"http://" + text}, certificate
			m.Status.Value.Version, m.Status.Value.Errors = text, []string{text}
			if j == 1 && ago < 20*time.Second {
				m.Metrics.Err, m.Status.Err = failed, failed
			}
		}
		if ago%(5*time.Second) == 0 {
			w.leader, w.term = (w.leader+1)%len(s.Members), w.term+1
			s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: text, Member: text, Window: 20 * time.Second})
		}
	}
}

// TestNoPageObeysACluster presses keys at random while the cluster, and the user's options, have hostile text
// everywhere: frames, copies, files, the summary and the log contain nothing that a terminal would obey.
func TestNoPageObeysACluster(t *testing.T) {
	t.Chdir(t.TempDir())
	var log strings.Builder
	w := newWalk(99)
	w.model.conn.cluster = hostile
	w.model.conn.endpoints = []string{hostile}
	w.model.conn.reach = []string{"--name=" + hostile}
	w.model.program.configPath, w.model.program.logPath, w.model.program.version = hostile, hostile, hostile
	w.model.program.run.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.model.conn.space = fakeSpace{err: errors.New(hostile)}
	w.model.space.estimate.Prefixes = []keyspace.EstimatedPrefix{{Name: hostile, Deeper: true}, {Name: hostile + "/a/"}}
	w.model.space.known, w.model.space.source.Label = true, hostile
	w.press(t, 30)
	w.tame(t, "the summary", w.model.summary())
	for _, s := range (scenario{members: 3, learners: 1, sweeps: 60, fault: defame(hostile)}).generate() {
		w.model, _ = w.model.Update(sweepMsg{sweep: s, at: s.At.Add(s.Took), turn: w.model.conn.turn})
		w.checkFrame(t)
		w.press(t, 4)
	}
	w.tame(t, "the summary", w.model.summary())
	w.tame(t, "the log", log.String())
}
