package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coreos/go-semver/semver"
)

// versions are the version that a change leads from and the one that it leads to; empty while all members run the same
// and none has changed. The direction is what was seen; else that of an enabled downgrade; else upwards.
func (c *change) versions(b *cohort) (from, to string) {
	counts := make(map[string]int)
	var all []string
	down := false
	for i := range b.members {
		m := &b.members[i]
		t := c.turnOf(m.Key)
		if m.Stray || m.outside || t.version == "" {
			continue
		}
		for _, version := range [...]string{t.version, t.before} {
			if version != "" && !slices.Contains(all, version) {
				all = append(all, version)
			}
		}
		counts[cmp.Or(t.before, t.version)]++
		down = down || m.State == StateOK && m.probed.Status.Value.DowngradeEnabled
	}
	if len(all) < 2 {
		return "", ""
	}
	slices.SortFunc(all, versionOrder)
	switch {
	case c.target != "" && slices.Contains(all, c.target):
		to = c.target
	case down:
		to = all[0]
	default:
		to = all[len(all)-1]
	}
	for _, version := range all { // what most come from
		if version != to && (from == "" || counts[version] > counts[from]) {
			from = version
		}
	}
	return from, to
}

// versionOrder compares versions, those that can't be parsed first.
func versionOrder(v, w string) int {
	parse := func(text string) semver.Version { parsed, _ := parseVersion(text); return parsed }
	return cmp.Or(parse(v).Compare(parse(w)), strings.Compare(v, w))
}

// progress says in at most [HeadlineWidth] columns how far a change of versions has come. A member that ran the new
// version when it was last seen counts, also while it does not answer.
func (r *Rolling) progress() string {
	done, members := r.Done()
	var away []string
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Kind == StepMember && s.State != StepDone && s.Now == r.To {
			done++
		}
		if s := &r.Steps[i]; s.State == StepAway {
			away = append(away, s.Member.Short)
		}
	}
	change := r.From + " → " + r.To + ": " + fmt.Sprintf("%d of %d", done, members)
	where := ""
	for i := range r.Steps {
		switch s := &r.Steps[i]; s.State {
		case StepAway:
			where = ", " + join(away) + " away"
		case StepCatchingUp:
			where = ", " + s.Member.Short + " catching up"
		case StepNext:
			who := s.Member.Short
			if s.Kind == StepMoveLeader {
				who = s.From.Short
			}
			if where = ", " + who + " next"; !r.Phase.MayGoOn() {
				where = ", " + who + " has to wait"
			}
		}
	}
	return fitting(HeadlineWidth, change+where, fmt.Sprintf("→ %s: %d of %d", r.To, done, members)+where,
		fmt.Sprintf("%d of %d changed", done, members)+where)
}

// laggingVersion says that all members run a version that the cluster or its data do not have yet; empty if they do.
// etcd raises both on its own within seconds once all members run the newer minor version.
func (r *Rolling) laggingVersion(b *cohort) string {
	var runs semver.Version
	members := 0
	lagging, at := "", ""
	for i := range b.members {
		m := &b.members[i]
		if m.Stray || m.outside {
			continue
		}
		v, ok := m.ownVersion()
		if !ok || m.State != StateOK || members > 0 && (v.Major != runs.Major || v.Minor != runs.Minor) {
			return ""
		}
		runs, members = v, members+1
		if m.probed.Status.Value.DowngradeEnabled {
			return ""
		}
		lags := func(what string, is semver.Version, ok bool) {
			if ok && (is.Major != v.Major || is.Minor != v.Minor) {
				lagging, at = what, fmt.Sprintf("%d.%d", is.Major, is.Minor)
			}
		}
		stored, known := m.storageVersion()
		lags("storage", stored, known)
		if metrics := &m.probed.Metrics; metrics.Answered() && !m.MetricsStale {
			cluster, known := m.clusterVersion()
			lags("cluster", cluster, known)
		}
	}
	if lagging == "" {
		return ""
	}
	return fmt.Sprintf("%s runs %d.%d, the %s version is still %s",
		oneOrAll(members), runs.Major, runs.Minor, lagging, at)
}

func oneOrAll(members int) string {
	if members == 1 {
		return "the member"
	}
	return fmt.Sprintf("each of %d", members)
}
