package assets

import "strings"

// A Runbook is the page about a rule or a cause.
type Runbook struct {
	// Page is the id that gives the page its name; several ids may share a page.
	Page string
	// Meaning says in one line what the id means.
	Meaning string
	// Markdown is the page.
	Markdown string
}

// RunbookOf returns the runbook of a rule or a cause by its id.
func RunbookOf(id string) (Runbook, bool) {
	r := Runbook{Page: id}
	for _, shared := range sharedRunbooks() {
		if shared.id == id {
			r.Page, r.Meaning = shared.page, shared.meaning
		}
	}
	text, err := files.ReadFile("runbooks/" + r.Page + ".md")
	if err != nil {
		return Runbook{}, false
	}
	r.Markdown = string(text)
	if r.Meaning == "" {
		title, _, _ := strings.Cut(r.Markdown, "\n")
		r.Meaning = strings.TrimPrefix(title, "# ")
	}
	return r, true
}

// A sharedRunbook is an id that is explained on the page of another one: what to look at and what to do is the same.
type sharedRunbook struct{ id, page, meaning string }

func sharedRunbooks() []sharedRunbook {
	return []sharedRunbook{
		{"unreachable", "cluster-unreachable", "No member answers: the cluster is down, or out of reach from here"},
		{"membership-mismatch", "member-list-mismatch", "Members disagree on who is a member, or on the cluster"},
		{"alarm-corrupt", "corruption", "The CORRUPT alarm is raised: writes are refused"},
		{"hash-mismatch", "corruption", "A member's data has another hash than that of most others"},
		{"alarm-nospace", "no-space", "The NOSPACE alarm is raised: puts are refused"},
		{"quota-near", "db-quota", "A database is near its quota"},
		{"quota-growing", "db-growth", "A database grows, and will reach its quota"},
		{"fragmentation", "db-fragmentation", "Much of a database file is free pages"},
		{"compaction-stopped", "compaction-stalled", "Nothing is compacted, and revisions pile up"},
		{"defragmentation", "defrag-running", "A member is being defragmented, and the others wait for it"},
		{"member-down", "member-unreachable", "A member is down"},
		{"member-hung", "member-late", "A member's process hangs: it runs, and does not answer"},
		{"follower-stuck", "follower-behind", "A voter receives none of the leader's entries"},
		{"follower-lag", "follower-behind", "A member is behind the leader, and falls further behind"},
		{"slow-disk", "wal-fsync-slow", "A member's disk is slow"},
		{"slow-disk-all", "wal-fsync-slow", "The disks of all members are slow"},
		{"large-writes", "backend-commit-slow", "Commits are slow and fsyncs are not: large writes"},
		{"peer-disconnected", "link-cut", "A member has no connection with a peer that answers"},
		{"peer-send-failures", "link-cut", "Messages to a peer can't be sent"},
		{"member-cut-off", "link-cut", "A member has lost all its peers"},
		{"peer-rtt-slow", "slow-link", "Round trips between members take long"},
		{"peer-rtt-grown", "slow-link", "Round trips with a peer have become longer"},
		{"slow-network", "slow-link", "All links are slow: a slow network, or members far apart"},
		{"overload", "proposals-pending", "Clients ask for more than the cluster commits"},
		{"slow-read-indexes", "linearizable-read-slow", "Linearizable reads wait long for the leader's confirmation"},
		{"answers-slow", "cpu-starvation", "A member answers late from memory: it is short of CPU"},
		{"leader-flapping", "leader-changes", "The leader changes again and again"},
		{"requests-failing", "grpc-failures", "Calls or proposals of clients fail"},
		{"grpc-slow-range", "grpc-slow", "Range calls take long"},
		{"grpc-slow-txn", "grpc-slow", "Txn calls take long"},
		{"write-burst", "request-rate", "A burst of writes, or of reads"},
		{"file-descriptors", "fd-exhaustion", "A member runs out of file descriptors"},
		{"memory", "memory-growth", "A member's memory grows fast"},
		{"certificate", "certificate-expiry", "A certificate expires"},
		{"client-certificate-expiry", "certificate-expiry", "The certificate that etcdoc shows to members expires"},
		{"clock", "clock-drift", "A host's clock is off"},
		{"backup-missing", "backup-stale", "There is no backup on this host that is not damaged"},
		{"backup-corrupt", "backup-stale", "The newest backup is damaged, or has shrunk"},
		{"backup", "backup-stale", "Backups are missing, too old or damaged"},
		{"observer-clock", "clock-drift", "The clock of this host is off"},
		{"restarts", "member-restarted", "A member's process starts again and again"},
		{"apiserver", "apiserver-etcd-unready", "The way from a kube-apiserver to etcd fails or is slow; etcd is well"},
		{"apiserver-get-latency", "apiserver-etcd-latency", "A kube-apiserver's gets from etcd take long"},
		{"version-mix", "version-skew", "Members run versions too far apart, or one is a bad version"},
	}
}
