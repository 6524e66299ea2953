package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// answer writes a line: 200, or 503 with the reason.
func answer(w http.ResponseWriter, line string, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		line = err.Error()
	}
	fmt.Fprintln(w, line)
}

// serveHealth answers with the newest assessment as JSON: 200 if it passes the check, else 503.
func (a *Agent) serveHealth(w http.ResponseWriter, _ *http.Request) {
	r, err := a.report(freshFor)
	if err != nil {
		answer(w, "", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !a.options.Healthy(&r.assessment) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(r.assessment.DocumentMuted(r.mutes)) // who asked may be gone
}

// serveLive answers whether sweeps go on: nothing else makes a restart of the agent useful.
func (a *Agent) serveLive(w http.ResponseWriter, _ *http.Request) {
	_, err := a.report(liveFor)
	if errors.Is(err, errNoSweep) {
		err = nil // it has just begun
	}
	answer(w, "sweeping", err)
}

// serveReady answers whether the agent knows anything yet.
func (a *Agent) serveReady(w http.ResponseWriter, _ *http.Request) {
	_, err := a.report(liveFor)
	answer(w, "ready", err)
}

// serveFit answers whether this node's member would carry the cluster on if another one were lost now.
func (a *Agent) serveFit(w http.ResponseWriter, q *http.Request) {
	r, err := a.current(q.Context())
	if err = a.fit(r, err); err == nil {
		err = a.guardsFit(q.Context(), &r.assessment)
	}
	answer(w, "fit", err)
}

// fit is why this node's member would not carry the cluster on by a report; nil if it would. err is why there is none.
func (a *Agent) fit(r *report, err error) error {
	if err != nil {
		return fmt.Errorf("not fit: %w", err)
	}
	m, err := a.local(&r.assessment)
	if err != nil {
		return fmt.Errorf("not fit: %w", err)
	}
	if !m.Fit.OK {
		return fmt.Errorf("%s is not fit: %s", m.Label, m.Fit.Reason)
	}
	return nil
}

// serveCanLose answers whether a member may be lost now: 200 only if that is safe, 404 if there is no such member.
func (a *Agent) serveCanLose(w http.ResponseWriter, q *http.Request) {
	r, err := a.current(q.Context())
	if err != nil {
		answer(w, "", fmt.Errorf("UNKNOWN: %w", err))
		return
	}
	name := q.PathValue("member")
	m, err := a.options.Find(&r.assessment, name)
	if err != nil {
		if r.assessment.Cluster.MemberListKnown {
			http.Error(w, fmt.Sprintf("%q: %v", name, err), http.StatusNotFound)
			return
		}
		answer(w, "", fmt.Errorf("UNKNOWN: %q: %w", name, err))
		return
	}
	line := fmt.Sprintf("%s: %s: %s", strings.ToUpper(m.CanLose.Verdict.String()), m.Label, m.CanLose.Reason)
	if m.CanLose.Verdict != thresholds.LossSafe {
		answer(w, "", errors.New(line))
		return
	}
	answer(w, line, nil)
}
