package thresholds

import (
	"cmp"
	"slices"
	"strings"
)

// permanentRules are about what a cluster is by design, or on the way to: their notices are no news.
var permanentRules = [...]RuleID{SingleMember, VotersEven, VotersMany, LearnersPresent}

// healthy words a cluster with nothing above a notice.
func (r *diagnoser) healthy() Reading {
	r.end = openEnd{true, "."}
	reading := Reading{Cause: CauseHealthy, Headline: r.healthyHeadline(), Text: "Healthy: " + r.margin()}
	unread := slices.DeleteFunc(r.found(anyMember, MetricsUnavailable), func(f *Finding) bool {
		// Late metrics were read.
		i := r.place(f.Member.Key)
		return i >= 0 && !r.members[i].MetricsTooOld && r.members[i].probed.Metrics.Err == nil
	})
	if len(unread) > 0 {
		reading.Text = "Healthy by Status alone: " + r.margin()
		reading.Further = "That is by Status alone."
	}
	remarks, news := r.remarks()
	for _, f := range remarks {
		reading.Evidence = append(reading.Evidence, f.evidence())
	}
	if len(remarks) > 0 { // what makes the level a notice
		const healthy = "Healthy; "
		remark := remarks[0].Headline
		several := shortsOf(r.restartedAlike(remarks))
		if len(several) > 1 {
			remark = several.naming(HeadlineWidth-len(healthy), func(who string) string {
				return who + " restarted lately"
			})
		}
		if alike := shortsOf(r.slowAlike(remarks)); len(alike) > 1 {
			remark = alike.naming(HeadlineWidth-len(healthy), func(who string) string {
				return who + ": " + remarks[0].BriefWhat
			})
		}
		outlier := r.isOutlier(remarks[0]) // it is no symptom
		if !outlier {
			reading.Headline = fitting(HeadlineWidth, healthy+remark, remark)
		}
		also, named := alsoRemarked(remarks[1:])
		words, next, said := remarks[0].Words()+also, "", 1+named
		if news > 0 {
			words, next, said = r.remarkWords(remarks[:news])
		}
		if outlier {
			next = ""
		}
		if reading.Next = next; next != "" {
			reading.Step = remarks[0].Step
		}
		if len(several) > 1 && !r.restartWasToBe(remarks[0]) {
			reading.Next = adviceOnRestarts("them", "their")
			reading.Step = several.naming(StepWidth, func(who string) string { return stepAt(stepOfRestart, who) })
		}
		r.end.rest += " Remark: " + words + "."
		for i := range said {
			reading.Evidence[i].InText = true
		}
		if also := headlinesOf(remarks[1:said]); also != "" {
			reading.Further = strings.TrimSpace(reading.Further + " Also: " + also + ".")
		}
	}
	if slices.ContainsFunc(remarks, func(f *Finding) bool { return f.Rule == LeasesChurning }) {
		if words, _ := r.writers(); words != "" {
			reading.Evidence = append(reading.Evidence, Evidence{Text: words})
		}
	}
	if same := r.sameData(); same != "" {
		reading.Evidence = append(reading.Evidence, Evidence{Text: same})
	}
	return reading
}

// remarks returns the notices of a healthy cluster, the most important first, and how many of them are news: what hides
// it from etcdoc, what slows it, what may harm it later, what has happened. What is resolving, then what was to
// happen, and then what is permanent, is no news.
func (r *diagnoser) remarks() (remarks []*Finding, news int) {
	remarks = r.found(anyMember, EndpointStray, MemberLate, MetricsUnavailable, AnswersSlow)
	few := slices.Concat(r.fewSlow(WALFsyncSlow), r.fewSlow(BackendCommitSlow))
	var outliers []*Finding
	for _, f := range few {
		if r.isOutlier(f) {
			outliers = append(outliers, f)
		} else {
			remarks = append(remarks, f)
		}
	}
	remarks = append(remarks, r.found(anyMember,
		HeartbeatsFailing, ReadIndexesSlow, AppliesSlow, VersionBad, VersionsMixed, DowngradeEnabled,
		StorageVersionDiffers, TimeoutsShort, SizesDiverging, SnapshotInFlight,
		LeasesChurning, DBLarge)...)
	restarts, due := r.restarts()
	remarks = append(remarks, restarts...)
	remarks = append(remarks, outliers...)
	permanent := r.found(anyMember, permanentRules[:]...)
	for _, f := range r.authorityFindings(false) {
		if isPermanent(f) {
			permanent = append(permanent, f)
		} else {
			remarks = append(remarks, f)
		}
	}
	news = len(remarks)
	for i := range r.findings {
		if f := &r.findings[i]; f.Resolving() {
			remarks = append(remarks, f)
		}
	}
	return slices.Concat(remarks, due, permanent), news
}

// restartedAlike are the members whose restarts are remarks, where such a remark comes first: all of them were to be,
// or none.
func (r *diagnoser) restartedAlike(remarks []*Finding) (members []MemberRef) {
	if remarks[0].Rule != MemberRestarted {
		return nil
	}
	for _, f := range remarks {
		if f.Rule == MemberRestarted && r.restartWasToBe(f) == r.restartWasToBe(remarks[0]) {
			members = append(members, f.Member)
		}
	}
	return members
}

// slowAlike are the members about which the first remark is, and those whose slowest operation was in the same bucket:
// none is named before the others.
func (r *diagnoser) slowAlike(remarks []*Finding) (members []MemberRef) {
	first := r.latencyOf(remarks[0])
	for _, f := range remarks {
		if l := r.latencyOf(f); first != nil && l != nil && f.Rule == remarks[0].Rule && l.Low == first.Low {
			members = append(members, f.Member)
		}
	}
	return members
}

// latencyOf is the latency that a notice on a disk is about, where it rests on few observations; nil elsewhere.
func (r *diagnoser) latencyOf(f *Finding) *Latency {
	i := r.place(f.Member.Key)
	if i < 0 || !f.provesLittle() {
		return nil
	}
	switch f.Rule {
	case WALFsyncSlow:
		return &r.members[i].WALFsync
	case BackendCommitSlow:
		return &r.members[i].BackendCommit
	}
	return nil
}

// isOutlier reports that a notice on a disk rests on few observations whose mean keeps the limit: the slowest alone
// exceeds it.
func (r *diagnoser) isOutlier(f *Finding) bool {
	latency := r.latencyOf(f)
	if latency == nil {
		return false
	}
	mean, known := latency.Mean.Get()
	limit, limited := f.Limit.Get()
	return known && limited && mean < limit
}

// fewSlow returns the notices on disks that rest on few observations, the slowest first.
func (r *diagnoser) fewSlow(rule RuleID) []*Finding {
	few := slices.DeleteFunc(r.found(anyMember, rule), func(f *Finding) bool { return !f.provesLittle() })
	slices.SortStableFunc(few, func(f, g *Finding) int { return cmp.Compare(g.Value.Or(0), f.Value.Or(0)) })
	return few
}

// remarkWords words the first of remarks and what to do about it; said is how many remarks the text covers. Slow
// disks that do not differ are worded together with a high demand.
func (r *diagnoser) remarkWords(remarks []*Finding) (text, next string, said int) {
	text, said = remarked(remarks)
	next = remarks[0].Advice
	if !remarks[0].provesLittle() || !r.disksAlike() {
		return text, next, said
	}
	asked := r.highDemand(r.earliestSince(remarks))
	if asked == nil {
		return text, next, said
	}
	d := &diagnosis{}
	r.wordDemand(d, asked)
	return d.text + "; meanwhile " + text, d.next, said
}

// remarked words the first of remarks, a second one where both are about disks with few observations, and how many
// more there are.
func remarked(remarks []*Finding) (text string, said int) {
	said = 1
	text = remarks[0].Words()
	if len(remarks) > 1 && remarks[0].provesLittle() && remarks[1].provesLittle() &&
		remarks[0].Rule == remarks[1].Rule {
		said, text = 2, text+"; "+remarks[1].Words()
	}
	also, named := alsoRemarked(remarks[said:])
	return text + also, said + named
}

// mostRemarks is how many remarks a text names in short.
const mostRemarks = 3

// alsoRemarked names further remarks in short, as many as mostRemarks.
func alsoRemarked(others []*Finding) (also string, named int) {
	if len(others) == 0 {
		return "", 0
	}
	named = min(len(others), mostRemarks)
	also = " (also: " + headlinesOf(others[:named])
	if more := len(others) - named; more > 0 {
		also += "; and " + Plural(more, "more remark")
	}
	return also + ")", named
}

// headlinesOf are the headlines of findings, one after the other.
func headlinesOf(findings []*Finding) string {
	headlines := make([]string, len(findings))
	for i, f := range findings {
		headlines[i] = f.Headline
	}
	return strings.Join(headlines, "; ")
}

// restarts returns the notices on processes that started recently, the newest first, and apart from them those that
// were due.
func (r *diagnoser) restarts() (restarts, due []*Finding) {
	all := r.found(anyMember, MemberRestarted)
	started := func(f *Finding) float64 {
		if i := r.place(f.Member.Key); i >= 0 {
			return r.members[i].track.startTime.Or(0)
		}
		return 0
	}
	slices.SortStableFunc(all, func(f, g *Finding) int { return cmp.Compare(started(g), started(f)) })
	for _, f := range all {
		if r.restartWasToBe(f) {
			due = append(due, f)
		} else {
			restarts = append(restarts, f)
		}
	}
	return restarts, due
}
