package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// now stands for a live member in the place of a file.
const now = "now"

// sourceWindow is how long the members are observed to choose the one to read from.
const sourceWindow = time.Second

// A readWish says which member of a live cluster to read from.
type readWish struct {
	// about is what the command is about, as the beginning of a sentence about a cluster.
	about string
	// from is a member's name, id or endpoint; empty if any will do. leaderToo lets it be the leader where no other
	// member is healthy.
	from      string
	leaderToo bool
}

// A liveCluster is a cluster one member of which is read.
type liveCluster struct {
	prober  *probe.Prober
	checker *checker
	// sources are the members to read from, the best one first, and seen is what chose them.
	sources []thresholds.DataSource
	seen    thresholds.Assessment
}

// connectToRead observes the cluster and chooses the members to read from. The caller must close its prober.
func connectToRead(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, rules []thresholds.Rule,
	wish readWish,
) (_ *liveCluster, err error) {
	if err := settings.one(cmd.Flags(), wish.about); err != nil {
		return nil, err
	}
	config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
	if err != nil {
		return nil, err
	}
	settings.mentionClusters(cmd.Flags(), streams.Err)
	connection.warn(streams.Err)
	config.Interval = sourceWindow / sweepsPerWindow
	prober, err := probe.New(config)
	if err != nil {
		return nil, err
	}
	l := &liveCluster{prober: prober, checker: newChecker(prober, rules, sourceWindow, config.CommandTimeout)}
	if err = l.choose(cmd.Context(), wish); err != nil {
		prober.Close()
		return nil, err
	}
	return l, nil
}

// choose observes the members, a while longer where their answers are late, and chooses those to read from.
func (l *liveCluster) choose(ctx context.Context, wish readWish) error {
	begun := time.Now()
	for first := true; ; first = false {
		a, err := l.checker.observeNext(ctx, "looking at the cluster")
		if err != nil {
			return err
		}
		l.seen = a
		took := time.Since(begun)
		answered := a.Await != thresholds.AwaitAnswers || took >= sourceWindow+l.checker.timeout
		if !first && took >= sourceWindow && answered {
			break
		}
	}
	if wish.from != "" {
		source, found := l.seen.SourceCalled(wish.from)
		if !found {
			return valueErrorf("from", "%s: no member of that name, id or endpoint answers; these do: %s",
				probe.Printable(wish.from), l.answering())
		}
		l.sources = []thresholds.DataSource{source}
		return nil
	}
	if l.sources = l.seen.DataSources(wish.leaderToo); len(l.sources) > 0 {
		return nil
	}
	if l.answering() == "" {
		return fmt.Errorf("no member answers: %s", l.whyNone())
	}
	return fmt.Errorf("no follower is healthy, and to send its database loads a member: --from MEMBER reads from it "+
		"all the same; these answer: %s", l.answering())
}

// answering names the members that answer.
func (l *liveCluster) answering() string {
	var names []string
	for i := range l.seen.Members {
		if m := &l.seen.Members[i]; m.State == thresholds.StateOK && m.ID != 0 && !m.Stray {
			names = append(names, fmt.Sprintf("%s (%s)", probe.Printable(m.Label), m.Role))
		}
	}
	return strings.Join(names, ", ")
}

// whyNone says why nobody answers.
func (l *liveCluster) whyNone() string {
	for i := range l.seen.Members {
		for _, err := range l.seen.Members[i].Errors {
			return probe.Printable(err.Text)
		}
	}
	return l.seen.Reading.Text
}

// quotaOf is the quota that the member reports; 0 if it reports none.
func (l *liveCluster) quotaOf(source thresholds.DataSource) int64 {
	if m := l.seen.Member(source.Key); m != nil {
		return max(int64(m.Vitals[thresholds.DBQuota].Or(0)), 0)
	}
	return 0
}

// from reads from the first of the members that does not refuse: a learner knows no users.
func (l *liveCluster) from(
	streams Streams, read func(*probe.MemberReader, thresholds.DataSource) error,
) (source thresholds.DataSource, err error) {
	for _, source = range l.sources {
		fmt.Fprintf(streams.Err, "reading from %s, %s\n", probe.Printable(source.Label), source.Why)
		var reader *probe.MemberReader
		if reader, err = l.prober.ReadMember(source.ID); err != nil {
			return source, err
		}
		err = read(reader, source)
		reader.Close()
		var refused *probe.Error
		if source.Role != thresholds.RoleLearner || !errors.As(err, &refused) ||
			!refused.Kind.IsDenied() && refused.Kind != probe.ErrUnsupported {
			return source, err
		}
		warnf(streams.Err, "%s does not serve it: %s", probe.Printable(source.Label), probe.Printable(refused.Text))
	}
	return source, err
}

// readingOf is what there is to say about the space of the cluster now that it is known what fills it; nil if its space
// is no problem.
func (l *liveCluster) readingOf(ctx context.Context, space probe.Space) (*thresholds.Reading, error) {
	l.prober.NoteSpace(space)
	a, err := l.checker.observeNext(ctx, "looking at the cluster again")
	if err != nil || !a.Reading.IsAboutSpace() {
		return nil, err
	}
	return &a.Reading, nil
}

// stream reads the whole database of a member.
func (s *spaceFlags) stream(ctx context.Context, streams Streams, l *liveCluster) (r spaceReport, err error) {
	source, err := l.from(streams, func(reader *probe.MemberReader, source thresholds.DataSource) error {
		open := func(ctx context.Context, name string, report keyspace.Progress) (*keyspace.DB, error) {
			return keyspace.Stream(ctx, reader, name, s.tempDir, report)
		}
		r.usage, err = s.read(ctx, streams.Err, open, source.Label)
		return err
	})
	r.source = &source
	if err == nil {
		r.reading, err = l.readingOf(ctx, r.usage.Space(source.ID))
	}
	if r.quota, _ = s.quotaBytes(); r.quota == 0 { // checked
		r.quota = l.quotaOf(source)
	}
	return r, streamError(err)
}

// streamError says what to do about an error of a stream.
func streamError(err error) error {
	var space *keyspace.SpaceError
	if errors.As(err, &space) {
		return fmt.Errorf("%w: --temp-dir DIR names another place", err)
	}
	return err
}
