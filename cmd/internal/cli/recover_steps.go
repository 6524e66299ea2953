package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/probe/recovery"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A recoverStep is one thing to do, with the commands for it.
type recoverStep struct {
	// Where is on which hosts.
	Where, Text string
	Commands    []string
}

// procedure is how etcd is run, with the data directory of the first choice.
func (r *recovered) procedure(client string) procedure {
	k := procedureOf(r.profile, client)
	if best := r.Best(); best != nil {
		k.dataDir = r.placeOf(best)
	}
	return k
}

// placeOf is where a survivor's data is on its host: in its path if that can be there, and else where etcd has it.
func (r *recovered) placeOf(s *recovery.Survivor) string {
	isPlain := r.profile == "" || r.profile == profile.Etcd
	if isPlain && s.Kind == recovery.DataDir && s.In == "" && filepath.IsAbs(s.Path) {
		return s.Path
	}
	return procedureOf(r.profile, "").dataDir
}

// stepsOf are the steps for what was found.
func (r *recovered) stepsOf() []recoverStep {
	switch r.Warrant {
	case recovery.Quorate:
		return nil
	case recovery.NotWarranted:
		return r.startSteps(r.voters(recovery.Here))
	case recovery.StartsNewVoter:
		return append(r.startSteps(r.voters(recovery.Here)), r.startNew()...)
	}
	if r.Best() == nil {
		return nil
	}
	return r.rebuildSteps(r.Best())
}

// startSteps start members with their data.
func (r *recovered) startSteps(labels []string) []recoverStep {
	if len(labels) == 0 {
		return nil
	}
	k := r.procedure("")
	start := recoverStep{Where: hostsOf(labels), Text: "Start them, with the data where it was.", Commands: k.start}
	see := recoverStep{Where: "one of them", Text: "See that they have a leader: etcdoc check says so.",
		Commands: []string{k.list}}
	if len(labels) == 1 {
		start.Text, see.Where = "Start it, with the data where it was.", start.Where
		see.Text = "See that the cluster has a leader: etcdoc check says so."
	}
	return []recoverStep{r.keepCopies(labels), start, see}
}

func hostsOf(labels []string) string {
	return "the " + pluralVerb(len(labels), "host", "hosts") + " of " + list(labels)
}

// keepCopies copies data directories before anything is started on them.
func (r *recovered) keepCopies(labels []string) recoverStep {
	step := recoverStep{Where: hostsOf(labels), Text: "Keep a copy of the data as it is."}
	for _, s := range r.Survivors {
		dir := shellWord(r.placeOf(s))
		copying := fmt.Sprintf("cp -a %s %s.before-recovery", dir, dir)
		if slices.Contains(labels, s.Label()) && !slices.Contains(step.Commands, copying) {
			step.Commands = append(step.Commands, copying)
		}
	}
	return step
}

// startNew starts voters that were added and never ran.
func (r *recovered) startNew() (steps []recoverStep) {
	k := r.procedure("")
	for i := range r.Voters {
		v := &r.Voters[i]
		if v.Standing != recovery.NeverStarted || len(v.PeerURLs) == 0 {
			continue
		}
		step := recoverStep{
			Where:    "the host of " + v.PeerURLs[0],
			Text:     "Start the member that never ran. Without its data directory it joins.",
			Commands: []string{fmt.Sprintf("ls %s  # nothing, or move it away", shellWord(k.dataDir))},
		}
		if k.joins {
			step.Commands = append(step.Commands, k.start...)
		} else {
			step.Text += " NAME is to be a name, and the flags for TLS and for clients are those of the others."
			urls := shellWord(strings.Join(v.PeerURLs, ","))
			step.Commands = append(step.Commands, fmt.Sprintf("etcd --name NAME --data-dir %s --listen-peer-urls %s "+
				"--initial-advertise-peer-urls %s --initial-cluster %s --initial-cluster-state existing%s",
				shellWord(k.dataDir), urls, urls, shellWord(r.initialCluster(v.ID)), k.joinFlags))
		}
		steps = append(steps, step)
	}
	return steps
}

// initialCluster is etcd's --initial-cluster for a member that has no name yet.
func (r *recovered) initialCluster(self probe.MemberID) string {
	var all []string
	for i := range r.Members {
		m := &r.Members[i]
		name := cmp.Or(m.Name, m.ID.String())
		if m.ID == self {
			name = "NAME"
		}
		for _, url := range m.PeerURLs {
			all = append(all, name+"="+url)
		}
	}
	return strings.Join(all, ",")
}

// self is the member that a survivor is of; of a snapshot, the first that is known by name.
func (r *recovered) self(s *recovery.Survivor) (self probe.Peer) {
	for _, m := range r.Members {
		if m.ID == s.Member && s.Member != 0 {
			return m
		}
	}
	for _, m := range r.Members {
		if s.Member == 0 && m.Name != "" && len(m.PeerURLs) > 0 {
			return m
		}
	}
	return probe.Peer{ID: s.Member, Name: s.Name}
}

// rebuildSteps build the cluster anew from a survivor.
func (r *recovered) rebuildSteps(best *recovery.Survivor) []recoverStep {
	self := r.self(best)
	client := ""
	if len(self.ClientURLs) > 0 {
		client = self.ClientURLs[0]
	}
	k := r.procedure(client)
	host := "the host of " + cmp.Or(peerLabel(&self), best.Label())
	var others []string
	for i := range r.Members {
		if r.Members[i].ID != self.ID {
			others = append(others, peerLabel(&r.Members[i]))
		}
	}
	steps := []recoverStep{{
		Where: "the hosts of all members",
		Text: "Stop etcd, and see that nothing starts it again: an old member that comes back later would be the old " +
			"cluster beside the new one.",
		Commands: k.stop,
	}}
	if best.Kind == recovery.DataDir && r.isElsewhere(best, k.dataDir) {
		from := "Put the data that was read in its place, unless that is where it comes from."
		if best.In != "" {
			from = fmt.Sprintf("Put the data in %s in its place, unless that is where it comes from.", best.In)
		}
		place := shellWord(k.dataDir)
		steps = append(steps, recoverStep{Where: host, Text: from, Commands: []string{
			fmt.Sprintf("mv %s %s.before-recovery", place, place), fmt.Sprintf("cp -a %s %s", shellWord(best.Path), place),
		}})
	} else {
		kept := r.keepCopies([]string{best.Label()})
		kept.Where = host
		steps = append(steps, kept)
	}
	if best.How == recovery.ForceNewCluster {
		text := strings.Join(append([]string{k.forceText}, r.caveats(best)...), " ")
		steps = append(steps, recoverStep{Where: host, Text: text, Commands: k.force})
	} else {
		steps = append(steps, r.restoreSteps(best, &self, &k, host)...)
	}
	only := recoverStep{Where: host, Text: "See that it is the only member.", Commands: []string{k.list}}
	switch {
	case best.How == recovery.Restore && k.restore == nil:
		steps = append(steps, recoverStep{Where: host, Text: "Start it.", Commands: k.start}, only)
	case k.servesOnForced:
		steps = append(steps, only, recoverStep{Where: host, Text: "Start it without that, before anything else starts it " +
			"again: with it, each start makes a cluster of one.", Commands: k.settle})
	default:
		steps = append(steps, recoverStep{Where: host, Text: "Start it.", Commands: k.settle}, only)
	}
	return append(steps, r.rejoinSteps(&k, client, others)...)
}

// isElsewhere reports that a survivor's data is not where etcd has it.
func (r *recovered) isElsewhere(s *recovery.Survivor, dataDir string) bool {
	return s.In != "" || s.Path != dataDir
}

// caveats are what goes wrong with --force-new-cluster in some versions.
func (r *recovered) caveats(best *recovery.Survivor) []string {
	version := best.Version
	if parts := strings.SplitN(best.ClusterVersion, ".", 3); version == "" && len(parts) == 3 {
		version = parts[0] + "." + parts[1] // its last number is always 0
	}
	caveats := thresholds.RebuildCaveats(version)
	if len(caveats) > 0 && best.Commit != nil && best.ConsistentIndex != nil && *best.Commit < *best.ConsistentIndex {
		caveats = append(caveats, fmt.Sprintf("Here HardState.Commit is %d and the database has %d: such an etcd would leave out "+
			"what is written next, up to index %d. Use a newer one.", *best.Commit, *best.ConsistentIndex,
			*best.ConsistentIndex))
	}
	return caveats
}

// restoreSteps restore a snapshot, or the database of a data directory, in which --force-new-cluster can't be used.
func (r *recovered) restoreSteps(best *recovery.Survivor, self *probe.Peer, k *procedure, host string) []recoverStep {
	file := best.Path
	switch best.Kind {
	case recovery.DataDir:
		file = filepath.Join(best.Path, "member", "snap", "db")
	case recovery.Live: // of a learner, which was stopped
		file = filepath.Join(k.dataDir, "member", "snap", "db")
	}
	if k.restore != nil {
		return []recoverStep{{Where: host, Text: k.forceText, Commands: k.restore(file)}}
	}
	peer := "PEER-URL"
	if len(self.PeerURLs) > 0 {
		peer = self.PeerURLs[0]
	}
	name := cmp.Or(self.Name, "NAME")
	commands := []string{}
	if base, packed := strings.CutSuffix(file, ".gz"); packed {
		commands = append(commands, fmt.Sprintf("gunzip -k %s", shellWord(file)))
		file = base
	} else if strings.HasSuffix(file, ".zip") {
		commands = append(commands, fmt.Sprintf("unzip -p %s > snapshot.db", shellWord(file)))
		file = "snapshot.db"
	}
	check := ""
	if !best.HasSum || best.Kind == recovery.Live {
		check = " --skip-hash-check"
	}
	place := shellWord(k.dataDir)
	restored := place + ".restored"
	commands = append(commands, fmt.Sprintf("etcdutl snapshot restore %s --name %s --initial-cluster %s "+
		"--initial-advertise-peer-urls %s --data-dir %s --bump-revision 1000000000 --mark-compacted%s", shellWord(file),
		shellWord(name), shellWord(name+"="+peer), shellWord(peer), restored, check),
		fmt.Sprintf("mv %s %s.replaced && mv %s %s", place, place, restored, place))
	return []recoverStep{{Where: host, Text: "Make a data directory of one member from it. The revision goes on far behind " +
		"what clients have seen, so that none takes old data for new (--bump-revision).",
		Commands: commands}}
}

// rejoinSteps bring the other members back.
func (r *recovered) rejoinSteps(k *procedure, client string, others []string) []recoverStep {
	if len(others) == 0 {
		return nil
	}
	if k.rejoin != nil {
		return []recoverStep{{Where: hostsOf(others), Text: k.rejoinText, Commands: k.rejoin}}
	}
	place := shellWord(k.dataDir)
	steps := []recoverStep{{Where: hostsOf(others),
		Text:     "Put their old data away: they must not start with it.",
		Commands: []string{fmt.Sprintf("mv %s %s.before-recovery", place, place)}}}
	for i := range r.Members {
		m := &r.Members[i]
		if !slices.Contains(others, peerLabel(m)) || len(m.PeerURLs) == 0 {
			continue
		}
		steps = append(steps, recoverStep{
			Where: "the host of " + peerLabel(m),
			Text: "Add it as a learner, start it with what member add prints (ETCD_INITIAL_CLUSTER and " +
				"ETCD_INITIAL_CLUSTER_STATE=existing), and make it a voter once it has caught up. One after the other.",
			Commands: []string{
				fmt.Sprintf("etcdctl --endpoints %s member add %s --learner --peer-urls=%s",
					cmp.Or(client, "http://127.0.0.1:2379"), shellWord(cmp.Or(m.Name, "NAME")), shellWord(strings.Join(m.PeerURLs, ","))),
				"systemctl start etcd",
				fmt.Sprintf("etcdctl --endpoints %s member promote ID", cmp.Or(client, "http://127.0.0.1:2379")),
			},
		})
	}
	return steps
}
