package thresholds

// A cohort is what members are compared on: their answers at a moment, each summed up once.
type cohort struct {
	*frame
	cluster *clusterState
	all     []answering
	// quick are the two members whose answers take least, the quickest first; negative where there is none.
	quick [2]int
	// links are the quickest links between members, by the newest round trips: one more than both ends see of one.
	links []linkTime
	// lately are the followers of whom it has been worked out whether their links were slow until lately, by their places.
	lately map[int]untilLately
}

// compare compares the members of a sweep.
func compare(f *frame, c *clusterState) *cohort {
	f.noteHangs()
	b := &cohort{frame: f, cluster: c, all: make([]answering, len(f.members)), quick: [2]int{-1, -1}}
	for i := range b.members {
		b.all[i] = b.sumUp(i)
		if b.all[i].n < answersLeast || b.members[i].State != StateOK {
			continue
		}
		for k, q := range b.quick {
			if q < 0 || b.all[i].mean < b.all[q].mean {
				copy(b.quick[k+1:], b.quick[k:])
				b.quick[k] = i
				break
			}
		}
	}
	b.noteHung()
	b.timeLinks()
	b.noteStarved()
	return b
}

func (b *cohort) answering(i int) answering { return b.all[i] }

// quickest is the answering of the member, other than the one at a place, whose answers take least.
func (b *cohort) quickest(but int) (best answering, who int) {
	for _, who := range b.quick {
		if who >= 0 && who != but {
			return b.all[who], who
		}
	}
	return answering{}, -1
}

// noteStarved notes who is CPU-starved: round trips tell of that for a while. Whose pulses may have waited for the disk is
// noted, too: they still may have when the disk is quick again.
func (b *cohort) noteStarved() {
	rule := b.settings.rule(AnswersSlow)
	for i := range b.members {
		t := b.members[i].track
		best, _ := b.quickest(i)
		if late, disk := b.pulsesLate(i, b.answering(i), best); late && disk {
			t.diskAwaited = b.now
		}
		if b.starves(i, rule) {
			t.starved = b.now
		}
	}
}
