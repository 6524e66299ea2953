package thresholds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
)

// checkedSituations are those that checkSchema has seen, in all tests.
var checkedSituations sync.Map

// checkSchema holds the JSON of an assessment to the published schema, once for each kind of situation.
func checkSchema(t testing.TB, a *Assessment) {
	t.Helper()
	kind := fmt.Sprint(a.Reading.Cause, a.Level, a.Cluster.MemberListKnown, a.Rolling.Phase, a.Recovery.Warranted)
	for i := range a.Members {
		m := &a.Members[i]
		kind += fmt.Sprint(" ", m.Role, m.State, m.Condition.Word, m.CanLose.Ground, m.CanRemove.Ground, m.NeverSeen,
			m.MetricsTooOld)
	}
	if _, seen := checkedSituations.LoadOrStore(kind, true); seen {
		return
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	schematest.Check(t, text)
}

// TestGoldensFollowTheSchema: the examples that the documentation links are documents of the schema.
func TestGoldensFollowTheSchema(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schematest.Check(t, text)
	}
}

// TestSchemaIsStrict: a field that the schema does not describe, a missing one, and a wrong word are errors.
func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/one-down.json")
	if err != nil {
		t.Fatal(err)
	}
	for was, is := range map[string]string{
		`"level": "warning",`:                `"level": "bad",`,
		`"voters": 3,`:                       `"voters": 3, "more": 1,`,
		`"healthy_voters": 2,`:               ``,
		`"at": "2026-01-02T03:04:21Z"`:       `"at": "yesterday"`,
		`"schema": "etcdoc/v1"`:              `"schema": "etcdoc/v2"`,
		`"uptime_seconds": `:                 `"uptime": `,
		`"role": "leader"`:                   `"role": "boss"`,
		`"quorum": 2`:                        `"quorum": "2"`,
		`"help": "member-down"`:              `"help": "no id"`,
		`"rule": "member-unreachable",`:      ``,
		`"reason": `:                         `"because": `,
		`"evidence": [`:                      `"evidence": [1, `,
		`"client_certificate": {"subject":"`: `"client_certificate": {"subject":1,"x":"`,
	} {
		changed := bytes.Replace(text, []byte(was), []byte(is), 1)
		if bytes.Equal(changed, text) {
			if !strings.HasPrefix(was, `"client`) {
				t.Errorf("the example has no %s", was)
			}
			continue
		}
		if schematest.Validate(changed) == nil {
			t.Errorf("%s in place of %s is no error", is, was)
		}
	}
}

// TestMutesInTheJSON: a finding that is muted says until when, in UTC; nothing else is another than without the mute.
func TestMutesInTheJSON(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.kill(2, 3)
	a := s.run(time.Minute, func() { s.work(50, quickFsync) })
	i := slices.IndexFunc(a.Findings, func(f Finding) bool { return f.Rule == MemberUnreachable })
	until := a.At.Add(time.Hour)
	mute := MuteFinding(&a.Findings[i], until.In(time.FixedZone("", 3600)))
	plain, err := json.Marshal(a.Document())
	if err != nil {
		t.Fatal(err)
	}
	muted, err := json.Marshal(a.DocumentMuted(Mutes{mute}))
	if err != nil {
		t.Fatal(err)
	}
	schematest.Check(t, muted)
	said := fmt.Appendf(nil, `"muted_until":%q,`, until.UTC().Format(time.RFC3339))
	if n := bytes.Count(muted, said); n != 1 || !bytes.Equal(bytes.Replace(muted, said, nil, 1), plain) {
		t.Errorf("%d times %s, want once and else\n%s\ngot\n%s", n, said, plain, muted)
	}
}

// A schemaNode is a part of the schema.
type schemaNode struct {
	Ref                  string                `json:"$ref"`
	Definitions          map[string]schemaNode `json:"$defs"`
	Type                 any                   `json:"type"`
	Description          string                `json:"description"`
	Unit                 string                `json:"x-unit"`
	Properties           json.RawMessage       `json:"properties"`
	Required             []string              `json:"required"`
	AdditionalProperties *bool                 `json:"additionalProperties"`
	Items                *schemaNode           `json:"items"`
}

// fields returns the node's properties, and their names in the order of the text.
func (n *schemaNode) fields(t *testing.T) (names []string, byName map[string]schemaNode) {
	t.Helper()
	if err := json.Unmarshal(n.Properties, &byName); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(n.Properties))
	if _, err := decoder.Token(); err != nil { // the opening brace
		t.Fatal(err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprint(name))
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return names, byName
}

// TestSchemaDescribesEveryField: the schema has the fields that are written, no others, in the same order, each with a
// description, each number with its unit, and requires those that are always there.
func TestSchemaDescribesEveryField(t *testing.T) {
	t.Parallel()
	text, is := assets.Read("schema/etcdoc-v1.schema.json")
	var root schemaNode
	if err := json.Unmarshal([]byte(text), &root); err != nil || !is {
		t.Fatal(err)
	}
	var check func(at string, n schemaNode, of reflect.Type)
	object := func(at string, n schemaNode, of reflect.Type) {
		names, properties := n.fields(t)
		var want, required []string
		for i := range of.NumField() {
			name, options, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			want = append(want, name)
			if options == "" {
				required = append(required, name)
			}
			if p, is := properties[name]; is {
				check(at+"."+name, p, of.Field(i).Type)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: the schema has the fields\n%q, and the JSON\n%q", at, names, want)
		}
		if !slices.Equal(n.Required, required) {
			t.Errorf("%s: the schema requires\n%q, and always there are\n%q", at, n.Required, required)
		}
	}
	check = func(at string, n schemaNode, of reflect.Type) {
		if n.Description == "" {
			t.Errorf("%s has no description", at)
		}
		if name, is := strings.CutPrefix(n.Ref, "#/$defs/"); is {
			n = root.Definitions[name]
		}
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		isNumber := strings.Contains(fmt.Sprint(n.Type), "number") || strings.Contains(fmt.Sprint(n.Type), "integer")
		if isNumber != (n.Unit != "") {
			t.Errorf("%s is of type %v and has the unit %q", at, n.Type, n.Unit)
		}
		switch {
		case of == reflect.TypeFor[vitalsJSON]():
			checkVitalsSchema(t, n)
		case of.Kind() == reflect.Slice:
			check(at+"[]", *n.Items, of.Elem())
		case n.Properties != nil:
			if n.AdditionalProperties == nil || *n.AdditionalProperties {
				t.Errorf("%s takes any field", at)
			}
			object(at, n, of)
		case of.Kind() == reflect.Struct && of.PkgPath() == reflect.TypeFor[assessmentJSON]().PkgPath():
			t.Errorf("%s has fields, and the schema none", at)
		}
	}
	check("", root.Definitions["assessment"], reflect.TypeFor[assessmentJSON]())
	check("", root.Definitions["plan"], reflect.TypeFor[planJSON]())
}

// checkVitalsSchema compares the schema's vitals with the table of them.
func checkVitalsSchema(t *testing.T, n schemaNode) {
	t.Helper()
	names, properties := n.fields(t)
	var want []string
	for v := NoVital + 1; v < vitalCount; v++ {
		want = append(want, v.String())
		if p := properties[v.String()]; p.Unit != string(v.Unit()) || p.Description == "" {
			t.Errorf("%s is in %q in the schema, and in %q; its description is %q", v, p.Unit, v.Unit(), p.Description)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the schema has the vitals\n%q, want\n%q", names, want)
	}
}

// ofFiles begin the definitions of the commands that read files, or measure a disk: their words are not of this
// package.
var ofFiles = [...]string{"space", "write", "writes", "disk", "backup", "backups", "recover"}

// TestSchemaNamesEveryWord: the schema's words are the code's, but for those of the commands that read files.
func TestSchemaNamesEveryWord(t *testing.T) {
	t.Parallel()
	text, _ := assets.Read("schema/etcdoc-v1.schema.json")
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	definitions, _ := document["$defs"].(map[string]any)
	maps.DeleteFunc(definitions, func(name string, _ any) bool {
		command, _, _ := strings.Cut(name, "_")
		return slices.Contains(ofFiles[:], command)
	})
	words := map[string]bool{}
	var collect func(any)
	collect = func(at any) {
		switch at := at.(type) {
		case map[string]any:
			if list, is := at["enum"].([]any); is {
				for _, word := range list {
					words[fmt.Sprint(word)] = true
				}
			}
			for _, child := range at {
				collect(child)
			}
		case []any:
			for _, child := range at {
				collect(child)
			}
		}
	}
	collect(document)
	all := slices.Concat(levelNames[:], verdictNames[:], levelWords[:])
	for _, list := range [][]string{
		named(AlertFiring, AlertResolving), named(BasisSinceStart, BasisReads),
		named(WhyLate, WhyUnreadable, WhyNotExposed, WhyTooFew, WhyDown, WhyOutOfReach, WhyRefused, WhyNotDumped,
			WhyUndecided),
		named(GroundIdentity, GroundMembership, GroundQuorum, GroundHealth, GroundIncident, GroundSurvivors,
			GroundCommitLatency, GroundMargin),
		named(RoleLeader, RoleFollower, RoleLearner, RoleUnknown),
		named(StateOK, StateLate, StateDown, StateOutOfReach),
		named(ConditionDown, ConditionLate, ConditionNeverUp, ConditionJoining, ConditionDefrag, ConditionNoLeader,
			ConditionCatchUp),
		named(StepRaiseQuota, StepCompact, StepDelete, StepDefragment, StepDisarm),
		named(PhaseOrder, PhaseNext, PhaseWait, PhaseUnknown, PhaseDone),
		named(WaitFromStep, WaitFromBlocked, WaitFromCheck), named(StepMember, StepMoveLeader),
		named(StepWaiting, StepNext, StepAway, StepCatchingUp, StepDone, StepUnknown),
		named(ActionNone, ActionDrain, ActionMoveLeader, ActionWait),
		named(CheckAnswers, CheckVoters, CheckLeader, CheckApplyLag, CheckFindings),
		named(CheckOK, CheckFailed, CheckUnknown), named(WarrantNo, WarrantUnknown, WarrantIfGone),
		named(AskCanLose, AskCanLoseMax, AskCanRemove), named(PlanVerbs()...),
		named(EventStarted, EventFiring, EventResolved, EventDown, EventUp, EventCaughtUp, EventOutOfReach,
			EventInReach, EventAlarm, EventLeaderless, EventLeader, EventRestarted, EventMembership, EventVersion,
			EventMark),
		named(EffectFails, EffectRefused, EffectDiverges, EffectSlow),
		named(ServiceEverything, ServiceWrites, ServicePuts, ServiceLinearizableReads, ServiceSerializableReads,
			ServiceReads, ServiceCalls, ServiceTransactions, ServiceWatches, ServiceConnections),
		named(Reaches, ReachesNot, ReachUnknown),
		named(ImpactNow, ImpactLater, ImpactAtQuota, ImpactAtFDLimit, ImpactOnNextLoss),
		named(probe.BackupUnchecked, probe.BackupWhole),
		named(probe.ConditionTrue, probe.ConditionFalse, probe.ConditionUnknown),
		named(Seconds, Bytes, BytesPerSecond, Ratio, Count, PerSecond, Condition),
	} {
		all = append(all, list...)
	}
	slices.Sort(all)
	if got, want := slices.Sorted(maps.Keys(words)), slices.Compact(all); !slices.Equal(got, want) {
		t.Errorf("the schema's words are\n%q, the code's\n%q", got, want)
	}
}

func named[W ~string](words ...W) (names []string) {
	for _, word := range words {
		names = append(names, string(word))
	}
	return names
}

// TestOrderIsStable: the same sweeps give the same bytes, findings and members in the same order.
func TestOrderIsStable(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 5 {
		s := newScene(t, 5, Options{})
		s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
		s.member(5).down, s.member(4).down = errRefused, errRefused
		s.member(2).metrics.DBQuotaBytes, s.member(2).status.DBQuotaBytes = known(1<<30), 1<<30
		a := s.run(20*time.Second, func() { s.work(50, 300*time.Millisecond) })
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			t.Fatalf("the same sweeps give\n%s\nand\n%s", first, text)
		}
		if !slices.IsSortedFunc(a.Findings, worstFirst) || len(a.Findings) < 10 {
			t.Fatalf("the %d findings are not in the order that the schema names", len(a.Findings))
		}
	}
}
