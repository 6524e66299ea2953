package kube

import (
	"context"
	"net/http"
	"time"
)

// microTime is how the API writes the times of a Lease.
const microTime = "2006-01-02T15:04:05.000000Z07:00"

const coordination = "apis/coordination.k8s.io/v1"

// A lease is an object of the API. What is in its metadata is handed back as it came.
type lease struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       leaseSpec      `json:"spec"`
}

type leaseSpec struct {
	HolderIdentity       string `json:"holderIdentity,omitempty"`
	LeaseDurationSeconds int    `json:"leaseDurationSeconds,omitempty"`
	AcquireTime          string `json:"acquireTime,omitempty"`
	RenewTime            string `json:"renewTime,omitempty"`
	LeaseTransitions     int    `json:"leaseTransitions,omitempty"`
}

func (l *lease) version() string {
	version, _ := l.Metadata["resourceVersion"].(string)
	return version
}

// duration is for how long the holder has it since it was renewed.
func (l *lease) duration() time.Duration {
	return time.Duration(l.Spec.LeaseDurationSeconds) * time.Second
}

// newLease returns a Lease that nobody holds.
func newLease(namespace, name string) *lease {
	return &lease{APIVersion: "coordination.k8s.io/v1", Kind: "Lease",
		Metadata: map[string]any{"name": name, "namespace": namespace}}
}

// leases is where a Lease is kept.
type leases interface {
	get(ctx context.Context) (*lease, error)
	// create and update return what is kept then. update fails with 409 if another update came first.
	create(ctx context.Context, l *lease) (*lease, error)
	update(ctx context.Context, l *lease) (*lease, error)
}

// leaseOf keeps the Lease of a name with the API server.
type leaseOf struct {
	client *Client
	name   string
}

func (l leaseOf) do(ctx context.Context, method, name string, in *lease) (*lease, error) {
	var body any
	if in != nil {
		body = in
	}
	kept := new(lease)
	path := objectPath(coordination, l.client.Namespace, "leases", name)
	if err := l.client.do(ctx, method, asJSON, path, body, kept); err != nil {
		return nil, err
	}
	return kept, nil
}

func (l leaseOf) get(ctx context.Context) (*lease, error) {
	return l.do(ctx, http.MethodGet, l.name, nil)
}

func (l leaseOf) create(ctx context.Context, in *lease) (*lease, error) {
	return l.do(ctx, http.MethodPost, "", in)
}

func (l leaseOf) update(ctx context.Context, in *lease) (*lease, error) {
	return l.do(ctx, http.MethodPut, l.name, in)
}
