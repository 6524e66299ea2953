package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/probe/recovery"
	"github.com/etcdoc/etcdoc/thresholds"
)

// recovered is what was found, with what to do.
type recovered struct {
	*recovery.Analysis
	at      time.Time
	profile profile.Name
	steps   []recoverStep
}

// code is the exit code.
func (r *recovered) code() int {
	damaged := len(r.Failed) > 0
	for _, s := range r.Survivors {
		damaged = damaged || s.Damaged
	}
	needless := r.Warrant == recovery.NotWarranted || r.Warrant == recovery.StartsNewVoter ||
		r.Warrant == recovery.Quorate
	switch {
	case damaged:
		return ExitUnhealthy
	case needless:
		return ExitHealthy
	case r.Best() == nil:
		return ExitNotDone
	case r.LosesNothing():
		return ExitHealthy
	}
	return ExitUnhealthy
}

// voters are the labels of those with some standing.
func (r *recovered) voters(standings ...recovery.Standing) (labels []string) {
	for i := range r.Voters {
		for _, s := range standings {
			if r.Voters[i].Standing == s {
				labels = append(labels, peerLabel(&r.Voters[i].Peer))
			}
		}
	}
	slices.Sort(labels)
	return labels
}

// peerLabel is what a member is called: its name, else its peer URL.
func peerLabel(p *probe.Peer) string {
	switch {
	case p.Name != "":
		return p.Name
	case len(p.PeerURLs) > 0:
		return p.PeerURLs[0]
	}
	return p.ID.String()
}

func list(labels []string) string {
	if n := len(labels); n > 1 {
		return strings.Join(labels[:n-1], ", ") + " and " + labels[n-1]
	}
	return strings.Join(labels, "")
}

// verdict says in a word and in sentences whether to build the cluster anew.
func (r *recovered) verdict() (word, text string) {
	needs := fmt.Sprintf("%d of %s %s needed for a quorum", r.Quorum, thresholds.Plural(len(r.Voters), "voter"),
		isOrAre(r.Quorum))
	here := r.voters(recovery.Here, recovery.Answers)
	switch r.Warrant {
	case recovery.Quorate:
		return "NO", r.quorate(needs)
	case recovery.NotWarranted:
		dead := r.voters(recovery.Here)
		if len(dead) == 0 {
			return "NO", fmt.Sprintf("%s %s, and %s: find out what keeps the cluster from having a leader (etcdoc check). "+
				"Building it anew would only lose data.", list(here), verb(len(here), "run"), needs)
		}
		start := "start them with their data, on their hosts or under their peer URLs elsewhere"
		if len(dead) == 1 {
			start = "start it with its data, on its host or under its peer URL elsewhere"
		}
		answers := ""
		switch up := r.voters(recovery.Answers); len(up) {
		case 0:
		case 1:
			answers = ", " + up[0] + " still runs"
		default:
			answers = ", " + list(up) + " still run"
		}
		return "NO", fmt.Sprintf("The data of %s is there%s, and %s: %s. That loses nothing, and what is not known to be "+
			"committed may be kept, too.", list(dead), answers, needs, start)
	case recovery.StartsNewVoter:
		fresh := r.voters(recovery.NeverStarted)
		has, start, can := "was added and never ran: it has", "Start it", "it can't be started"
		if len(fresh) > 1 {
			has, start, can = "were added and never ran: they have", "Start them", "they can't be started"
		}
		return "NO", fmt.Sprintf("%s, and %s %s no data that could be lost. %s%s, with an empty data directory at the peer URL. "+
			"Build the cluster anew only if %s.", needs, list(fresh), has, start, startedToo(here), can)
	case recovery.IfGone:
		return "DEPENDS", r.ifGone(needs)
	}
	return "UNKNOWN", "Who the voters are is not known, as no database and no member list could be read: whether a quorum of " +
		"them is gone is not known either."
}

// quorate says that the cluster has its quorum, and what to do with members that do not answer.
func (r *recovered) quorate(needs string) string {
	up, down := r.voters(recovery.Answers), r.voters(recovery.Here)
	text := fmt.Sprintf("%s %s, and %s: the cluster has its quorum. ", list(up), verb(len(up), "answer"), needs)
	switch len(down) {
	case 0:
		text += "Replace single members (remove, then add)"
	case 1:
		text += fmt.Sprintf("The data of %s is there, and etcd does not run on it: start it. Replace a member (remove, "+
			"then add) if it can't be started", down[0])
	default:
		text += fmt.Sprintf("The data of %s is there, and etcd does not run on it: start them. Replace a member (remove, "+
			"then add) if it can't be started", list(down))
	}
	return text + "; building the cluster anew would only lose data."
}

// ifGone says which members must be gone, and else what to start: those that have data, and then those that were added
// and never ran.
func (r *recovered) ifGone(needs string) string {
	others, fresh := r.voters(recovery.NotGiven, recovery.Unusable), r.voters(recovery.NeverStarted)
	missing := r.Missing - len(fresh)
	text := fmt.Sprintf("Only if %s gone for good, which etcdoc can't see: %s. ", goneWords(others, missing), needs)
	switch {
	case len(others) == 1:
		text += "If it can be started with its old data, start it"
	case missing == 1:
		text += "If one of them can be started with its old data, start it"
	default:
		text += fmt.Sprintf("If %d of them can be started with their old data, start them", missing)
	}
	if len(fresh) > 0 {
		text += fmt.Sprintf(", and then %s, which %s added and never ran, with an empty data directory", list(fresh),
			pluralVerb(len(fresh), "was", "were"))
	}
	return text + ": that loses nothing."
}

// verb is one in the present, of so many.
func verb(n int, plural string) string { return pluralVerb(n, plural+"s", plural) }

func pluralVerb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// label is what a survivor is called, with its path if another one is called the same: a copy of it.
func (r *recovered) label(s *recovery.Survivor) string {
	for _, other := range r.Survivors {
		if other == s || other.Label() != s.Label() {
			continue
		}
		if s.In != "" && s.In != s.Path {
			return fmt.Sprintf("%s (%s in %s)", s.Label(), s.Path, s.In)
		}
		return fmt.Sprintf("%s (%s)", s.Label(), s.Path)
	}
	return s.Label()
}

func startedToo(here []string) string {
	if len(here) == 0 {
		return ""
	}
	return " beside " + list(here)
}

// goneWords say how many of some voters must be gone, so that so many that are missing can't be had.
func goneWords(others []string, missing int) string {
	switch n := len(others) - missing + 1; {
	case len(others) == 1:
		return others[0] + " is"
	case n == len(others):
		return list(others) + " are"
	case n == 1:
		return "one of " + list(others) + " is"
	default:
		return fmt.Sprintf("%d of %s are", n, list(others))
	}
}

// choice says which survivor to take, and what that means.
func (r *recovered) choice() string {
	best := r.Best()
	if best == nil {
		return "None can be ranked: " + r.Unranked + "."
	}
	text := fmt.Sprintf("%s, which keeps all up to index %d", r.label(best), *best.Keeps)
	switch {
	case best.Loss.Entries() > 0:
		text += ": " + lostWords(best.Loss)
	case r.UnseenQuorum:
		text += ", the most of all that was read"
	default:
		text += ": nothing that is known to be committed is lost"
	}
	text += "."
	for _, same := range r.Survivors[1:] {
		if same.Keeps != nil && *same.Keeps == *best.Keeps {
			text += fmt.Sprintf(" %s keeps as much.", r.label(same))
		}
	}
	return text
}

// doubts say what is not known, or is in doubt.
func (r *recovered) doubts() (doubts []string) {
	if r.UnseenQuorum {
		unseen := r.voters(recovery.NotGiven, recovery.Unusable, recovery.Answers)
		whose := fmt.Sprintf("The logs of %s were not read, or not to their ends, and these are enough for a quorum without "+
			"the others", list(unseen))
		if len(unseen) == len(r.Voters) {
			whose = "No voter's log was read"
		}
		doubts = append(doubts, whose+": they may have committed more than any of these has.")
	}
	if r.By == recovery.ByMajority {
		doubts = append(doubts, fmt.Sprintf("The entries up to index %d are committed, because a majority of the voters has "+
			"them in the log, although no member knew that yet: no way to build the cluster anew keeps them. Starting %d of "+
			"the voters with their data does.", r.Committed, r.Quorum))
	}
	if b := r.Beyond; b != nil {
		who := "voters whose logs were not read"
		if len(r.BeyondIn) > 0 {
			who = "the log of " + list(r.BeyondIn)
		}
		doubts = append(doubts, fmt.Sprintf("%s may have been acknowledged to clients (%s), in %s, and not known to be "+
			"committed. No way to build the cluster anew keeps them; a quorum of voters that is started with its "+
			"data may.", entries(b.Entries()), indexes(b.From+1, b.To), who))
	}
	if r.Dropped > 0 {
		doubts = append(doubts, fmt.Sprintf("%s at the end of the most up to date log can't have been committed: too few "+
			"voters have them.", entries(r.Dropped)))
	}
	if r.Unranked != "" && r.Best() != nil {
		doubts = append(doubts, "The order is not certain: "+r.Unranked+".")
	}
	for _, err := range r.Failed {
		doubts = append(doubts, "Not read: "+err.Error()+".")
	}
	return doubts
}

func indexes(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("index %d", first)
	}
	return fmt.Sprintf("index %d to %d", first, last)
}

func entries(n uint64) string {
	if n == 1 {
		return "1 entry"
	}
	return count(int64(n)) + " entries"
}

// lostWords say how much is lost.
func lostWords(l *recovery.Loss) string {
	if l == nil {
		return "not known"
	}
	if l.Entries() == 0 {
		return "nothing"
	}
	words := []string{entries(l.Entries())}
	if l.Revisions != nil {
		words = append(words, thresholds.Plural(int(*l.Revisions), "revision"))
	}
	for _, k := range []struct {
		n    int64
		what string
	}{{l.Gone, "gone"}, {l.Older, "with an older value"}, {l.Back, "deleted before and there again"}} {
		if k.n > 0 {
			words = append(words, thresholds.Plural(int(k.n), "key")+" "+k.what)
		}
	}
	text := strings.Join(words, ", ")
	if l.Why != "" {
		text += " (the keys are not all known: " + l.Why + ")"
	}
	return text
}
