package kube

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// GuardSelector finds the pods of guard.yaml.
const GuardSelector = "app.kubernetes.io/name=etcdoc-guard"

// ReadyGuards returns the nodes whose guard the disruption controller counts as healthy: it is ready by the newest that
// its kubelet has reported, and is not being deleted.
func (c *Client) ReadyGuards(ctx context.Context) (nodes []string, err error) {
	var list podList
	path := objectPath(core, c.Namespace, "pods", "") + "?labelSelector=" + url.QueryEscape(GuardSelector)
	if err := c.do(ctx, http.MethodGet, "", path, nil, &list); err != nil {
		if isStatus(err, http.StatusForbidden) {
			err = fmt.Errorf("%w: it takes the right to list pods, which etcdoc's manifest grants (kubectl auth can-i "+
				"list pods -n %s)", err, c.Namespace)
		}
		return nil, fmt.Errorf("reading the guards: %w", err)
	}
	for i := range list.Items {
		p := &list.Items[i]
		ready := slices.Contains(p.Status.Conditions, condition{"Ready", probe.ConditionTrue})
		if ready && p.Spec.NodeName != "" && p.Metadata.DeletionTimestamp == "" {
			nodes = append(nodes, p.Spec.NodeName)
		}
	}
	return nodes, nil
}
