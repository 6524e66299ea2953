package thresholds

import (
	"fmt"
	"time"
)

// words say the impact in a sentence.
func (i *Impact) words(now time.Time) string {
	text := i.Service.words()
	if len(i.Members) > 0 {
		text += " " + i.way() + " " + join(labelsOf(i.Members))
	}
	text += " " + i.effectWords()
	switch i.When {
	case ImpactLater:
		when := "in about " + InSentences().Estimate(i.dueIn(now))
		if i.Rule != DBGrowing { // known to the second
			when = fmt.Sprintf("from %s on, in %s,", i.At.UTC().Format("2006-01-02 15:04 UTC"), FormatDuration(i.dueIn(now)))
		}
		text = when + " " + text
	case ImpactAtQuota:
		text += " as soon as the database of " + i.Member.Label + " reaches its quota"
	case ImpactAtFDLimit:
		text += " as soon as its file descriptors are used up"
	case ImpactOnNextLoss:
		text += " as soon as " + i.nextLoss() + " is lost"
	}
	return upperFirst(text) + "."
}

func (s Service) words() string {
	switch s {
	case ServicePuts:
		return "puts and lease grants"
	case ServiceLinearizableReads:
		return "linearizable reads"
	case ServiceSerializableReads:
		return "serializable reads"
	case ServiceWatches:
		return "watch events"
	case ServiceConnections:
		return "new connections"
	default:
		return string(s)
	}
}

func (i *Impact) nextLoss() string {
	if i.Rule == SingleMember {
		return "the only voter"
	}
	return "one more voter"
}

// way is how clients use the members that it concerns.
func (i *Impact) way() string {
	if i.Service == ServiceConnections {
		return "to"
	}
	return "through"
}

func (i *Impact) effectWords() string {
	took, isMeasured := i.Took.Get()
	share, isCounted := i.Share.Get()
	switch {
	case i.Effect == EffectRefused:
		return "are refused"
	case i.Effect == EffectDiverges && len(i.Members) == 0:
		return "differ between members"
	case i.Effect == EffectDiverges:
		return "differ from those through others"
	case i.Effect == EffectFails && isCounted:
		return "fail: " + Ratio.Format(share) + " of those of one method"
	case i.Effect == EffectFails && i.Service == ServiceEverything:
		return "fails"
	case i.Effect == EffectFails:
		return "fail"
	case i.Service == ServiceWatches:
		return "arrive late"
	case i.Service == ServiceEverything:
		return "is slow"
	case isMeasured:
		return "are slow: " + Seconds.Format(took) + " or more"
	default:
		return "are slow"
	}
}
