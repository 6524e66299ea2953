package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	// sameFor is how long the same event is one: several agents see it, and a finding may come and go.
	sameFor = 5 * time.Minute
	// maxWaiting are the events that wait while the API server is out of reach, and retryEvery is how often they try.
	maxWaiting = 100
	retryEvery = 10 * time.Second
	// Each agent sends a burst of events, and then one in each refillEvery.
	burst       = 25
	refillEvery = time.Minute
	maxMessage  = 1024 // the API's limit
)

// An Event is what happened, for kubectl get events. Two with the same Subject and Reason are the same event.
type Event struct {
	// Subject is what it is about; it is not shown. Reason is one word.
	Subject, Reason, Message string
	Warning                  bool
	At                       time.Time
}

// A Pod is what Events are about: the agent's own. UID may be empty.
type Pod struct{ Name, UID string }

// A Recorder sends Events about a pod, in its namespace, by the core API, whose counts and times kubectl shows. The
// name of an Event is made of what it is about, so that several agents that see the same write one.
type Recorder struct {
	client  *Client
	pod     Pod
	log     *slog.Logger
	waiting chan Event

	// Run owns what follows.
	tokens   int
	refilled time.Time
	// silenced reports that the log has it that Events are refused.
	silenced bool
}

// NewRecorder returns a recorder that sends nothing before Run.
func NewRecorder(client *Client, pod Pod, log *slog.Logger) *Recorder {
	return &Recorder{client: client, pod: pod, log: log, waiting: make(chan Event, maxWaiting), tokens: burst}
}

// Record takes an event to be sent, and never waits: with too many waiting, it is lost.
func (r *Recorder) Record(e Event) {
	select {
	case r.waiting <- e:
	default:
		r.log.Info("too many Events wait: one is lost", "reason", e.Reason, "message", e.Message)
	}
}

// Run sends what is recorded until ctx ends.
func (r *Recorder) Run(ctx context.Context) error {
	r.refilled = time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-r.waiting:
			if !r.mayNow() {
				r.log.Info("too many Events: one is lost", "reason", e.Reason, "message", e.Message)
				continue
			}
			r.sendLastingly(ctx, e)
		}
	}
}

// mayNow takes one of the tokens that limit how many events are sent.
func (r *Recorder) mayNow() bool {
	for now := time.Now(); now.Sub(r.refilled) >= refillEvery; r.refilled = r.refilled.Add(refillEvery) {
		if r.tokens = min(burst, r.tokens+1); r.tokens == burst {
			r.refilled = now
			break
		}
	}
	if r.tokens == 0 {
		return false
	}
	r.tokens--
	return true
}

// sendLastingly sends an event, and tries until the API server answers or the event is old.
func (r *Recorder) sendLastingly(ctx context.Context, e Event) {
	for {
		err := r.send(ctx, e)
		if err == nil {
			r.silenced = false
			return
		}
		if answered := errors.As(err, new(*StatusError)); answered || time.Since(e.At) > sameFor || ctx.Err() != nil {
			if !r.silenced {
				r.silenced = answered
				r.log.Info("an Event is not sent", "reason", e.Reason, "err", err.Error())
			}
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}

const core = "api/v1"

// event is an object of the API: the part of it that is written and read here.
type event struct {
	APIVersion         string            `json:"apiVersion"`
	Kind               string            `json:"kind"`
	Metadata           map[string]any    `json:"metadata"`
	InvolvedObject     map[string]string `json:"involvedObject"`
	Reason             string            `json:"reason"`
	Message            string            `json:"message"`
	Type               string            `json:"type"`
	Source             map[string]string `json:"source"`
	ReportingComponent string            `json:"reportingComponent"`
	ReportingInstance  string            `json:"reportingInstance"`
	FirstTimestamp     time.Time         `json:"firstTimestamp"`
	LastTimestamp      time.Time         `json:"lastTimestamp"`
	Count              int               `json:"count"`
}

// send creates an event, or counts one more in the one that is there, unless that is recent.
func (r *Recorder) send(ctx context.Context, e Event) error {
	at := e.At.UTC().Truncate(time.Second) // as exact as the API is
	name := eventName(e)
	object := map[string]string{"apiVersion": "v1", "kind": "Pod", "namespace": r.client.Namespace, "name": r.pod.Name}
	if r.pod.UID != "" {
		object["uid"] = r.pod.UID
	}
	out := event{
		APIVersion: "v1", Kind: "Event", Metadata: map[string]any{"name": name, "namespace": r.client.Namespace},
		InvolvedObject: object, Reason: e.Reason, Message: cut(e.Message, maxMessage), Type: "Normal",
		Source: map[string]string{"component": "etcdoc"}, ReportingComponent: "etcdoc", ReportingInstance: r.pod.Name,
		FirstTimestamp: at, LastTimestamp: at, Count: 1,
	}
	if e.Warning {
		out.Type = "Warning"
	}
	err := r.client.do(ctx, http.MethodPost, asJSON, objectPath(core, r.client.Namespace, "events", ""), out, nil)
	if !isStatus(err, http.StatusConflict) {
		return err
	}
	path := objectPath(core, r.client.Namespace, "events", name)
	var kept event
	if err := r.client.do(ctx, http.MethodGet, "", path, nil, &kept); err != nil {
		return err
	}
	if at.Sub(kept.LastTimestamp) < sameFor {
		return nil
	}
	return r.client.do(ctx, http.MethodPatch, asMergePatch, path, map[string]any{
		"message": out.Message, "lastTimestamp": at, "count": kept.Count + 1,
	}, nil)
}

// eventName is the same for the same event, whoever sends it.
func eventName(e Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", e.Subject, e.Reason))
	return "etcdoc." + hex.EncodeToString(sum[:8])
}

// cut shortens a text to at most n bytes.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n -= len("…"); n > 0 && !utf8.RuneStart(text[n]); n-- {
	}
	return text[:n] + "…"
}
