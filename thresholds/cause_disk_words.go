package thresholds

import (
	"fmt"
	"strings"
)

// wordDisks words which disks are slow. what says how slow the slowest one is.
func (r *diagnoser) wordDisks(d *diagnosis, c *diskComparison, slowest MemberRef, what string) {
	c.belowPar = d.root.Level == Notice && !c.beyondNotice
	how := c.howSlow()
	var slow []string
	for _, key := range c.slow {
		slow = append(slow, r.members[r.place(key)].Label)
	}
	d.blamed, d.named = c.slow, slowest.Key
	d.next = fmt.Sprintf("On the host of %s: iostat -x 1 (w_await, %%util), "+
		"and look for what else writes to that disk.", slowest.Label)
	r.headDisks(d, c, slowest)
	switch {
	case len(c.all) < 2:
		alone := "there is no other member to compare with"
		if unknown := c.incomparableWords(); unknown != "" {
			alone = "nothing to compare with is known: " + unknown
		}
		d.text = fmt.Sprintf("The disk of %s is %s: %s; %s", slowest.Label, how, what, alone)
		d.beyond = upperFirst(alone)
	case c.isAlike():
		r.wordDisksAlike(d, c, slow, slowest)
	case len(slow) > 1:
		worst := ", the worst that of " + slowest.Label
		if c.even {
			worst = ", about alike; that of " + slowest.Label
		}
		d.text = fmt.Sprintf("The disks of %s are %s%s: %s; their peers: %s",
			join(slow), how, worst, what, strings.Join(c.others, ", "))
		d.beyond = "The others: " + strings.Join(c.others, ", ")
		d.next = fmt.Sprintf("On the hosts of %s: iostat -x 1 (w_await, %%util), "+
			"and look for what else writes to those disks.", join(slow))
	default:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; its peers: %s",
			slowest.Label, how, what, strings.Join(c.others, ", "))
		d.beyond = "The others: " + strings.Join(c.others, ", ")
	}
	if d.cause == CauseSlowDisk && (d.root.Level >= Warning || c.beyondNotice) && r.cluster.Leads(slowest.Key) {
		d.further = append(d.further, slowest.Label+" leads, so that every write waits for it")
		d.next += r.adviseMoveLeader()
		if to := r.leaderInstead(); to >= 0 {
			d.step = "Let " + r.members[to].Short + " lead: etcdctl move-leader " + r.members[to].ID.String()
		}
	}
}

// wordDisksAlike words that all disks are slow alike, or some of them, which are named, and none is clearly quicker.
func (r *diagnoser) wordDisksAlike(d *diagnosis, c *diskComparison, slow []string, slowest MemberRef) {
	how, all, disks, alike := c.howSlow(), strings.Join(c.all, ", "), "The disks are", "alike"
	if !c.even {
		alike = "none is clearly quicker than that of " + slowest.Label
	}
	if len(slow) < len(c.all) {
		disks = fmt.Sprintf("%s of %s %s", pluralForm(len(slow), "The disk", "The disks"), join(slow),
			pluralForm(len(slow), "is", "are"))
		alike = "no other one is clearly quicker"
	}
	d.cause = CauseSlowDisks
	for _, key := range c.slow {
		d.states(r.found(key, c.rule)...)
	}
	d.text = fmt.Sprintf("%s %s, and %s (%s): storage that they share, or more load than they bear",
		disks, how, alike, all)
	d.beyond = fmt.Sprintf("Their times: %s; storage that they share, or more load than they bear", all)
	d.step = "On each host: iostat -x 1; then look at the storage they share"
	d.next = "On each host: iostat -x 1 (w_await, %util); " +
		"then look at what the members share: storage, a hypervisor, a backup that runs now."
	since := r.earliestSince(append([]*Finding{d.root}, d.covered...))
	if load := r.highDemand(since); load != nil { // the disks may be as fast as they can be
		r.wordDemand(d, load) // its headline, too
		d.blamed = []string{}
		d.further = append(d.further, fmt.Sprintf("%s %s meanwhile, and %s (%s)", disks, how, alike, all))
	}
	if unknown := c.incomparableWords(); unknown != "" {
		d.further = append(d.further, fmt.Sprintf("Not all are compared: %s", unknown))
	}
}

// headDisks sets the headline and the first step of slow disks, before it is known that load slows them.
func (r *diagnoser) headDisks(d *diagnosis, c *diskComparison, slowest MemberRef) {
	noun := "WAL fsync "
	if c.rule == BackendCommitSlow {
		noun = "commit "
	}
	var took, brief string
	if i := r.place(slowest.Key); i >= 0 {
		if l := r.members[i].Latency(r.settings.rule(c.rule).Vital); l.IsKnown() {
			if !l.Few {
				noun += "p99 "
			}
			took, brief = ": "+noun+l.Words(), ": "+noun+l.String()
		}
	}
	who := r.shortsWith(c.slow)
	rule := r.settings.rule(WALFsyncSlow)
	worst, step := ", worst "+slowest.Short, rule.stepFor(slowest)
	if c.even {
		worst, took, brief = "", "", ""
		if c.took != "" {
			took, brief = ": "+noun+c.took, ": "+noun+c.took
		}
		step = who.naming(StepWidth, func(who string) string { return stepAt(rule.Step, who) }, onHosts("iostat -x 1"))
	}
	d.headline, d.step = fitting(HeadlineWidth, c.headlines(who, slowest, worst, took, brief)...), step
}

// headlines are the headlines of slow disks, the longest first. worst names the worst one, where there is one; took and
// brief are how long it takes.
func (c *diskComparison) headlines(who someMembers, slowest MemberRef, worst, took, brief string) (forms []string) {
	const notAsFast, belowPar, alike = " not as fast as recommended", " below par", " are slow alike"
	of, all := pluralForm(len(who), "Disk of ", "Disks of "), fmt.Sprintf("All %d disks", len(who))
	switch isAll := len(who) > 1 && len(who) == len(c.all); {
	case c.belowPar && c.even && isAll:
		return []string{all + notAsFast + took, all + belowPar + took, all + belowPar}
	case c.belowPar && c.even:
		for _, names := range who.forms() {
			forms = append(forms, of+names+notAsFast+took, of+names+belowPar+took)
		}
		return append(forms, fmt.Sprintf("%d disks", len(who))+belowPar)
	case c.belowPar && len(c.all) > 1 && c.isAlike():
		return []string{"Disks" + notAsFast + worst + took, "Disks" + belowPar + worst + took,
			"Disks" + belowPar + worst + brief, "Disks" + belowPar + worst}
	case c.belowPar:
		disk := "Disk of " + slowest.Short
		return []string{disk + notAsFast + took, disk + belowPar + took, disk + belowPar + brief, disk + belowPar}
	case isAll && c.even:
		return []string{all + alike + took, all + " slow" + brief, all + alike}
	case isAll:
		return []string{all + alike + worst + took, all + " slow" + worst + brief,
			"All disks slow, " + slowest.Short + brief, all + " slow" + worst}
	}
	is := pluralForm(len(who), " is slow", " are slow")
	for _, names := range who.forms() {
		if len(who) > 1 {
			forms = append(forms, of+names+is+worst+took, of+names+is+worst+brief)
		} else {
			forms = append(forms, of+names+is+took, of+names+is+brief)
		}
	}
	if len(who) > 1 {
		forms = append(forms, fmt.Sprintf("%d disks slow", len(who))+worst+brief)
	}
	return append(forms, fmt.Sprintf("%d disks are slow", len(who)))
}
