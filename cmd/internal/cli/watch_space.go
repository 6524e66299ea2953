package cli

import (
	"context"
	"math/rand/v2"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/tui"
)

// liveSpace estimates what fills the database of the cluster that a prober observes.
type liveSpace struct{ prober *probe.Prober }

// estimatorOf is what estimates the space of a source; nil if that is no live cluster.
func estimatorOf(source probe.Source) tui.Space {
	if prober, is := source.(*probe.Prober); is {
		return liveSpace{prober}
	}
	return nil
}

// EstimateSpace asks a member beside the sweeps, on a connection of its own. The sweeps after it say what it has found.
func (l liveSpace) EstimateSpace(
	ctx context.Context, member probe.MemberID, report func(doing string, done, of uint64),
) (keyspace.Estimate, error) {
	reader, err := l.prober.ReadMember(member)
	if err != nil {
		return keyspace.Estimate{}, err
	}
	defer reader.Close()
	e, err := keyspace.EstimateUsage(ctx, reader, keyspace.EstimateOptions{
		Seed: rand.Uint64(), Report: report, //nolint:gosec // no secret
	})
	if err == nil {
		l.prober.NoteSpace(e.Space(member))
	}
	return e, err
}
