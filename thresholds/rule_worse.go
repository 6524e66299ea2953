package thresholds

// Of a change for the worse that reaches no limit: etcdoc's own, so that what idles does not count.
const (
	worseShare  = 0.5 // of a limit that the value must have come to
	worseGrowth = 1.5 // times the value before that it must be
)

// GotWorse reports whether a value has changed for the worse: it has reached a limit that it had not, or it has grown
// by half and come to half of a limit. Without limits nothing gets worse.
func (r *Rule) GotWorse(before, after float64) bool {
	if r.IsOff() {
		return false
	}
	for _, limit := range [...]Limit{r.Notice, r.Warning, r.Critical} {
		value, has := limit.Value.Get()
		switch {
		case !has:
		case r.Breached(after, value) && !r.Breached(before, value):
			return true
		case !r.Below && after >= value*worseShare && after >= before*worseGrowth:
			return true
		}
	}
	return false
}
