package thresholds

import (
	"cmp"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An Impact tells what users of the cluster lose, now or from a moment on. It follows from a finding.
type Impact struct {
	// Effect is what happens to Service.
	Effect  ImpactEffect
	Service Service
	// Members are those whose own clients it concerns; none: it concerns all clients of the cluster.
	Members []MemberRef
	// When tells whether it has begun, or what it begins with; At is when that was or will be, zero if not known.
	When ImpactWhen
	At   time.Time
	// Took is how long a slow one of the service takes, in seconds, at least; Share is the share of the calls of one
	// method that fail. Both are absent where nothing measures them.
	Took, Share probe.Value
	// Rule and Member are those of the finding that it follows from.
	Rule   RuleID
	Member MemberRef
	// Text says it in a sentence.
	Text string
}

// ImpactEffect is what happens to a service.
type ImpactEffect string

// The effects. What fails is not answered, or with an error; what is refused is answered at once with an error that
// tells the client not to try again. Reads diverge if members answer differently for good.
const (
	EffectFails    ImpactEffect = "fails"
	EffectRefused  ImpactEffect = "refused"
	EffectDiverges ImpactEffect = "diverges"
	EffectSlow     ImpactEffect = "slow"
)

// Service is what etcd does for its users.
type Service string

// The services. Puts are part of the writes, and everything is all of them.
const (
	ServiceEverything        Service = "everything"
	ServiceWrites            Service = "writes"
	ServicePuts              Service = "puts"
	ServiceLinearizableReads Service = "linearizable-reads"
	ServiceSerializableReads Service = "serializable-reads"
	ServiceReads             Service = "reads"
	ServiceCalls             Service = "calls"
	ServiceTransactions      Service = "transactions"
	ServiceWatches           Service = "watches"
	ServiceConnections       Service = "new-connections"
)

// ImpactWhen is what an impact begins with.
type ImpactWhen string

// An impact is there, begins at a known moment, with the quota or the file descriptors used up, or with the loss of
// another voter.
const (
	ImpactNow        ImpactWhen = "now"
	ImpactLater      ImpactWhen = "later"
	ImpactAtQuota    ImpactWhen = "at-quota"
	ImpactAtFDLimit  ImpactWhen = "at-fd-limit"
	ImpactOnNextLoss ImpactWhen = "on-next-loss"
)

// maxApplyGap is how many committed entries a member may have to apply before it answers writes with "too many
// requests": maxGapBetweenApplyAndCommitIndex in etcd's server/etcdserver/v3_server.go.
const maxApplyGap = 5000

// An impactRow is what follows from the findings of a rule.
type impactRow struct {
	// from is the least level of a finding with the impact.
	from     Level
	effect   ImpactEffect
	services []Service
	when     ImpactWhen
	// everyone reports that it concerns all clients, not only those of the finding's member.
	everyone bool
}

// impactRows are the rules whose findings cost users something. The other rules cost them nothing, or nothing certain:
// of a cluster of which no member answers it is not known whether it answers others.
var impactRows = map[RuleID]impactRow{
	QuorumLost:           {Notice, EffectFails, quorumServices(), ImpactNow, true},
	NoLeader:             {Notice, EffectFails, quorumServices(), ImpactNow, false},
	AlarmCorrupt:         {Notice, EffectRefused, []Service{ServiceWrites}, ImpactNow, true},
	AlarmNoSpace:         {Notice, EffectRefused, []Service{ServicePuts}, ImpactNow, true},
	ClusterForked:        {Warning, EffectDiverges, []Service{ServiceReads}, ImpactNow, true},
	TwoLeaders:           {Warning, EffectDiverges, []Service{ServiceReads}, ImpactNow, true},
	HashMismatch:         {Warning, EffectDiverges, []Service{ServiceReads}, ImpactNow, false},
	MemberUnreachable:    {Warning, EffectFails, []Service{ServiceEverything}, ImpactNow, false},
	DefragRunning:        {Notice, EffectSlow, []Service{ServiceEverything}, ImpactNow, false},
	ApplyLagging:         {Notice, EffectRefused, []Service{ServiceWrites}, ImpactNow, false},
	ProposalsFailing:     {Warning, EffectFails, []Service{ServiceWrites}, ImpactNow, false},
	GRPCFailing:          {Warning, EffectFails, []Service{ServiceCalls}, ImpactNow, false},
	WALFsyncSlow:         {Warning, EffectSlow, []Service{ServiceWrites}, ImpactNow, false},
	LinearizableReadSlow: {Warning, EffectSlow, []Service{ServiceLinearizableReads}, ImpactNow, false},
	SerializableReadSlow: {Warning, EffectSlow, []Service{ServiceSerializableReads}, ImpactNow, false},
	GRPCRangeSlow:        {Warning, EffectSlow, []Service{ServiceReads}, ImpactNow, false},
	GRPCTxnSlow:          {Warning, EffectSlow, []Service{ServiceTransactions}, ImpactNow, false},
	GRPCSlow:             {Warning, EffectSlow, []Service{ServiceCalls}, ImpactNow, false},
	WatchBacklog:         {Warning, EffectSlow, []Service{ServiceWatches}, ImpactNow, false},
	CertificateExpiring:  {Notice, EffectFails, []Service{ServiceConnections}, ImpactLater, false},
	AuthorityExpiring:    {Notice, EffectFails, []Service{ServiceConnections}, ImpactLater, true},
	DBGrowing:            {Notice, EffectRefused, []Service{ServicePuts}, ImpactLater, true},
	DBQuotaNear:          {Notice, EffectRefused, []Service{ServicePuts}, ImpactAtQuota, true},
	FDsExhausted:         {Warning, EffectFails, []Service{ServiceConnections}, ImpactAtFDLimit, false},
	QuorumAtRisk:         {Notice, EffectFails, quorumServices(), ImpactOnNextLoss, true},
	SingleMember:         {Notice, EffectFails, []Service{ServiceEverything}, ImpactOnNextLoss, true},
	VotersEven:           {Notice, EffectFails, quorumServices(), ImpactOnNextLoss, true},
}

// quorumServices are what needs a leader and a quorum.
func quorumServices() []Service { return []Service{ServiceWrites, ServiceLinearizableReads} }

// impacts returns what users lose: first what they lose now, the worst finding first, then what they will lose, the
// soonest first. Of a bundle with dumps of several clusters it is not known whose users a finding concerns.
func (b *cohort) impacts(findings []Finding, path *commitPath) []Impact {
	if b.cluster.dumps > 1 {
		return nil
	}
	all := b.slowCommits(findings, path)
	for i := range findings {
		f := &findings[i]
		row, has := impactRows[f.Rule]
		if !has || !f.isBreach() || f.Severity < row.from || f.Why != "" || b.isOutside(f.Member) {
			continue
		}
		if impact, is := b.impact(row, f); is {
			for _, impact.Service = range row.services {
				all = append(all, impact)
			}
		}
	}
	kept := withoutIncluded(all)
	slices.SortStableFunc(kept, func(i, k Impact) int {
		return cmp.Or(cmp.Compare(i.order(), k.order()), cmp.Compare(i.dueIn(b.now), k.dueIn(b.now)))
	})
	for i := range kept {
		kept[i].Text = kept[i].words(b.now)
	}
	return kept
}

// impact returns the impact of a finding, without its service; is reports whether it has one.
func (b *cohort) impact(row impactRow, f *Finding) (i Impact, is bool) {
	c := b.cluster
	i = Impact{Effect: row.effect, When: row.when, Rule: f.Rule, Member: f.Member}
	if row.when == ImpactNow {
		i.At = f.Since
	}
	if !row.everyone {
		i.Members = []MemberRef{f.Member}
	}
	at := b.place(f.Member.Key)
	switch f.Rule {
	case NoLeader:
		if c.Leadership == Leaderless {
			i.Members = nil
		}
	case MemberUnreachable:
		return i, at >= 0 && b.members[at].Voter && b.members[at].State == StateDown
	case ApplyLagging:
		return i, f.Value.Or(0) > maxApplyGap
	case GRPCFailing:
		i.Share = f.Value
	case WALFsyncSlow, LinearizableReadSlow, SerializableReadSlow, GRPCRangeSlow, GRPCTxnSlow, GRPCSlow:
		i.Took = f.Value
	case CertificateExpiring:
		if at < 0 || b.members[at].probed.ServedCertificate == nil {
			return i, false
		}
		i.from(b.members[at].probed.ServedCertificate.NotAfter, b.now)
	case AuthorityExpiring:
		authority, signed := b.authority()
		if authority == nil {
			return i, false
		}
		i.from(authority.NotAfter, b.now)
		if len(signed) < len(b.members) {
			i.Members = b.refsOf(signed)
		}
	case DBGrowing:
		i.from(b.now.Add(time.Duration(f.Value.Or(0)*float64(time.Second))), b.now)
	case QuorumAtRisk:
		return i, c.QuorumSeen && c.HealthyVoters >= c.Quorum
	case SingleMember:
		return i, c.HealthyVoters == 1
	case VotersEven:
		return i, c.Voters == 2 && c.HealthyVoters == 2
	}
	return i, true
}

// from lets the impact begin at a moment, which may be over.
func (i *Impact) from(at, now time.Time) {
	if i.At = at; !at.After(now) {
		i.When = ImpactNow
	}
}

// slowCommits is that every write is slow, because the quorum or the leader waits for a slow disk or link.
func (b *cohort) slowCommits(findings []Finding, path *commitPath) []Impact {
	limit, limited := b.settings.rule(WALFsyncSlow).Warning.Value.Get()
	commits := path.commits(nil, 0)
	if !limited || commits.slowest < 0 || commits.least < limit || b.cluster.Leadership != Led {
		return nil
	}
	key := b.members[commits.slowest].Key
	for i := range findings { // the worst first
		f := &findings[i]
		if !f.isBreach() || f.Why != "" ||
			f.Rule != WALFsyncSlow && f.Rule != PeerRTTSlow && f.Rule != LinkGrown ||
			f.Member.Key != key && f.Member.Key != b.cluster.Leader.Key {
			continue
		}
		return []Impact{{
			Effect: EffectSlow, Service: ServiceWrites, When: ImpactNow, At: f.Since, Took: probe.Known(commits.least),
			Rule: f.Rule, Member: f.Member,
		}}
	}
	return nil
}

// isOutside reports that a member is not of the cluster that is judged.
func (b *cohort) isOutside(m MemberRef) bool {
	at := b.place(m.Key)
	return at >= 0 && (b.members[at].outside || b.members[at].probed.IsStray())
}

// refsOf are the members with some labels.
func (b *cohort) refsOf(labels []string) (refs []MemberRef) {
	for i := range b.members {
		if slices.Contains(labels, b.members[i].Label) {
			refs = append(refs, b.members[i].MemberRef)
		}
	}
	return refs
}

// withoutIncluded returns the impacts that no other one includes; of those that include each other, the first.
func withoutIncluded(all []Impact) (kept []Impact) {
	for k := range all {
		included := false
		for j := range all {
			included = included || j != k && all[j].includes(&all[k]) && (j < k || !all[k].includes(&all[j]))
		}
		if !included {
			kept = append(kept, all[k])
		}
	}
	return kept
}

// includes reports that i says all that another impact says.
func (i *Impact) includes(other *Impact) bool {
	sooner := i.When == ImpactNow || i.When == ImpactLater && (other.When == ImpactAtQuota ||
		other.When == ImpactLater && i.At.Before(other.At))
	heavier := i.Effect == other.Effect || i.Effect.stops() && other.Effect != EffectDiverges
	return sooner && heavier && i.Service.includes(other.Service) && i.concernsAll(other.Members)
}

// stops reports that the service is not there at all.
func (e ImpactEffect) stops() bool { return e == EffectFails || e == EffectRefused }

// includes reports that a service is another one, or that one is part of it.
func (s Service) includes(part Service) bool {
	return s == part || s == ServiceEverything || s == ServiceWrites && part == ServicePuts
}

// concernsAll reports that it concerns the clients of all these members; none stands for all of the cluster.
func (i *Impact) concernsAll(members []MemberRef) bool {
	if len(i.Members) == 0 {
		return true
	}
	return len(members) > 0 && !slices.ContainsFunc(members, func(m MemberRef) bool {
		return !slices.Contains(i.Members, m)
	})
}

// order is the place of the impacts that begin in a way.
func (i *Impact) order() int {
	return slices.Index([]ImpactWhen{ImpactNow, ImpactLater, ImpactAtQuota, ImpactAtFDLimit, ImpactOnNextLoss}, i.When)
}

// dueIn is when it begins, seen from now: 0 where it has begun, or the moment is not known.
func (i *Impact) dueIn(now time.Time) time.Duration { return max(0, i.At.Sub(now)) }
