package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLevelOf at the limits of a rule, also of one whose low values are severe.
func TestLevelOf(t *testing.T) {
	t.Parallel()
	rule := Rule{Notice: at(10, 0), Warning: at(100, 0), Critical: at(500, 0)}
	for value, want := range map[float64]Level{
		9.999: OK, 10: Notice, 99.999: Notice, 100: Warning, 499.999: Warning, 500: Critical, 501: Critical,
	} {
		if got := rule.LevelOf(value); got != want {
			t.Errorf("%v: %v, want %v", value, got, want)
		}
		if got := rule.vitalLimits().LevelOf(value); got != want {
			t.Errorf("%v by limits: %v, want %v", value, got, want)
		}
	}
	below := Rule{Below: true, Warning: at(30, 0), Critical: at(7, 0)}
	for value, want := range map[float64]Level{30.001: OK, 30: Warning, 7.001: Warning, 7: Critical, -1: Critical} {
		if got := below.LevelOf(value); got != want {
			t.Errorf("%v below: %v, want %v", value, got, want)
		}
	}
}

func TestNearestLimit(t *testing.T) {
	t.Parallel()
	limits := VitalLimits{{0.01, Notice}, {0.1, Warning}}
	for peak, want := range map[float64]float64{0: 0.01, 0.009: 0.01, 0.01: 0.01, 0.099: 0.01, 0.1: 0.1, 3: 0.1} {
		if got, has := limits.Nearest(peak); !has || got.Value != want {
			t.Errorf("nearest to %v: %v, want %v", peak, got.Value, want)
		}
	}
	if got, has := VitalLimits(nil).Nearest(1); has {
		t.Errorf("without limits the nearest is %v", got)
	}
}

// TestLimitFrom falls back to the mildest limit that a rule has.
func TestLimitFrom(t *testing.T) {
	t.Parallel()
	rule := Rule{Warning: at(100, 0), Critical: at(500, 0)}
	for level, want := range map[Level]struct {
		value float64
		of    Level
	}{OK: {100, Warning}, Notice: {100, Warning}, Warning: {100, Warning}, Critical: {500, Critical}} {
		limit, of, has := rule.LimitFrom(level)
		if !has || of != want.of || limit.Value != probe.Known(want.value) {
			t.Errorf("%v: %v of %v, want %v", level, limit.Value, of, want)
		}
	}
	if _, _, has := new(Rule).LimitFrom(Critical); has {
		t.Error("a rule without limits has one")
	}
}

// TestRuleSet finds rules by id and by vital.
func TestRuleSet(t *testing.T) {
	t.Parallel()
	s := NewRuleSet(Rules())
	if r, has := s.Rule(WALFsyncSlow); !has || r.Vital != WALFsyncP99 || s.Judging(WALFsyncP99) != r {
		t.Errorf("by id: %v, by vital: %v", r, s.Judging(WALFsyncP99))
	}
	if r, has := s.Rule("no-such-rule"); has || r == nil || !r.IsOff() {
		t.Errorf("no such rule: %v, %v", r, has)
	}
	if r := s.Judging(ResidentBytes); r != nil {
		t.Errorf("%s judges how memory grows, not its size", r.ID)
	}
	if judging, limiting := s.Judging(DBSize), s.Limiting(DBSize); judging.ID != DBLarge || limiting.ID != DBQuotaNear {
		t.Errorf("the size of the database is judged by %s, and drawn with the limits of %s", judging.ID, limiting.ID)
	}
	const quota = 8 << 30
	share, size := s.Limits(DBQuotaUsed, 0), s.Limits(DBSize, quota)
	if len(size) != len(share) || len(size) == 0 || size[0] != (VitalLimit{share[0].Value * quota, share[0].Level}) {
		t.Errorf("the limits of a size are %v, those of its share %v", size, share)
	}
	if l := s.Limits(DBSize, 0); l != nil {
		t.Errorf("without a quota the limits are %v", l)
	}
	if l := s.Limits(CertificateExpiresIn, 0); l != nil {
		t.Errorf("what must not fall has the upper limits %v", l)
	}
}

// TestInForce is the limit of the worst mark, in the share of the quota that it is shown by.
func TestInForce(t *testing.T) {
	t.Parallel()
	s := NewRuleSet(Rules())
	marked := func(level Level, limit float64, limitLevel Level) Member {
		m := Member{Marks: []Mark{{DBQuotaNear, DBQuotaUsed, AlertFiring, level, probe.Known(limit), limitLevel, OK}}}
		m.Vitals[DBQuota] = probe.Known(100)
		return m
	}
	members := []Member{marked(OK, 0.65, Notice), marked(Warning, 0.8, Warning), marked(Notice, 0.65, Notice)}
	if got := s.InForce(members, DBSize, 1, 1000); len(got) != 1 || got[0] != (VitalLimit{800, Warning}) {
		t.Errorf("in force: %v, want that of the worst mark", got)
	}
	if got := s.InForce(members[:1], DBSize, 1, 100); len(got) != 1 || got[0] != (VitalLimit{65, Notice}) {
		t.Errorf("in force: %v, want the first one", got)
	}
	if got := s.InForce([]Member{{}}, WALFsyncP99, 0, 1); len(got) != 1 || got[0] != s.Limits(WALFsyncP99, 1)[0] {
		t.Errorf("without a mark: %v", got)
	}
	unseen := Member{Marks: []Mark{{DBLarge, DBSize, "", OK, probe.Known(8 << 30), Notice, OK}}}
	both := []Member{unseen, members[0]}
	if got := s.InForce(both, DBSize, 1, 100); len(got) != 1 || got[0] != (VitalLimit{65, Notice}) {
		t.Errorf("beside a member whose quota is not known: %v", got)
	}
	down := Member{Marks: []Mark{{WALFsyncSlow, WALFsyncP99, "", OK, probe.Known(0.01), Notice, Warning}}}
	want := s.Limits(WALFsyncP99, 0).of(Warning)
	if got := s.InForce([]Member{{}, down}, WALFsyncP99, 0.2, 0); len(got) != 1 || got[0] != want {
		t.Errorf("of a last known value: %v, want %v", got, want)
	}
	if got := s.InForce(members, CPU, 1, 1); got != nil {
		t.Errorf("a vital without limits: %v", got)
	}
}

// TestNearestToLimit prefers the worst mark, then a current value, then the value furthest on the limit's side.
func TestNearestToLimit(t *testing.T) {
	t.Parallel()
	member := func(key string, value float64, level Level, stale bool) Member {
		m := Member{MemberRef: MemberRef{Key: key}, Stale: stale, MetricsStale: stale}
		m.Marks = []Mark{{Rule: ApplyLagging, Vital: ApplyLag, Level: level, Limit: probe.Known(7)}}
		m.Vitals[ApplyLag] = probe.Known(value)
		return m
	}
	rule := &Rule{ID: ApplyLagging, Vital: ApplyLag, Unit: Count, Warning: at(1000, 0)}
	for want, members := range map[string][]Member{
		"marked":  {member("high", 5000, OK, false), member("marked", 10, Notice, false)},
		"current": {member("last known", 5000, OK, true), member("current", 10, OK, false)},
		"high":    {member("low", 10, OK, false), member("high", 20, OK, false), {}},
	} {
		if got := rule.NearestToLimit(members); got == nil || got.Key != want {
			t.Errorf("nearest is %v, want %s", got, want)
		}
	}
	below := *rule
	below.Below = true
	members := []Member{member("high", 20, OK, false), member("low", 10, OK, false)}
	if got := below.NearestToLimit(members); got.Key != "low" {
		t.Errorf("nearest from above is %s", got.Key)
	}
	if got := rule.NearestToLimit([]Member{{}}); got != nil {
		t.Errorf("nearest without a value: %v", got)
	}
	m := member("m", 1, Warning, false)
	if limit, reached := rule.LimitFor(&m); limit != probe.Known(7) || reached != Warning {
		t.Errorf("limit %v, reached %v", limit, reached)
	}
	if limit, reached := rule.LimitFor(&Member{}); limit != probe.Known(1000) || reached != OK {
		t.Errorf("without a mark: limit %v, reached %v", limit, reached)
	}
}
