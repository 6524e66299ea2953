package thresholds

import "strings"

// A leaderDelay is a voter whose heartbeats and votes are delayed, which may be why nobody leads.
type leaderDelay struct {
	kind  delay
	words string
	// signs are the findings that show it; stated says that words has the first one's.
	signs  []*Finding
	stated bool
}

// wordLeaderless adds the likely reason why there is no leader: slow disks or CPU starvation, on the last known
// leader or on so many voters that too few are left for a quorum. Both delay heartbeats and votes.
func (r *diagnoser) wordLeaderless(d *diagnosis) {
	starving, _, _ := r.starving()
	slow, last, quick := r.delayedVoters(starving)
	var why []string
	var reasons []int
	common := delayMixed
	for _, i := range slow {
		if i != last && quick >= r.cluster.Quorum {
			continue
		}
		late := r.leaderDelay(i, starving)
		if i == last {
			late.words += " (it led last)"
		}
		if late.stated {
			d.states(late.signs[0])
		}
		if len(reasons) == 0 {
			common = late.kind
		} else if late.kind != common {
			common = delayMixed
		}
		reasons, why, d.covered = append(reasons, i), append(why, late.words), append(d.covered, late.signs...)
	}
	if len(why) == 0 {
		return
	}
	d.heading(r.shortsAt(reasons), func(who string) string { return "No leader: likely " + common.words() + " " + who })
	d.stepping(r.shortsAt(reasons), onHosts("iostat -x 1, top, cat /proc/pressure/cpu"), onHosts("iostat -x 1, top"))
	likely := "likely because " + strings.Join(why, ", and ")
	d.text += "; " + likely
	if d.beyond != "" {
		likely = d.beyond + "; " + likely
	}
	d.beyond = upperFirst(likely)
	d.next = "Look at the disks and the CPU there first: iostat -x 1 (w_await, %util), top, " +
		"cat /proc/pressure/cpu. " + d.next
}

// delayedVoters returns the members that are CPU-starved, as the one at the index starving is, or write slowly; which
// member led last, or a negative number; and how many voters answer without any delay.
func (r *diagnoser) delayedVoters(starving int) (slow []int, last, quick int) {
	last = -1
	for i := range r.judgedMembers() {
		m := &r.members[i]
		led := m.track.lastLed
		if !led.IsZero() && (last < 0 || led.After(r.members[last].track.lastLed)) {
			last = i
		}
		if i == starving || r.writesSlowly(i) {
			slow = append(slow, i)
		} else if m.Voter && m.State == StateOK {
			quick++
		}
	}
	return slow, last, quick
}

// leaderDelay words what delays the member at an index.
func (r *diagnoser) leaderDelay(i, starving int) leaderDelay {
	m := &r.members[i]
	if i == starving {
		signs := r.found(m.Key, AnswersSlow)
		return leaderDelay{kind: delayStarvation, words: m.Label + " is CPU-starved", signs: signs}
	}
	late := leaderDelay{kind: delaySlowDisk, signs: r.slowDiskFindings(m.Key)}
	late.words = "the disk of " + m.Label + " is slow"
	hung := m.track.hang.lasted
	if hung > 0 {
		late.kind = delayHungDisk
	}
	switch took, now := r.fsyncsNow(i); {
	case len(late.signs) > 0:
		late.words += ": " + late.signs[0].What
		late.stated = true
	case hung > 0:
		late.words = "the disk of " + m.Label + " hangs: " + hangWords(hung)
	case now:
		late.words += ": " + took.describe("WAL fsync")
	}
	return late
}

// A delay is what keeps voters from electing a leader.
type delay int

const (
	delayMixed delay = iota // not the same on all of them
	delaySlowDisk
	delayHungDisk
	delayStarvation
)

// words are the delay before the names of the members that have it.
func (d delay) words() string {
	switch d {
	case delaySlowDisk:
		return "a slow disk on"
	case delayHungDisk:
		return "a hanging disk on"
	case delayStarvation:
		return "a lack of CPU on"
	default:
		return "slow disks or CPU of"
	}
}
