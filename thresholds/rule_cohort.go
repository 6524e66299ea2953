package thresholds

// A cohort is the members of a sweep with what the rules compare them by.
type cohort struct {
	*frame
	cluster *clusterState
	stats   []answerStats // by member
	// quickestTwo are the members with the quickest answers, the quickest first; -1 where there is none.
	quickestTwo [2]int
	// links are the quickest links between members by their newest round trips: one more than both ends of a link
	// report.
	links []linkTime
	// slowUntil caches per follower whether its link was slow until lately.
	slowUntil map[int]linkRecovery
	// backups are those on etcdoc's host; nil if nothing is known of any.
	backups *Backups
}

// newCohort summarizes and compares the members of a sweep, and notes in their tracks which ones hang or are
// starved, and which links are quick again.
func newCohort(f *frame, c *clusterState) *cohort {
	f.noteHangs()
	b := &cohort{frame: f, cluster: c, stats: make([]answerStats, len(f.members)), quickestTwo: [2]int{-1, -1},
		backups: backupsOf(f)}
	for i := range b.members {
		b.stats[i] = b.summarize(i)
		if b.stats[i].n < minAnswers || b.members[i].State != StateOK {
			continue
		}
		for k, q := range b.quickestTwo {
			if q < 0 || b.stats[i].mean < b.stats[q].mean {
				copy(b.quickestTwo[k+1:], b.quickestTwo[k:])
				b.quickestTwo[k] = i
				break
			}
		}
	}
	b.noteHangDurations()
	b.timeLinks()
	b.noteQuickLinks()
	b.noteStarved()
	return b
}

func (b *cohort) answersOf(i int) answerStats { return b.stats[i] }

// quickest returns the member with the quickest answers other than member except, and its answer times; -1 where there
// is none.
func (b *cohort) quickest(except int) (best answerStats, member int) {
	for _, i := range b.quickestTwo {
		if i >= 0 && i != except {
			return b.stats[i], i
		}
	}
	return answerStats{}, -1
}

// noteStarved notes which members are CPU-starved, because their round trips show it for a while afterwards, and whose
// pulses may have waited for the disk, because those stay in the window when the disk is quick again.
func (b *cohort) noteStarved() {
	rule := b.settings.rule(AnswersSlow)
	for i := range b.members {
		t := b.members[i].track
		best, _ := b.quickest(i)
		if late, disk := b.pulsesLate(i, b.answersOf(i), best); late && disk {
			t.diskAwaited = b.now
		}
		if b.isStarved(i, rule) {
			t.starved = b.now
		}
	}
}
