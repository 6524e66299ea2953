package thresholds

// headlineDown is for members that do not answer, the worst first.
func (r *diagnoser) headlineDown(d *diagnosis, down []*Finding) {
	members := make(someMembers, len(down))
	for i, f := range down {
		members[i] = f.Member.Short
	}
	verb := pluralForm(len(members), " is down", " are down")
	if d.cause == CauseMemberHung {
		verb = pluralForm(len(members), " hangs and does not answer", " do not answer")
	}
	first := d.root.Member
	since := ""
	if i := r.place(first.Key); i >= 0 && !r.members[i].DownSince.IsZero() && len(down) == 1 {
		since = " for " + FormatDuration(r.now.Sub(r.members[i].DownSince))
	}
	d.headline = members.naming(HeadlineWidth, func(who string) string { return who + verb + since })
	if d.step = "Look why etcd stopped on " + first.Short + ", and start it"; d.cause == CauseMemberHung {
		d.step = "On the host of " + first.Short + ": top, ps -o stat,wchan -C etcd"
	}
}

// headlineDisks is for disks that are slow, before it is known whether they are all alike.
func (r *diagnoser) headlineDisks(d *diagnosis, c *diskComparison, slowest MemberRef) {
	vital := WALFsyncP99
	if d.root.Rule == BackendCommitSlow {
		vital = BackendCommitP99
	}
	took := ""
	if i := r.place(slowest.Key); i >= 0 {
		value, atMost := r.members[i].Shown(vital)
		if seconds, known := value.Get(); known && atMost {
			took = ", ≤ " + Seconds.Format(seconds)
		} else if known {
			took = ", p99 " + Seconds.Format(seconds)
		}
	}
	var slow someMembers
	for _, key := range c.slow {
		slow = append(slow, r.shortOf(key))
	}
	d.headline = slow.naming(HeadlineWidth, func(who string) string {
		return pluralForm(len(slow), "Slow disk on ", "Slow disks on ") + who + took
	})
	d.step = "On " + slowest.Short + ": iostat -x 1; what else writes to that disk?"
}

// headlineNotClear names the candidates.
func (r *diagnoser) headlineNotClear(d *diagnosis) {
	causes := ""
	for i, cause := range d.candidates {
		switch {
		case i > 0 && i == len(d.candidates)-1:
			causes += " or "
		case i > 0:
			causes += ", "
		}
		causes += causeNouns[cause]
	}
	blamed := r.blamed(d)
	if len(blamed) == 0 {
		d.headline = fitting(HeadlineWidth, "Not clear: "+causes, "Slow, and the cause is not clear")
	} else {
		d.headline = about(blamed).naming(HeadlineWidth, func(who string) string { return who + " slow, not clear: " + causes })
	}
	d.step = "Look at disk, CPU and network there: iostat -x 1, top, ping"
}
