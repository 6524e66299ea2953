package thresholds

// A cohort is what members are compared on: their answers at a moment, each summed up once.
type cohort struct {
	*frame
	cluster *clusterState
	stats   []answerStats
	// quick are the two members whose answers take least, the quickest first; negative where there is none.
	quickestTwo [2]int
	// links are the quickest links between members, by the newest round trips: one more than both ends see of one.
	links []linkTime
	// lately are the followers of whom it has been worked out whether their links were slow until lately, by their places.
	slowUntil map[int]linkRecovery
}

// compare compares the members of a sweep.
func newCohort(f *frame, c *clusterState) *cohort {
	f.noteHangs()
	b := &cohort{frame: f, cluster: c, stats: make([]answerStats, len(f.members)), quickestTwo: [2]int{-1, -1}}
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
	b.noteStarved()
	return b
}

func (b *cohort) answersOf(i int) answerStats { return b.stats[i] }

// quickest is the answering of the member, other than the one at a place, whose answers take least.
func (b *cohort) quickest(but int) (best answerStats, who int) {
	for _, who := range b.quickestTwo {
		if who >= 0 && who != but {
			return b.stats[who], who
		}
	}
	return answerStats{}, -1
}

// noteStarved notes who is CPU-starved: round trips tell of that for a while. Whose pulses may have waited for the disk is
// noted, too: they still may have when the disk is quick again.
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
