package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/recovery"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A recoverFace writes what was found.
type recoverFace func(w io.Writer, r *recovered) error

func recoverFaceOf(flags *recoverFlags, width int) (recoverFace, error) {
	page := recoverPage{width: width, recoverFlags: flags}
	switch flags.output {
	case "table", "simple":
		return page.print, nil
	case "json":
		return func(w io.Writer, r *recovered) error { return writeJSON(w, recoverDocument(r, flags)) }, nil
	case "yaml":
		return func(w io.Writer, r *recovered) error { return writeYAML(w, recoverDocument(r, flags)) }, nil
	}
	return nil, notOneOf("output", flags.output, []string{"table", "json", "yaml"})
}

// A recoverPage is the text for people.
type recoverPage struct {
	width int
	*recoverFlags
}

func (p recoverPage) print(w io.Writer, r *recovered) error {
	b := &paragraphs{width: p.width}
	word, text := r.verdict()
	b.add("", "Build the cluster anew?")
	b.add(lead(word), text)
	b.WriteByte('\n')
	b.add(lead("First"), r.choice())
	for _, doubt := range r.doubts() {
		b.add(lead("Mind"), doubt)
	}
	b.WriteByte('\n')
	b.add("", r.clusterLine())
	b.WriteByte('\n')
	p.printChoices(b, r)
	for _, s := range r.Survivors {
		b.WriteByte('\n')
		p.printSurvivor(b, s)
	}
	p.printLosses(b, r)
	printRecoverSteps(b, r)
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// clusterLine says which cluster it is, and what is known of it.
func (r *recovered) clusterLine() string {
	id := "?"
	if r.Cluster != 0 {
		id = r.Cluster.String()
	}
	words := []string{"cluster " + id}
	standing := map[recovery.Standing]string{recovery.Here: "data is here", recovery.Answers: "answers",
		recovery.NeverStarted: "never ran", recovery.Unusable: "data is here and etcd does not start with it",
		recovery.NotGiven: "not given"}
	var voters []string
	for i := range r.Voters {
		v := &r.Voters[i]
		voters = append(voters, peerLabel(&v.Peer)+" ("+standing[v.Standing]+")")
	}
	if len(voters) > 0 {
		words = append(words, fmt.Sprintf("%s: %s", thresholds.Plural(len(voters), "voter"), strings.Join(voters, ", ")))
	}
	for i := range r.Members {
		if r.Members[i].Learner {
			words = append(words, "learner "+peerLabel(&r.Members[i]))
		}
	}
	words = append(words, fmt.Sprintf("committed up to index %d", r.Committed))
	if r.Revision != nil {
		words = append(words, fmt.Sprintf("revision %d", *r.Revision))
	}
	return strings.Join(words, "; ")
}

func indexWord(n *uint64) string {
	if n == nil {
		return "?"
	}
	return strconv.FormatUint(*n, 10)
}

func revisionWord(n *int64) string {
	if n == nil {
		return "?"
	}
	return strconv.FormatInt(*n, 10)
}

// printChoices writes the ranking.
func (p recoverPage) printChoices(b *paragraphs, r *recovered) {
	rows := [][]string{{"CHOICE", "KEEPS", "ENTRIES LOST", "REVISIONS LOST", "KEYS LOST", "COMMIT", "DATABASE", "LOG ENDS",
		"TERM"}}
	for _, s := range r.Survivors {
		applied := s.ConsistentIndex
		if s.Kind == recovery.Live {
			applied = s.Applied
		}
		row := []string{probe.Printable(r.label(s)), indexWord(s.Keeps), "?", "?", "?", indexWord(s.Commit), indexWord(applied), indexWord(s.LastIndex),
			indexWord(s.Term)}
		if l := s.Loss; l != nil {
			row[2], row[3] = strconv.FormatUint(l.Entries(), 10), revisionWord(l.Revisions)
			if l.Why == "" {
				row[4] = strconv.FormatInt(l.Gone+l.Older+l.Back, 10)
			}
		}
		rows = append(rows, row)
	}
	printRows(b, rows, p.width, "TERM", "LOG ENDS", "DATABASE", "COMMIT", "ENTRIES LOST")
}

// printSurvivor writes what is known of a survivor.
func (p recoverPage) printSurvivor(b *paragraphs, s *recovery.Survivor) {
	what := map[recovery.Kind]string{recovery.DataDir: "data directory", recovery.Snapshot: "snapshot",
		recovery.Live: "answers at"}
	head := fmt.Sprintf("%s: %s %s", s.Label(), what[s.Kind], s.Path)
	if s.In != "" {
		head += " in " + s.In
	}
	b.add("", head)
	line := func(name, value string) {
		if value != "" {
			b.add("  "+pad(name, 10, false)+"  ", value)
		}
	}
	line("way", map[recovery.How]string{recovery.ForceNewCluster: "etcd --force-new-cluster",
		recovery.Restore: "restore of its database"}[s.How])
	line("member", memberLine(s))
	line("log", logWords(s))
	line("database", databaseWords(s))
	line("members", strings.Join(peersWords(s.Members), ", "))
	line("removed", strings.Join(ids(s.Removed), ", "))
	line("alarms", strings.Join(alarmsWords(s), ", "))
	for _, problem := range s.Problems {
		line("problem", problem)
	}
	for _, u := range s.Unknown {
		line("not known", strings.Join(u.Facts, ", ")+": "+u.Why)
	}
}

func memberLine(s *recovery.Survivor) string {
	if s.Member == 0 {
		return ""
	}
	words := []string{s.Member.String()}
	if s.Learner {
		words = append(words, "a learner")
	}
	if s.Running {
		words = append(words, "etcd runs on it")
	}
	if s.Version != "" {
		words = append(words, "etcd "+s.Version)
	}
	return strings.Join(words, ", ")
}

func logWords(s *recovery.Survivor) string {
	if s.LastIndex == nil {
		return ""
	}
	text := fmt.Sprintf("entries %s to %s, the last of term %s; HardState: term %s, commit %s", indexWord(s.FirstIndex),
		indexWord(s.LastIndex), indexWord(s.LastTerm), indexWord(s.Term), indexWord(s.Commit))
	if s.SnapshotIndex != nil {
		text += "; snapshot at " + indexWord(s.SnapshotIndex)
	}
	if s.Torn {
		text += "; the last record was not written in full, and etcd drops it"
	}
	if s.LogBytes != nil {
		text += fmt.Sprintf("; %s, %s, %s of raft's snapshots", thresholds.Plural(s.LogFiles, "file"), size(*s.LogBytes),
			thresholds.Plural(s.SnapFiles, "file"))
	}
	return text
}

func databaseWords(s *recovery.Survivor) string {
	if s.Revision == nil {
		return ""
	}
	words := []string{"revision " + revisionWord(s.Revision)}
	if s.ConsistentIndex != nil {
		at := "consistent index " + indexWord(s.ConsistentIndex)
		if s.ConsistentTerm != nil {
			at += " of term " + indexWord(s.ConsistentTerm)
		}
		words = append(words, at)
	}
	if s.CompactRevision != nil && *s.CompactRevision > 0 {
		compacted := "compacted at " + revisionWord(s.CompactRevision)
		if s.CompactionUnfinished {
			compacted += ", not to the end"
		}
		words = append(words, compacted)
	}
	if s.DatabaseBytes != nil {
		words = append(words, size(*s.DatabaseBytes))
	}
	if s.ClusterVersion != "" {
		words = append(words, "cluster version "+s.ClusterVersion)
	}
	if s.StorageVersion != "" {
		words = append(words, "storage version "+s.StorageVersion)
	}
	if !s.Written.IsZero() && s.Kind != recovery.Live {
		words = append(words, "written by "+s.Written.UTC().Format(time.RFC3339))
	}
	return strings.Join(words, "; ")
}

func peersWords(peers []probe.Peer) (words []string) {
	for i := range peers {
		text := peerLabel(&peers[i])
		if peers[i].Learner {
			text += " (learner)"
		}
		words = append(words, text)
	}
	return words
}

func ids(members []probe.MemberID) (words []string) {
	for _, id := range members {
		words = append(words, id.String())
	}
	return words
}

func alarmsWords(s *recovery.Survivor) (words []string) {
	for _, a := range s.Alarms {
		who := a.Member.String()
		for i := range s.Members {
			if s.Members[i].ID == a.Member {
				who = peerLabel(&s.Members[i])
			}
		}
		words = append(words, a.Type+" of "+who)
	}
	return words
}
