package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// guardsPatience is how long the API server may take to say which guards are ready: with askedPatience, less than the
// two seconds of the guard's probe.
const guardsPatience = 900 * time.Millisecond

// guardsFit is why another member is not fit although the guard of its node still counts as ready; nil if none is. A
// kubelet that is cut off reports nothing: for --node-monitor-grace-period of kube-controller-manager, 50 s by default,
// its guard stays ready, and the budget would give away a member that the quorum needs.
func (a *Agent) guardsFit(ctx context.Context, now *thresholds.Assessment) error {
	if a.options.ReadyGuards == nil {
		return nil
	}
	carries := map[string]bool{}
	var unfit *thresholds.Member
	for i := range now.Members {
		switch m := &now.Members[i]; {
		case m.Fit.OK && m.Node != nil:
			carries[m.Node.Name] = true
		case !m.Fit.OK && m.Voter && unfit == nil:
			unfit = m
		}
	}
	if unfit == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, guardsPatience)
	defer cancel()
	ready, err := a.options.ReadyGuards(ctx)
	if err != nil {
		return fmt.Errorf("not fit: %s, and whether the guard of its node still counts as ready is not known: %w",
			unfit.Fit.Reason, err)
	}
	for _, node := range ready {
		if !carries[node] {
			return fmt.Errorf("not fit: %s, and the guard on node %s still counts as ready, where no fit member is known "+
				"to run", unfit.Fit.Reason, node)
		}
	}
	return nil
}
