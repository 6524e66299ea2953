package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestNothingToJudgeInJSON: a script that asks about no member, or where the member list is not known, gets a document
// that says so.
func TestNothingToJudgeInJSON(t *testing.T) {
	t.Parallel()
	endpoint := oneVoter.Use(t).Endpoints()[0]
	type document struct {
		Schema, Verdict, Reason string
		Steps                   []struct{}
		Answer                  *struct {
			Verdict, Reason string
			Members         []string
		}
	}
	read := func(args ...string) (d document) {
		t.Helper()
		code, out, errs := etcdoc(t, args...)
		if err := json.Unmarshal([]byte(out), &d); err != nil || code != ExitNotDone || d.Schema != "etcdoc/v1" {
			t.Errorf("%q: exit code %d: %v: %s%s", args, code, err, out, errs)
		}
		return d
	}
	for args, why := range map[string]string{
		endpoint:             "there is no such member",
		"http://127.0.0.1:1": "member list is not known",
	} {
		d := read("plan", "restart etcd-9", "-o", "json", "--window", "0", "--endpoints", args)
		if d.Verdict != "unknown" || !strings.Contains(d.Reason, why) || d.Steps == nil || len(d.Steps) > 0 {
			t.Errorf("a plan at %s: %+v", args, d)
		}
		d = read("check", "--can-lose", "etcd-9", "-o", "json", "--window", "0", "--endpoints", args)
		if a := d.Answer; a == nil || a.Verdict != "unknown" || !strings.Contains(a.Reason, why) || len(a.Members) > 0 {
			t.Errorf("a question at %s: %+v", args, a)
		}
	}
}
